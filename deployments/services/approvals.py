"""Verbs on approvals: say yes, say no."""

from .. import audit, policy
from ..errors import Refused
from ..models import Approval, Deployment
from .acting import acting, demand, hold
from .turns import end_unstarted, hold_line, plan_now, wake


def waiting_for(actor):
    """Deployments this person could answer now, oldest first."""
    asked = Deployment.objects.filter(status="awaiting_approval").select_related(
        "environment__project", "release__project", "previous")
    return [row for row in asked.order_by("pk")
            if policy.may_approve(actor, row)
            and not row.approvals.filter(user=actor.user).exists()]


def approve(actor, deployment, *, plan_hash, comment=""):
    """Say yes to exactly the plan the person saw; the last yes needed puts it into the line."""
    void_if_changed(deployment)
    with acting(actor, "deployment.approved", environment=deployment.environment):
        _check(actor, deployment, plan_hash)
        _vote(actor, deployment, Approval.YES, plan_hash, comment)
        audit.record("deployment.approved", f"{actor.name} approved: {deployment}", actor=actor,
                     environment=deployment.environment, deployment=deployment.pk,
                     plan=plan_hash, comment=comment)
        if is_agreed(deployment):
            Deployment.objects.move(deployment, "queued")
            wake(deployment)


def reject(actor, deployment, *, plan_hash, comment):
    """Say no, with a reason: the deployment ends."""
    void_if_changed(deployment)
    with acting(actor, "deployment.rejected", environment=deployment.environment):
        _check(actor, deployment, plan_hash)
        if not comment.strip():
            raise Refused("Saying no needs a reason.", "Write one sentence for the requester.")
        _vote(actor, deployment, Approval.NO, plan_hash, comment)
        end_unstarted(deployment, "rejected", f"{actor.name} said no: {comment}", actor=actor)


def void_if_changed(deployment):
    """End a waiting deployment whose plan is no longer what the rows say; True when it did."""
    if deployment.status not in ("awaiting_approval", "queued"):
        return False
    now = plan_now(deployment)
    if now.hash == deployment.plan_hash:
        return False
    changed = ", ".join(now.differences(deployment.plan)) or "the release manager was updated"
    return end_unstarted(deployment, "voided", "What would be released changed after it was asked "
                         f"for ({changed}). Ask for it again.")


def valid_yes(deployment):
    """Yes votes for the plan as it is now, each from somebody who may still approve."""
    votes = deployment.approvals.filter(
        answer=Approval.YES, plan_hash=deployment.plan_hash).select_related("user")
    rules = policy.rules_of(deployment.environment, deployment.kind)
    people = {user for rule in rules for user in policy.members_of(rule)}
    return [vote for vote in votes
            if vote.user in people and vote.user_id != deployment.requested_by_id
            and policy.has_grant_to_approve(vote.user, deployment.environment)]


def is_agreed(deployment):
    """Whether every rule of its environment has the people it needs."""
    people = {vote.user for vote in valid_yes(deployment)}
    return all(len(people & set(policy.members_of(rule))) >= rule.people_needed
               for rule in policy.rules_of(deployment.environment, deployment.kind))


def _check(actor, deployment, plan_hash):
    hold_line(deployment.environment)  # a no gives the next one its turn
    hold(deployment)
    if deployment.status != "awaiting_approval":
        raise Refused(f"This no longer waits for approval: {deployment.words.lower()}.")
    demand(policy.may_approve(actor, deployment))
    if plan_hash != deployment.plan_hash:
        raise Refused("The page you answered from was not the current one.",
                      "Open it again and read what would be released.")


def _vote(actor, deployment, answer, plan_hash, comment):
    if deployment.approvals.filter(user=actor.user).exists():  # its row is held: nobody else votes
        raise Refused("You answered this already.")
    Approval.objects.create(
        deployment=deployment, user=actor.user, user_name=actor.name, address=actor.address,
        answer=answer, comment=comment[:500], plan_hash=plan_hash)
