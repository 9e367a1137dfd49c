"""Who has agreed, who counts for which rule, who was asked and whether the mail reached them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from .. import policy
from ..models import Approval, Notice
from ..services import approvals, asking
from .told import delivery

_ASKING = (asking.ASKED, asking.REMINDED)
WORDS = {
    Approval.YES: (_lazy("Yes"), "good", "check"), Approval.NO: ("No", "bad", "cross"),
    Approval.WITHDRAWN: (_lazy("Took the yes back"), "quiet", "dash"),
    Approval.VOID: (_lazy("The yes no longer counts"), "quiet", "dash"),
}
"""How a vote reads: words, tone and icon."""


@dataclass(frozen=True)
class RuleLine:
    """One rule: what it asks for, who counts for it, and who could still agree."""

    title: str
    counted: list
    missing: int
    could: list

    @property
    def tone(self):
        return "wait" if self.missing else "good"

    @property
    def icon(self):
        return "clock" if self.missing else "check"


@dataclass(frozen=True)
class Asked:
    """One person who was asked, and what became of the mails, a sentence each."""

    name: str
    mails: list


def rule_lines(deployment):
    """A `RuleLine` per rule, each person under the one rule they count for."""
    found, asked = approvals.tally(deployment), asking.who_is_asked(deployment)
    taken = {user.pk for share in found.shares for user in share.people}
    lines = []
    for share in found.shares:
        members = {user.pk for user in policy.members_of(share.rule)}
        could = [user for user in asked if user.pk in members - taken]
        lines.append(RuleLine(
            _title(share.rule), list(map(policy.name_of, share.people)), max(share.missing, 0),
            list(map(policy.name_of, could))))
    return lines


def idle_names(deployment):
    """People who said yes, and whom no rule needs besides."""
    return list(map(policy.name_of, approvals.tally(deployment).idle))


def vote_lines(deployment):
    """(vote, words, tone, icon) of every vote, the first one first: none is ever removed."""
    return [(vote, *WORDS[vote.answer]) for vote in deployment.approvals.order_by("pk")]


def asked_lines(deployment):
    """Everybody who could approve, with what became of the mail to each; and mails to addresses
    that are nobody's any more."""
    notices = list(Notice.objects.filter(deployment=deployment, event__in=_ASKING)
                   .defer("text").order_by("pk"))
    lines, known = [], set()
    for user in asking.who_is_asked(deployment):
        mails = [row for row in notices if row.address.casefold() == user.email.casefold()]
        known |= {row.pk for row in mails}
        told = [_mail(row) for row in mails]
        lines.append(Asked(policy.name_of(user), told or [_untold(user)]))
    rest = [_mail(row) for row in notices if row.pk not in known]
    return [*lines, *([Asked(_("Others who were told"), rest)] if rest else [])]


def _mail(notice):
    words = delivery(notice)
    return _("Reminder: {words}").format(words=words) if notice.event == asking.REMINDED else words


def _untold(user):
    return _("No mail was sent: this account has no address.") if not user.email else \
        _("No mail was sent: the account could not approve yet when it was asked for.")


def _title(rule):
    return ngettext("{rule}: {count} person must agree", "{rule}: {count} people must agree",
                    rule.people_needed).format(
        rule=rule.name or _("Approvers"), count=rule.people_needed)
