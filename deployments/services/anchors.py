"""What the audit log does by itself: anchors when one is due, by mail too, and a check each day."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from .. import audit
from ..audit import anchoring, verifying
from ..models import AuditAnchor, AuditEntry, AuditHead
from . import notices

CHECK_EVERY = timedelta(hours=24)


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
    verdict = check("The daily check")
    if verdict.exit_code:
        people = get_user_model().objects.filter(is_superuser=True, is_active=True)
        notices.tell_people(people, event="audit.broken", path="/admin/deployments/auditentry/",
                            subject="The audit log could not be verified",
                            sentence=verdict.sentence)
    return verdict


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
    audit.record("audit.verified", f"{who} read the audit log: {verdict.sentence}", actor=actor,
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
        subject=f"Audit log anchored at entry {row.seq}",
        sentence=anchoring.line_of(anchoring.checkpoint_of(row)),
        path="/admin/deployments/auditentry/")
    arrived = [*filter(None, row.arrived_in.split(", ")), "mail"]
    AuditAnchor.objects.filter(pk=row.pk).update(arrived_in=", ".join(arrived))
