"""AuditEntry, AuditHead and AuditAnchor: written by `deployments.audit` alone, never changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy


class AuditEntry(models.Model):
    """One thing that was done, intended, refused or failed; chained to the row before it."""

    DONE, INTENDED, REFUSED, FAILED = "done", "intended", "refused", "failed"
    UNKNOWN = "unknown"  # announced, and nobody was told how it ended

    seq = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+",
        db_constraint=False,
    )  # the row stays as it was hashed when the account is deleted: show `actor_name`
    actor_name = models.CharField(max_length=200)
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(
        max_length=8,
        choices=[(DONE, "done"), (INTENDED, _lazy("about to")), (REFUSED, "refused"),
                 (FAILED, "failed"), (UNKNOWN, _lazy("not known"))],
    )
    project_slug = models.CharField(max_length=40, blank=True)
    environment_slug = models.CharField(max_length=40, blank=True)
    sentence = models.TextField()
    details = models.JSONField(default=dict)
    form = models.PositiveSmallIntegerField(default=1)  # which columns are hashed, and how
    request_id = models.CharField(max_length=32, blank=True)  # of one click, command or task
    about_type = models.CharField(max_length=40, blank=True)
    about_id = models.CharField(max_length=40, blank=True)
    about_text = models.CharField(max_length=200, blank=True)  # outlives the row
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    is_late = models.BooleanField(default=False)  # kept beside the database, appended later
    previous_hash = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("-seq",)
        verbose_name = _lazy("audit entry")
        verbose_name_plural = _lazy("audit log")
        indexes = [  # what is asked for alone is found in the order of the list
            *(models.Index(fields=[*names, "seq"], name=f"audit_by_{word}") for word, *names in (
                ("who", "actor_name"), ("project", "project_slug"), ("action", "action"),
                ("result", "outcome"), ("request", "request_id"),
                ("what", "about_type", "about_id"))),
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["at"], condition=models.Q(is_late=True), name="audit_late"),
        ]

    def __str__(self):
        return self.sentence

    @property
    def deployment_number(self):
        """The number of the deployment that it names, or None; an altered entry may hold anything.
        """
        number = self.details.get("deployment") if isinstance(self.details, dict) else None
        return number if type(number) is int and number > 0 else None


class AuditHead(models.Model):
    """The one row that names the newest entry; locking it puts writers in line."""

    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    checked_at = models.DateTimeField(null=True)  # when the whole log was read the last time
    first_bad = models.PositiveBigIntegerField(null=True)  # what that reading found; NULL: nothing
    verdict = models.TextField(blank=True)
    can_tell = models.BooleanField(default=True)  # whether that reading could verify everything
    asked_at = models.DateTimeField(null=True)  # when somebody asked for a reading that goes on
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_name = models.CharField(max_length=200, blank=True)
    asked_address = models.CharField(max_length=45, blank=True)

    def __str__(self):
        return f"{self.seq} {self.hash}"


class AuditAnchor(models.Model):
    """One signed checkpoint that was sent out of the database, and where it arrived."""

    seq = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    reason = models.CharField(max_length=40)
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=64)
    arrived_in = models.CharField(max_length=100, blank=True)  # file, syslog, mail
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name = _lazy("audit anchor")

    def __str__(self):
        return _("Anchor of entry {seq}").format(seq=self.seq)
