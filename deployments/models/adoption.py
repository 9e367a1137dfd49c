"""Adoption: a look at what is live in an environment that was never released by us, and its taking
in as a version."""

from django.conf import settings
from django.db import models


class Adoption(models.Model):
    """Asked for, looked at, wanted, ended; the newest row of an environment counts."""

    environment = models.ForeignKey(
        "Environment", on_delete=models.CASCADE, related_name="adoptions"
    )
    folder = models.CharField(max_length=500, blank=True)  # where the site lies; "" by `current`
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(null=True)
    found = models.JSONField(default=list)  # one dict per server, as pipeline/adopt_reading.py says
    room_kb = models.BigIntegerField(default=0)  # free where versions are kept
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    wanted_by_name = models.CharField(max_length=200, blank=True)
    wanted_at = models.DateTimeField(null=True)  # taken in since then; None: nobody asked, or over
    problem = models.TextField(blank=True)  # why it was not taken in, one sentence
    deployment = models.OneToOneField(
        "Deployment", null=True, on_delete=models.PROTECT, related_name="adoption"
    )

    class Meta:
        ordering = ("-pk",)

    def __str__(self):
        return f"{self.environment}, {self.asked_at:%Y-%m-%d %H:%M}"
