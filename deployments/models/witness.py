"""What visitors got around a switch: kept with the deployment, one row per installation."""

from django.db import models
from django.utils.translation import gettext as _


class WitnessRecord(models.Model):
    """The requests of one witness to one installation, and what they got.

    `samples` and the counts are as `witness_words` describes them; all times in milliseconds
    since `began_at`.
    """

    target = models.OneToOneField("Target", on_delete=models.CASCADE, related_name="witness")
    began_at = models.DateTimeField()
    ended_ms = models.PositiveIntegerField(default=0)
    paths = models.JSONField(default=list)  # what was asked for; samples name them by index
    samples = models.JSONField(default=list)
    moments = models.JSONField(default=dict)  # switch, act, coherent, proved, back…
    requests = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)  # answers that told which version they are of
    untold = models.PositiveIntegerField(default=0)  # pages whose answer was fine and told none
    failed = models.PositiveIntegerField(default=0)
    announced = models.PositiveIntegerField(default=0)  # of those: the strategy had announced them
    old = models.PositiveIntegerField(default=0)  # of the wrong version, once PHP had followed
    mixed = models.PositiveIntegerField(default=0)
    still_old = models.PositiveIntegerField(default=0)  # of the old one, before PHP had followed
    excused = models.PositiveIntegerField(default=0)  # failed before the switch, or as before it
    unsent = models.PositiveIntegerField(default=0)  # turns that had to be left out
    unanswered = models.PositiveIntegerField(default=0)  # still waited for at the end
    slowest_ms = models.PositiveIntegerField(default=0)

    def __str__(self):
        return _("{target}: {requests} requests").format(
            target=self.target, requests=self.requests)
