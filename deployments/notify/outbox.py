"""What waits in the outbox: taken by one sender at a time, tried again later, given up in the end.

The rows are written by services/notices.py, because services end deployments too; its two verbs
can be had from here.
"""

from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Notice
from ..services.notices import tell_deployment, tell_drift

__all__ = ["failed", "is_being_sent", "sent", "take", "tell_deployment", "tell_drift"]

WAITS = (60, 300, 900, 3600, 7200, 14_400, 28_800)
"""Seconds until the next try, after each that failed: 15 hours together, then it is given up."""

LEASE_S = 120
"""Longer than a try can last; then the sender counts as lost, and somebody else tries."""

LOST = _("The worker was lost while it sent this.")


def _due():
    is_time = Q(next_try_at=None) | Q(next_try_at__lte=Now())
    is_free = Q(lease_until=None) | Q(lease_until__lte=Now())
    return Q(status=Notice.WAITING) & is_time & is_free


def is_being_sent():
    """Whether somebody is sending now; whoever does looks for more before ending."""
    return Notice.objects.filter(status=Notice.WAITING, lease_until__gt=Now()).exists()


def take():
    """Return a notice that is the caller's alone to send now, or None when none is due.

    A compare and swap over its tries: of two senders one gets it.
    """
    for row in Notice.objects.filter(_due()).order_by("tries", "pk"):
        if row.tries > len(WAITS):
            failed(row, LOST)
            continue
        free = Notice.objects.filter(_due(), pk=row.pk, tries=row.tries)
        if free.update(lease_until=Now() + timedelta(seconds=LEASE_S), tries=F("tries") + 1):
            row.tries += 1
            return row
    return None


def sent(notice):
    """The mail server took it; False when the lease was lost, and somebody else tries it."""
    return _mine(notice).move(notice, Notice.SENT, was=Notice.WAITING, sent_at=timezone.now(),
                              lease_until=None, problem="")


def failed(notice, problem, *, is_final=False):
    """Keep why, and when it is tried next; given up after the last try, or where `is_final`."""
    if is_final or notice.tries > len(WAITS):
        return _mine(notice).move(notice, Notice.GIVEN_UP, was=Notice.WAITING,
                                  lease_until=None, problem=problem[:300])
    later = Now() + timedelta(seconds=WAITS[notice.tries - 1])
    return bool(_mine(notice).filter(status=Notice.WAITING).update(
        next_try_at=later, lease_until=None, problem=problem[:300]))


def _mine(notice):
    return Notice.objects.filter(pk=notice.pk, tries=notice.tries)
