"""Everybody who may be asked and every rule, read at once: for questions about many environments;
or what one person's answers to many requests hang on.

The rules themselves are asked of `approving`, of one environment as of hundreds.
"""

from collections import defaultdict

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from ..models import Account, ApprovalRule, Deployment, Grant
from .proofs import with_second_step
from .returning import brought


class Crowd:
    """People by user name, their entries for these actions, and approval rules with whom they
    name."""

    def __init__(self, *actions):
        users = get_user_model().objects
        self.entries = list(Grant.objects.filter(action__in=actions).select_related("environment"))
        self.people = {user.pk: user for user in users.filter(is_active=True).order_by("username")}
        self._of_group = _sets(
            get_user_model().groups.through.objects.values_list("group", "user"))
        self.rules = _by_environment(ApprovalRule.objects.all())
        named = ApprovalRule.users.through.objects.values_list("approvalrule", "user")
        groups = ApprovalRule.groups.through.objects.values_list("approvalrule", "group")
        self._named, self._groups = _sets(named), _sets(groups)
        self.with_step = with_second_step(self.people.values())
        self.void_until = _void_until(Account.objects.all())

    def holders(self, grants):
        """Whose entries these are, by user name."""
        return self._in_order({grant.user_id for grant in grants},
                              {grant.group_id for grant in grants})

    def named_by(self, rule):
        """People whom the rule names, by themselves or by a group, by user name."""
        return self._in_order(self._named[rule.pk], self._groups[rule.pk])

    def _in_order(self, keys, groups):
        keys = keys.union(*(self._of_group[group] for group in groups if group))
        return [user for pk, user in self.people.items() if pk in keys]


class Approver:
    """What `approving` asks about one person's answers to these deployments, in as many queries
    for hundreds as for two: rules of their environments, and whether they name the person."""

    def __init__(self, user, deployments):
        self._user = user
        rules = ApprovalRule.objects.filter(
            environment__in={row.environment_id for row in deployments})
        self.rules = _by_environment(rules)
        self._naming = set(rules.filter(
            Q(users=user) | Q(groups__user=user)).order_by().values_list("pk", flat=True))
        self.void_until = _void_until(Account.objects.filter(user=user))
        self.brought = brought(
            [row for row in deployments if row.kind == Deployment.ROLLBACK])

    def named_by(self, rule):
        """The person, where the rule names them; nobody else is asked about."""
        return [self._user] if self._user.is_active and rule.pk in self._naming else []


def _by_environment(rules):
    found = defaultdict(list)
    for rule in rules.order_by("pk"):
        found[rule.environment_id].append(rule)
    return found


def _void_until(accounts):
    """A function of people and a time, which answers as `approving` asks the database."""
    until = dict(accounts.exclude(approvals_void_until=None).values_list(
        "user", "approvals_void_until"))
    return lambda people, at: {
        user.pk: until[user.pk] for user in people
        if user.pk in until and until[user.pk] > (at or timezone.now())}


def _sets(pairs):
    found = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return found
