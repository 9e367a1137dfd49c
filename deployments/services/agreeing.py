"""Who has agreed to a deployment, whose yes counts for which rule, and what no longer holds.

Votes are rows and never change: a person's newest one counts. That a yes no longer counts is a row
more, with the reason; so it cannot come back to life when the reason goes.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from .. import audit, policy
from ..models import Approval, Deployment
from .acting import hold
from .turns import end_unstarted, hold_line, plan_now

OPEN = ("awaiting_approval", "approved", "scheduled", "queued")
"""From the request for approval to the start: what changes meanwhile voids it."""


@dataclass(frozen=True)
class Tally:
    """`shares` per rule; `idle` are people who agreed and are needed by no rule; `lost` are
    (vote, why it does not count) pairs."""

    shares: list
    idle: list
    lost: list

    @property
    def is_agreed(self):
        return policy.is_full(self.shares)

    @property
    def missing(self):
        return sum(max(share.missing, 0) for share in self.shares)


def newest_votes(deployment):
    """Each person's newest vote, the one that was given first in front."""
    return newest_of(deployment.approvals.select_related("user").order_by("pk"))


def newest_of(votes):
    """The same of votes that were read already, in the order of their keys."""
    newest = {}
    for vote in votes:
        newest.pop(vote.user_id, None)
        newest[vote.user_id] = vote
    return list(newest.values())


def vote_of(user, deployment):
    """The person's newest vote, or None; one that no longer counts is none."""
    return votes_of(user, [deployment]).get(deployment.pk)


def votes_of(user, deployments):
    """The same of many: {deployment's key: vote}, without those that have none."""
    rows = Approval.objects.filter(user=user, deployment__in=deployments).order_by("pk")
    newest = {vote.deployment_id: vote for vote in rows}
    return {pk: vote for pk, vote in newest.items() if vote.answer in (Approval.YES, Approval.NO)}


def tally(deployment):
    """Who counts for which rule now, as a `Tally`."""
    counting, lost = [], []
    for vote in newest_votes(deployment):
        if vote.answer == Approval.VOID:
            lost.append((vote, vote.comment))
        if vote.answer != Approval.YES:
            continue
        why = _why_lost(vote, deployment)
        if why:
            lost.append((vote, why))
        else:
            counting.append(vote.user)
    shares = policy.shares_of(policy.rules_for(deployment), counting)
    seated = {user.pk for share in shares for user in share.people}
    return Tally(shares, [user for user in counting if user.pk not in seated], lost)


def valid_yes(deployment):
    """The yes votes that count now: for this plan, by people who may still approve."""
    return [vote for vote in newest_votes(deployment)
            if vote.answer == Approval.YES and not _why_lost(vote, deployment)]


def is_agreed(deployment):
    """Whether every rule of its environment has the people it needs, each counted once."""
    return tally(deployment).is_agreed


def void_if_changed(deployment):
    """End a waiting deployment whose plan is no longer what the rows say; True when it did."""
    if deployment.status not in OPEN:
        return False
    now = plan_now(deployment)
    if now.hash == deployment.plan_hash:
        return False
    changed = ", ".join(now.differences(deployment.plan)) or _("the release manager was updated")
    return end_unstarted(deployment, "voided", _("What would be released changed after it was "
                                                 "asked for ({changed}). Ask for it again.").format(
        changed=changed))


def void_if_void(deployment):
    """End what may not start any more: it changed, its requester may not, or a yes no longer
    counts; True when it did. A yes that no longer counts is noted where others are waited for."""
    if deployment.status not in OPEN:
        return False
    if void_if_changed(deployment):
        return True
    decision = policy.requester_may(deployment)
    if not decision:
        is_void = any(vote.answer == Approval.YES for vote in newest_votes(deployment))
        return end_unstarted(
            deployment, "voided" if is_void else "cancelled",
            _("Not started: {requested_by_name} may no longer do this. {reason}").format(
                requested_by_name=deployment.requested_by_name, reason=decision.reason))
    return not _is_sound(deployment) and _void(deployment)


def _is_sound(deployment):
    """Whether all who agreed still count, and are enough where that was said. Only reads: a worker
    asks before it has claimed anything."""
    found = tally(deployment)
    if any(vote.answer == Approval.YES for vote, __ in found.lost):
        return False
    return found.is_agreed != (deployment.status == "awaiting_approval")


def _void(deployment):
    """Note which yes no longer counts, and end it where that, or the rules, ask for it."""
    with transaction.atomic():
        hold_line(deployment.environment)
        hold(deployment)
        if deployment.status not in OPEN:
            return False
        lost = _note_lost(deployment)
        found = tally(deployment)
        if deployment.status == "awaiting_approval":
            return bool(found.is_agreed) and end_unstarted(
                deployment, "voided",
                _("Who must agree to it changed after it was asked for. Ask for it again."))
        return not found.is_agreed and end_unstarted(
            deployment, "voided", _("Not started: {why_short} Ask for it again.").format(
                why_short=_why_short(found, lost)))


def reevaluate(*, user=None, environment=None, project=None):
    """Look again at what has been asked for and has not started, and void, with words, what no
    longer holds; without arguments at all of it.

    For the caller's transaction, after an account, an entry, a membership, a rule or commands
    changed, and *before* its audit entry: environments are locked before the log.
    """
    rows = Deployment.objects.filter(status__in=OPEN)
    if user is not None:
        votes = Approval.objects.filter(user=user, answer=Approval.YES)
        rows = rows.filter(Q(requested_by=user) | Q(pk__in=votes.values("deployment")))
    if environment is not None:
        rows = rows.filter(environment=environment)
    if project is not None:
        rows = rows.filter(environment__project=project)
    for row in rows.select_related("environment__project", "release", "requested_by").order_by(
            "environment", "pk"):
        void_if_void(row)


def _why_lost(vote, deployment):
    if vote.plan_hash != deployment.plan_hash:
        return _("agreed to another plan")
    return policy.why_no_vote_of(vote.user, deployment)


def _note_lost(deployment):
    """Write that a yes no longer counts, once for each, and return these rows."""
    rows = []
    for vote in newest_votes(deployment):
        why = _why_lost(vote, deployment) if vote.answer == Approval.YES else ""
        if not why:
            continue
        rows.append(Approval.objects.create(
            deployment=deployment, user_id=vote.user_id, user_name=vote.user_name,
            answer=Approval.VOID, comment=why, plan_hash=vote.plan_hash))
        audit.record("approval.voided",
                     f"{deployment}: {_lost_words(vote, why)}",
                     environment=deployment.environment, deployment=deployment.pk,
                     person=vote.user_name, reason=why)
    return rows


def _lost_words(vote, why):
    return _("{user_name} {why}, so that yes no longer counts.").format(
        user_name=vote.user_name, why=why)


def _why_short(found, lost):
    """The sentence why those who agreed are not enough any more."""
    if lost:
        return " ".join(_lost_words(vote, vote.comment) for vote in lost)
    return _("the rules ask for {missing} more to agree than had agreed.").format(
        missing=found.missing)
