"""The people of a site that is being added: who may release it, and who must agree.

What is asked here in ticks are entries of the allowlist, each for one person and this project, and
one rule. Whatever was made of more (groups, networks, several rules) is left to its own pages.
"""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import ApprovalRule, Environment, Grant
from . import approvals, grants, protection
from .acting import acting, demand, hold
from .administrators import administrators
from .notices import tell_people
from .protection_content import content_of
from .still_approvable import still_approvable

RELEASES = (Grant.LOOK, Grant.BUILD, Grant.RELEASE, Grant.GO_BACK, Grant.DECIDE)
"""What somebody needs to release a site and to look after their release."""
APPROVES = (Grant.LOOK, Grant.APPROVE)
SHOWN = (Grant.RELEASE, Grant.APPROVE)
"""What a tick stands for; the rest comes with it."""


@dataclass(frozen=True)
class People:
    """Whom ticks can add and take away, and the rest in words."""

    releasers: list  # by entries of their own for this project
    approvers: list  # whom the rule names; without one, by entries of their own
    others: list  # names of who may release by an entry of a group, or for every project
    rules: list
    is_plain: bool  # “one of these must agree”, or nobody, is all that the rules say


def people_of(actor, environment):
    """The `People` of an environment as its rows are now, for somebody who would change them."""
    rules, releasers = list(environment.approval_rules.all()), _named(environment, Grant.RELEASE)
    return People(
        releasers,
        list(rules[0].users.filter(is_active=True).order_by("username")) if rules
        else _named(environment, Grant.APPROVE),
        [policy.name_of(user) for user in policy.people_with(Grant.RELEASE, environment)
         if user not in releasers],
        rules, _is_plain(actor, rules))


def _is_plain(actor, rules):
    return not rules or (
        len(rules) == 1 and rules[0].people_needed == 1 and not rules[0].groups.exists()
        and not rules[0].users.filter(pk=actor.user.pk).exists())


def let_in(actor, environment, *, releasers=(), approvers=(), left_out=(), needs_second=None,
           reason="", is_sure=False):
    """Make it so that these people may release there and these approve.

    `left_out` are those who could one or the other until now: what they are not named for any more
    ends. `needs_second`: whether one of the approvers must agree to each release; None leaves the
    rules as they are.
    """
    with acting(actor, "grant.added", environment=environment), still_approvable(is_sure):
        hold(Environment(pk=environment.pk))
        demand(policy.may_set_up(actor, environment.project))
        if not (releasers or approvers or left_out):
            raise Refused(_("Nobody is chosen."), _("Tick who may release, or who approves."))
        if needs_second and not approvers:
            raise Refused(_("Nobody is chosen who could agree."),
                          _("Tick who must agree, or choose that nobody must."))
        wanted = _wanted(releasers, approvers)
        for user in left_out:
            _take_away(actor, environment, user, kept=wanted.get(user, ()))
        for user, actions in wanted.items():
            _grant(actor, environment, user, actions, reason)
        if needs_second is not None:
            _rule(actor, environment, approvers if needs_second else ())
        approvals.reevaluate(environment=environment)


def _wanted(releasers, approvers):
    """{person: what they need}."""
    wanted = {user: list(RELEASES) for user in releasers}
    for user in approvers:
        wanted[user] = [*dict.fromkeys([*wanted.get(user, ()), *APPROVES])]
    return wanted


def _own(environment, **more):
    """Entries that have not ended, each for one person, for this project or this environment."""
    return Grant.objects.filter(
        Q(project=environment.project, environment=None) | Q(environment=environment),
        Q(valid_until=None) | Q(valid_until__gt=timezone.now()), group=None, **more)


def _named(environment, action):
    return list(get_user_model().objects.filter(
        is_active=True, pk__in=_own(environment, action=action).values("user")
    ).order_by("username"))


def _grant(actor, environment, user, actions, reason):
    written = set(_own(environment, user=user).values_list("action", flat=True))
    for action in actions:
        if action not in written and not policy.has_entry(user, action, environment):
            grants.write(actor, Grant(user=user, project=environment.project, action=action,
                                      reason=reason.strip() or _("Set up with the site")))


def _take_away(actor, environment, user, *, kept):
    """End what a tick shows (to release, to approve), and of what that needs, what was given with
    it: by the same person, for the same reason."""
    had = set(_own(environment, user=user).values_list("action", flat=True))
    ended = {action for key, actions in ((Grant.RELEASE, RELEASES), (Grant.APPROVE, APPROVES))
             if key in had for action in actions if action not in kept}
    given = {(row.granted_by_id, row.reason) for row in Grant.objects.filter(
        user=user, project=environment.project, action__in=SHOWN)}
    for row in _own(environment, user=user, action__in=ended):
        if row.action in SHOWN or (row.granted_by_id, row.reason) in given:
            grants.end(actor, row, reason=_("Taken away where the site is set up"), is_sure=True)


def _rule(actor, environment, approvers):
    """One of these people must agree, or nobody must. Less than before waits for a second person
    where the environment is protected."""
    before, rules = content_of(environment), list(environment.approval_rules.all())
    if not _is_plain(actor, rules):
        raise Refused(_("The approval rules there say more than ticks can."),
                      _("Change them on the page of the environment."))
    rule = rules[0] if rules else None
    if not approvers and rule is None:
        return
    if approvers:
        rule = rule or ApprovalRule.objects.create(environment=environment, people_needed=1)
        if set(rule.users.all()) == set(approvers):
            return
        rule.users.set(approvers)
        words = _("one of {people} must agree to a release").format(
            people=", ".join(map(policy.name_of, approvers)))
    else:
        rule.delete()
        words = _("a release needs no second person")
    if protection.keep(actor, environment, before) is not None:
        return
    sentence = _("{actor} changed {environment}: {words}").format(
        actor=actor.name, environment=environment, words=words)
    audit.record("approval_rules.changed", sentence, actor=actor, environment=environment,
                 about=environment)
    if rules:
        tell_people(administrators(), event="environment.weakened", environment=environment,
                    subject=_("Who must agree to releases of {environment} changed").format(
                        environment=environment),
                    sentence=f"{sentence}.",
                    path=reverse("admin:deployments_environment_change", args=[environment.pk]))
