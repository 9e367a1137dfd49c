"""Notice: a message that must reach somebody, written together with the fact it tells (outbox)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """One message to one address. Sent later by a task, tried again until it is sent or given up.
    """

    WAITING, SENT, GIVEN_UP = "waiting", "sent", "given_up"

    event = models.CharField(max_length=40)  # deployment.succeeded, drift.found, …
    address = models.EmailField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    environment = models.ForeignKey(
        "Environment", null=True, on_delete=models.CASCADE, related_name="notices"
    )
    deployment = models.ForeignKey(
        "Deployment", null=True, on_delete=models.CASCADE, related_name="notices"
    )
    subject = models.CharField(max_length=200)
    text = models.TextField()
    status = models.CharField(max_length=8, default=WAITING, choices=[
        (WAITING, "waiting"), (SENT, "sent"), (GIVEN_UP, "given up")])
    written_at = models.DateTimeField(auto_now_add=True)
    next_try_at = models.DateTimeField(auto_now_add=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # of the last try

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=["next_try_at"], condition=Q(status="waiting"),
                                name="notices_to_send")]

    def __str__(self):
        return f"{self.subject} to {self.address}"
