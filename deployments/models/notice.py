"""Notice: a mail that must reach somebody, written together with the fact it tells (outbox)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .moves import MovableQuerySet


class Notice(models.Model):
    """One message to one address. A task sends it, and tries again until it is sent or given up.

    Who sends it holds `lease_until`; `tries` is counted when the lease is taken, so it names the
    one try that may write how it ended. Times are the database's.
    """

    WAITING, SENT, GIVEN_UP = "waiting", "sent", "given_up"
    MOVES = {WAITING: {SENT, GIVEN_UP}, GIVEN_UP: {WAITING}, SENT: set()}

    event = models.CharField(max_length=40)  # deployment.succeeded, drift.found, …
    address = models.CharField(max_length=254)  # as somebody wrote it: it may be none
    environment = models.ForeignKey(
        "Environment", null=True, on_delete=models.CASCADE, related_name="notices"
    )
    deployment = models.ForeignKey(
        "Deployment", null=True, on_delete=models.CASCADE, related_name="notices"
    )
    subject = models.CharField(max_length=200)
    text = models.TextField()
    status = models.CharField(max_length=8, default=WAITING, choices=[
        (WAITING, _lazy("waiting")), (SENT, _lazy("sent")), (GIVEN_UP, _lazy("given up"))])
    written_at = models.DateTimeField(auto_now_add=True)
    next_try_at = models.DateTimeField(null=True)  # None: at once
    lease_until = models.DateTimeField(null=True)  # somebody is sending it until then
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # of the last try

    objects = MovableQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name = "notification"
        indexes = [models.Index(fields=["next_try_at"], condition=Q(status="waiting"),
                                name="notices_to_send")]

    def __str__(self):
        return _("{subject} to {address}").format(subject=self.subject, address=self.address)
