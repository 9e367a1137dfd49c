"""Everybody who may be asked and every rule, read at once: for questions about many environments.

The rules themselves are asked of `approving`, of one environment as of hundreds.
"""

from collections import defaultdict

from django.contrib.auth import get_user_model
from django.utils import timezone

from ..models import Account, ApprovalRule, Grant
from .proofs import with_second_step


class Crowd:
    """People by user name, their entries for these actions, and approval rules with whom they
    name."""

    def __init__(self, *actions):
        users = get_user_model().objects
        self.entries = list(Grant.objects.filter(action__in=actions).select_related("environment"))
        self.people = {user.pk: user for user in users.filter(is_active=True).order_by("username")}
        self._of_group = _sets(
            get_user_model().groups.through.objects.values_list("group", "user"))
        self.rules = defaultdict(list)
        for rule in ApprovalRule.objects.order_by("pk"):
            self.rules[rule.environment_id].append(rule)
        named = ApprovalRule.users.through.objects.values_list("approvalrule", "user")
        groups = ApprovalRule.groups.through.objects.values_list("approvalrule", "group")
        self._named, self._groups = _sets(named), _sets(groups)
        self.with_step = with_second_step(self.people.values())
        self._void = dict(Account.objects.exclude(approvals_void_until=None).values_list(
            "user", "approvals_void_until"))

    def holders(self, grants):
        """Whose entries these are, by user name."""
        return self._in_order({grant.user_id for grant in grants},
                              {grant.group_id for grant in grants})

    def named_by(self, rule):
        """People whom the rule names, by themselves or by a group, by user name."""
        return self._in_order(self._named[rule.pk], self._groups[rule.pk])

    def void_until(self, people, at):
        """As `approving` asks the database."""
        at = at or timezone.now()
        return {user.pk: self._void[user.pk] for user in people
                if user.pk in self._void and self._void[user.pk] > at}

    def _in_order(self, keys, groups):
        keys = keys.union(*(self._of_group[group] for group in groups if group))
        return [user for pk, user in self.people.items() if pk in keys]


def _sets(pairs):
    found = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return found
