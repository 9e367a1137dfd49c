"""What visitors got around a switch: kept with the deployment, one row per installation."""

from django.db import models


class WitnessRecord(models.Model):
    """The requests of one witness to one installation, and what they got."""

    target = models.OneToOneField("Target", on_delete=models.CASCADE, related_name="witness")
    began_at = models.DateTimeField()  # time 0 of `samples` and `moments`
    paths = models.JSONField(default=list)  # what was asked for; samples name them by index
    samples = models.JSONField(default=list)  # as pipeline/witness.py describes
    moments = models.JSONField(default=dict)  # switch, act, coherent, proved -> ms
    requests = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    old = models.PositiveIntegerField(default=0)  # of the release before, after it was coherent
    mixed = models.PositiveIntegerField(default=0)
    slowest_ms = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{self.target}: {self.requests} requests"
