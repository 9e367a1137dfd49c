"""What the audit log does by itself: anchors when one is due, by mail too, and a check each day;
and the check that somebody asks for."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, queue
from ..audit import anchoring, verifying
from ..models import AuditAnchor, AuditEntry, AuditHead
from . import notices

CHECK_EVERY = timedelta(hours=24)
LOST_AFTER = timedelta(minutes=15)
"""A reading that has not ended by then was lost with its worker."""


def keep_anchored():
    """Anchor the log where that is due, and mail what was not mailed yet; return the reason."""
    reason = anchoring.due()
    if reason:
        anchoring.anchor(reason)
    _mail_newest()
    return reason


def check_daily():
    """Verify the whole log once a day; whoever sets everything up is told when it is broken."""
    newest = AuditEntry.objects.filter(action="audit.verified").order_by("-seq").first()
    if newest and timezone.now() - newest.at < CHECK_EVERY:
        return None
    verdict = check(_("The daily check"))
    if verdict.exit_code:
        people = get_user_model().objects.filter(is_superuser=True, is_active=True)
        notices.tell_people(people, event="audit.broken", path="/admin/deployments/auditentry/",
                            subject=_("The audit log could not be verified"),
                            sentence=verdict.sentence)
    return verdict


def ask(actor):
    """Have the whole log read for the person: at once where it is short, else by a worker; a
    reading that goes on is not begun twice."""
    if not verifying.is_long():
        check(actor.name, actor=actor)
        return
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().get(pk=1)
        if being_read(head):
            return
        AuditHead.objects.filter(pk=1).update(
            asked_at=timezone.now(), asked_by=actor.user, asked_by_name=actor.name,
            asked_address=actor.address)
        queue.wake(queue.CHECK_LOG, 1)


def being_read(head):
    """Whether a worker reads the log, or will; one that took so long was lost."""
    return bool(head.asked_at) and timezone.now() - head.asked_at < LOST_AFTER


def answer():
    """Read the log for whoever asked, in their name; nothing where nobody waits any more."""
    head = AuditHead.objects.select_related("asked_by").filter(pk=1).first()
    if head is None or head.asked_at is None:
        return
    asker = head.asked_by and policy.Actor(head.asked_by, head.asked_address)
    check(head.asked_by_name, actor=asker)
    AuditHead.objects.filter(pk=1, asked_at=head.asked_at).update(
        asked_at=None, asked_by=None, asked_by_name="", asked_address="")


def check(who, *, actor=None):
    """Verify the log with the anchors of our own file, and note it; return the Verdict."""
    verdict = verify()
    note(who, verdict, actor=actor)
    return verdict


def verify(path=None):
    """Verify the log with the anchors of `path`, and keep the reading for the log's page.

    That a file named by hand says nothing is no news for everybody.
    """
    verdict = verifying.verify_with(path)
    if path is None or verdict.can_tell:
        verifying.remember(verdict, timezone.now())
    return verdict


def note(who, verdict, *, actor=None):
    """A check and what it found are an entry of the log."""
    outcome = (AuditEntry.DONE, AuditEntry.FAILED, AuditEntry.UNKNOWN)[verdict.exit_code]
    audit.record("audit.verified", _("{who} read the audit log: {sentence}").format(
        who=who, sentence=verdict.sentence), actor=actor,
                 outcome=outcome, entries=verdict.entries, first_bad=verdict.first_bad)


@transaction.atomic
def _mail_newest():
    AuditHead.objects.select_for_update().filter(pk=1).first()  # one process mails it
    row = AuditAnchor.objects.first()
    is_wanted = settings.AUDIT_ANCHOR_MAIL and settings.MAIL_IS_ON  # else it arrives nowhere
    if not is_wanted or row is None or "mail" in row.arrived_in.split(", "):
        return
    notices.tell_addresses(
        settings.AUDIT_ANCHOR_MAIL, event="audit.anchored",
        subject=_("Audit log anchored at entry {seq}").format(seq=row.seq),
        sentence=anchoring.line_of(anchoring.checkpoint_of(row)),
        path="/admin/deployments/auditentry/")
    arrived = [*filter(None, row.arrived_in.split(", ")), "mail"]
    AuditAnchor.objects.filter(pk=row.pk).update(arrived_in=", ".join(arrived))
