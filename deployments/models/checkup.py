"""What the doctor and the drift watch found on an installation; the newest answered row counts."""

from django.db import models


class Question(models.Model):
    """A look at one installation, asked for and answered later by a task."""

    installation = models.ForeignKey(
        "Installation", on_delete=models.CASCADE, related_name="%(class)ss"
    )
    asked_by_name = models.CharField(max_length=150, blank=True)  # "" by the schedule
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)  # as coherence/doctor/ or pipeline/drift.py says
    problem = models.TextField(blank=True)  # one sentence; set: it could not be looked at

    class Meta:
        abstract = True
        ordering = ("-pk",)

    def __str__(self):
        return f"{self.installation}, {self.asked_at:%Y-%m-%d %H:%M}"


class Checkups(models.QuerySet):
    """Examinations."""

    def known(self, installation_id):
        """The newest one of the installation that says what is there, or None."""
        rows = self.filter(installation_id=installation_id, answered_at__isnull=False, problem="")
        return rows.order_by("-pk").first()

    def accepted(self, installation_id):
        """The newest such one that a person asked for, else the first of all, or None."""
        rows = self.filter(installation_id=installation_id, answered_at__isnull=False, problem="")
        return rows.exclude(asked_by_name="").order_by("-pk").first() or rows.order_by("pk").first()


class Checkup(Question):
    """What the doctor read on an installation, what it makes of it, and the strategy it advises."""

    facts = models.JSONField(default=dict)  # what was read, as coherence/doctor/facts.py says
    choice = models.CharField(max_length=20, blank=True)  # the strategy it advises; "" = none fits
    reason = models.TextField(blank=True)  # one sentence why
    verdicts = models.JSONField(default=dict)  # strategy -> "" where it is safe, else why not
    changes = models.JSONField(default=list)  # sentences: what is different from the one before

    objects = Checkups.as_manager()


class DriftCheck(Question):
    """Whether an installation still is as the last proved deployment left it.

    Equal answers in a row are one row: the newest, which knows since when and how often.
    """

    is_good = models.BooleanField(null=True)  # None: it could not be looked at
    facts = models.JSONField(default=dict)  # as services/drift.py says
