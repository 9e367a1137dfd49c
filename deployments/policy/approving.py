"""Whose yes an environment needs, and who may give it."""

from django.contrib.auth import get_user_model
from django.db.models import Q

from ..models import ApprovalRule, Deployment, Grant
from .actor import Decision
from .entries import answer, has_entry


def has_grant_to_approve(user, environment):
    """Whether an entry in force lets `user` approve there, wherever the person sits now."""
    return has_entry(user, Grant.APPROVE, environment)


def who_may_decide(environment):
    """People whom an entry in force lets decide there, by user name."""
    granted = Grant.objects.filter(action=Grant.DECIDE)
    people = get_user_model().objects.filter(
        Q(grants__in=granted) | Q(groups__grants__in=granted)).distinct().order_by("username")
    return [user for user in people if has_entry(user, Grant.DECIDE, environment)]


def rules_of(environment, kind=Deployment.DEPLOY):
    """The environment's approval rules that a deployment of this kind must pass; [] = none."""
    if kind == Deployment.RELOAD:
        return []
    rules = ApprovalRule.objects.filter(environment=environment)
    if kind == Deployment.ROLLBACK:
        rules = rules.filter(spares_going_back=False)
    return list(rules)


def members_of(rule):
    """People whom the rule names, by themselves or by a group, by user name."""
    people = get_user_model().objects.filter(is_active=True)
    who = Q(pk__in=rule.users.values("pk")) | Q(groups__in=rule.groups.all())
    return list(people.filter(who).distinct().order_by("username"))


def may_approve(actor, deployment, *, at=None):
    """An approver named by one of the rules, with a grant, who did not ask for it."""
    rules = rules_of(deployment.environment, deployment.kind)
    if not rules:
        return Decision(False, "This release needs no approval.")
    if actor.user is not None and deployment.requested_by_id == actor.user.pk:
        return Decision(False, "You asked for this, so somebody else must approve.")
    if actor.system_account:
        return Decision(False, "Approvals cannot be given by command.",
                        "Open the approvals page in a browser.")
    if actor.user is None or not any(
            actor.user in members_of(rule) for rule in rules):
        return Decision(False, "You are not one of the approvers of this environment.",
                        "Ask one of them.")
    return answer(actor, Grant.APPROVE, project=deployment.environment.project,
                   environment=deployment.environment, at=at)
