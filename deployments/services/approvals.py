"""Verbs of people on approvals: say yes, say no, take a yes back, start what all agreed to."""

from django.db.models import Q
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import Approval, ApprovalRule, Deployment
from . import asking, gates
from .acting import acting, demand, hold
from .agreeing import (
    OPEN,
    is_agreed,
    newest_of,
    newest_votes,
    reevaluate,
    tally,
    valid_yes,
    void_if_changed,
    void_if_void,
    vote_of,
    votes_of,
)
from .turns import end_unstarted, hold_line, into_line

__all__ = [
    "approve", "is_agreed", "may_start", "may_withdraw", "newest_of", "newest_votes", "reevaluate",
    "reject", "start", "tally", "valid_yes", "void_if_changed", "void_if_void", "vote_of",
    "waiting_for", "withdraw",
]


def waiting_for(actor):
    """Deployments this person could answer now, oldest first; for the menu of every page, so in as
    many queries for hundreds as for one."""
    rules = ApprovalRule.objects.filter(Q(users=actor.user) | Q(groups__user=actor.user))
    asked = Deployment.objects.filter(
        status="awaiting_approval", environment__in=rules.values("environment"))
    if not asked.exists():  # as on most pages, and the long row costs more than the question
        return []
    rows = list(asked.select_related(
        "environment__project", "release__project", "previous__project").order_by("pk"))
    actor, crowd = policy.gathered(actor), policy.Approver(actor.user, rows)
    answered = votes_of(actor.user, rows)
    return [row for row in rows
            if row.pk not in answered and policy.may_approve(actor, row, crowd=crowd)]


def approve(actor, deployment, *, plan_hash, comment="", starts_by_hand=False):
    """Say yes to exactly the plan the person saw.

    The last yes needed puts it into the line; or, where any of those who agreed said so with
    `starts_by_hand`, leaves it to whoever asked to start it.
    """
    void_if_changed(deployment)
    with acting(actor, "deployment.approved", environment=deployment.environment):
        _check(actor, deployment, plan_hash)
        demand(policy.fresh(actor))
        _vote(actor, deployment, Approval.YES, comment, starts_by_hand=starts_by_hand)
        audit.record("deployment.approved", _("{actor} approved: {deployment}").format(
            actor=actor.name, deployment=deployment), actor=actor,
                     environment=deployment.environment, deployment=deployment.pk,
                     plan=plan_hash, comment=comment, starts_by_hand=str(starts_by_hand))
        if is_agreed(deployment):
            _go_on(deployment)


def reject(actor, deployment, *, plan_hash, comment):
    """Say no, with a reason: the deployment ends."""
    void_if_changed(deployment)
    with acting(actor, "deployment.rejected", environment=deployment.environment):
        _check(actor, deployment, plan_hash)
        if not comment.strip():
            raise Refused(_("Saying no needs a reason."),
                          _("Write one sentence for the requester."))
        _vote(actor, deployment, Approval.NO, comment)
        end_unstarted(deployment, "rejected", _("{actor} said no: {comment}").format(
            actor=actor.name, comment=comment), actor=actor)


def may_withdraw(actor, deployment):
    """Whoever said yes may take it back until it starts, whatever became of the entry."""
    if deployment.status not in OPEN:
        return policy.Decision(
            False, _("It is too late to take a yes back: {deployment}.").format(
                deployment=deployment.words.lower()))
    vote = vote_of(actor.user, deployment) if actor.user else None
    if vote is None or vote.answer != Approval.YES:
        return policy.Decision(False, _("You have not said yes to this."))
    return policy.Decision(True, _("You said yes, and may take it back until it starts."))


def withdraw(actor, deployment, *, comment=""):
    """Take one's yes back: it waits for approval again, or ends where it was on its way already."""
    with acting(actor, "approval.withdrawn", environment=deployment.environment):
        _hold(deployment)
        demand(may_withdraw(actor, deployment))
        _vote(actor, deployment, Approval.WITHDRAWN, comment)
        audit.record("approval.withdrawn", _("{actor} took the yes back: {deployment}").format(
            actor=actor.name, deployment=deployment),
                     actor=actor, environment=deployment.environment, deployment=deployment.pk,
                     comment=comment)
        if deployment.status == "awaiting_approval" or is_agreed(deployment):
            return
        if deployment.status == "approved":
            Deployment.objects.move(deployment, "awaiting_approval")
            return
        why = f": {comment}" if comment else "."
        end_unstarted(deployment, "voided", _("{actor} took the yes back{why}").format(
            actor=actor.name, why=why), actor=actor)


def may_start(actor, deployment):
    """Whoever asked for it, or may release there, may start what all agreed to."""
    if deployment.status != "approved":
        return policy.Decision(False, _("This does not wait to be started: {deployment}.").format(
            deployment=deployment.words.lower()))
    if deployment.kind == Deployment.ROLLBACK:
        return policy.may_go_back(actor, deployment.environment)
    return policy.may_release(actor, deployment.environment)


def start(actor, deployment):
    """Start what everybody agreed to: it goes into the line, or waits for its planned time."""
    void_if_void(deployment)
    with acting(actor, "deployment.start_requested", environment=deployment.environment):
        _hold(deployment)
        demand(may_start(actor, deployment))
        if not is_agreed(deployment):
            raise Refused(_("Not everybody agrees any more."), _("Open the page again."))
        if why := gates.why_not(deployment):
            raise Refused(why, _("Start it when that is over."))
        audit.record("deployment.start_requested", _("{actor} started: {deployment}").format(
            actor=actor.name, deployment=deployment),
                     actor=actor, environment=deployment.environment, deployment=deployment.pk)
        into_line(deployment)


def _go_on(deployment):
    """Everybody agreed who had to."""
    if any(vote.starts_by_hand for vote in valid_yes(deployment)):
        Deployment.objects.move(deployment, "approved")
        asking.tell_agreed(deployment)
    else:
        into_line(deployment)


def _check(actor, deployment, plan_hash):
    _hold(deployment)
    if deployment.status != "awaiting_approval":
        raise Refused(_("This no longer waits for approval: {deployment}.").format(
            deployment=deployment.words.lower()))
    demand(policy.may_approve(actor, deployment))
    if plan_hash != deployment.plan_hash:
        raise Refused(_("The page you answered from was not the current one."),
                      _("Open it again and read what would be released."))
    if vote_of(actor.user, deployment):  # its row is held: nobody else votes
        raise Refused(_("You answered this already."))


def _hold(deployment):
    hold_line(deployment.environment)  # a no gives the next one its turn
    hold(deployment)


def _vote(actor, deployment, answer, comment, **over):
    Approval.objects.create(
        deployment=deployment, user=actor.user, user_name=actor.name, address=actor.address,
        answer=answer, comment=comment[:500], plan_hash=deployment.plan_hash, **over)
