"""What people call the actions of the audit log; each entry of it belongs to one of these,
and whose yes a release needs to two: it is a right and a setting."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..models import AuditEntry


@dataclass(frozen=True)
class What:
    """Actions under one name: exactly these, and all that begin with these nouns."""

    words: str
    actions: tuple = ()
    nouns: tuple = ()
    ending: str = ""

    @property
    def filter(self):
        """The Q of its entries."""
        found = Q(action__in=self.actions)
        for noun in self.nouns:
            found |= Q(action__startswith=f"{noun}.")
        return found | Q(action__endswith=self.ending) if self.ending else found

    def has(self, action):
        """Whether it is one of these."""
        noun = action.partition(".")[0]
        return action in self.actions or noun in self.nouns or bool(
            self.ending and action.endswith(self.ending))


WHATS = {
    "asked": What(_("Asked to release or go back"), (
        "deployment.requested", "deployment.emergency", "deployment.start_requested")),
    "live": What(_("Went live"), ("deployment.succeeded", "environment.adopted")),
    "failed": What(_("Failed, stopped or ran out of time"), (
        "deployment.failed", "deployment.errored", "deployment.cancelled", "deployment.expired",
        "deployment.stop_requested", "deployment.turn_back_requested",
        "deployment.needs_attention", "deployment.decided")),
    "approved": What(_("Approved"), ("deployment.approved", "emergency.reviewed")),
    "no": What(_("Said no, or a yes was taken back"), (
        "deployment.rejected", "approval.withdrawn", "approval.voided", "deployment.voided")),
    "course": What(_("Course of a release"), nouns=(
        "deployment", "step", "approval", "emergency", "adoption", "witness", "target")),
    "built": What(_("Built a version, read the source"), nouns=("release", "source")),
    "looked": What(_("Looked at a server"), nouns=("doctor", "drift", "check", "entry", "reload")),
    "freezes": What(_("Froze or paused releases"), (
        "environment.paused", "environment.released_again"), ("freeze", "pause", "gate")),
    "signed": What(_("Signed in or out"), nouns=(
        "session", "second_step", "password", "password_link", "page")),
    "access": What(_("Access changed"), nouns=(
        "grant", "group", "membership", "superuser", "access", "person", "user",
        "approval_rules", "protection")),
    "settings": What(_("Settings changed"), nouns=(
        "account", "project", "environment", "installation", "server", "commands", "command",
        "approval_rules", "protection", "key", "keys", "token", "notice", "phppool", "sshkey")),
    "exported": What(_("Exported"), ending=".exported"),
    "log": What(_("Checked or kept the log"), nouns=("audit",)),
}
"""By the value that stands in the address, in the order in which people are offered them."""

RESULTS = {
    AuditEntry.DONE: _("Done"), AuditEntry.REFUSED: _("Refused"), AuditEntry.FAILED: _("Failed"),
    AuditEntry.INTENDED: _("About to be done"), AuditEntry.UNKNOWN: _("Not known"),
}
OPEN = "open"
OPEN_WORDS = _("Announced, without an outcome")
TONES = {AuditEntry.DONE: "good", AuditEntry.REFUSED: "warn", AuditEntry.FAILED: "bad",
         AuditEntry.INTENDED: "quiet", AuditEntry.UNKNOWN: "warn"}
