"""Whose yes an environment needs, who may give it, and whose counts."""

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Account, ApprovalRule, Deployment, Grant
from ..zones import shown
from .actor import Decision
from .counting import share_out
from .entries import Place, answer, has_entry, is_for, obstacle, serving
from .proofs import second_step, with_second_step
from .returning import was_so_before


def has_grant_to_approve(user, environment, *, at=None):
    """Whether an entry in force lets `user` approve there, wherever the person sits now."""
    return has_entry(user, Grant.APPROVE, environment, at=at)


def people_with(action, environment, *, at=None, crowd=None):
    """People whom an entry in force lets do it there, wherever they sit, by user name; out of a
    `Crowd` where many environments are asked about."""
    place, at = Place(environment.project, environment), at or timezone.now()
    rows = [grant for grant in crowd.entries if grant.action in serving(action)] if crowd else \
        Grant.objects.filter(action__in=serving(action)).select_related("environment")
    counting = [grant for grant in rows
                if is_for(grant, place, action) and obstacle(grant, place, at=at) is None]
    if crowd:
        return crowd.holders(counting)
    who = Q(grants__in=counting) | Q(groups__grants__in=counting)
    people = get_user_model().objects.filter(who, is_active=True)
    return list(people.distinct().order_by("username"))


def who_may_decide(environment):
    """People whom an entry in force lets decide there, by user name."""
    return people_with(Grant.DECIDE, environment)


def rules_of(environment, kind=Deployment.DEPLOY, *, crowd=None):
    """The environment's approval rules that a deployment of this kind must pass; [] = none.

    For a return: as long as it leads to what was live before. `rules_for` asks whether it does.
    """
    if kind == Deployment.RELOAD:
        return []
    rules = crowd.rules[environment.pk] if crowd else \
        ApprovalRule.objects.filter(environment=environment)
    return [rule for rule in rules
            if not (kind == Deployment.ROLLBACK and rule.spares_going_back)]


def rules_for(deployment, *, crowd=None):
    """The rules that this deployment must pass; [] in an emergency.

    A rule spares only a return to a version that was live there before, with the commands it, or
    what is live, ran with: otherwise whoever edits commands could run them unseen by going back.
    """
    if deployment.emergency:
        return []
    environment, kind = deployment.environment, deployment.kind
    if kind == Deployment.ROLLBACK and not was_so_before(deployment, crowd=crowd):
        kind = Deployment.DEPLOY
    return rules_of(environment, kind, crowd=crowd)


def members_of(rule):
    """People whom the rule names, by themselves or by a group, by user name."""
    people = get_user_model().objects.filter(is_active=True)
    who = Q(pk__in=rule.users.values("pk")) | Q(groups__in=rule.groups.all())
    return list(people.filter(who).distinct().order_by("username"))


def may_approve(actor, deployment, *, at=None, crowd=None):
    """An approver named by one of the rules, with an entry, who neither asked for it nor edited
    the project's commands last; out of a `crowd.Approver` where many are asked about."""
    environment, user = deployment.environment, actor.user
    rules = rules_for(deployment, crowd=crowd)
    if not rules:
        return Decision(False, _("This release needs no approval."))
    if user is not None and deployment.requested_by_id == user.pk:
        return Decision(False, _("You asked for this, so somebody else must approve."))
    if user is not None and environment.project.commands_edited_by_id == user.pk:
        return Decision(False,
                        _("You edited the project's commands last, so somebody else must approve."),
                        _("Ask another approver."))
    if actor.system_account:
        return Decision(False, _("Approvals cannot be given by command."),
                        _("Open the approvals page in a browser."))
    if user is None or not any(
            user in (crowd.named_by(rule) if crowd else members_of(rule)) for rule in rules):
        return Decision(False, _("You are not one of the approvers of this environment."),
                        _("Ask one of them."))
    counts = answers_count(user, at=at, crowd=crowd)
    if not counts:
        return counts
    decision = answer(actor, Grant.APPROVE, project=environment.project, environment=environment,
                      at=at)
    proof = second_step(actor, environment)
    return decision if proof or not decision else proof


def answers_count(user, *, at=None, crowd=None):
    """Whether an approver's answers count at all: not for a day after the password was set with a
    link, or the second step was reset."""
    until = (crowd.void_until if crowd else _void_until)([user], at).get(user.pk)
    if until:
        return Decision(False, _("Your password or second step was set anew: your answers count "
                                 "again from {moment}.").format(moment=_moment(until)),
                                 _("Ask another approver."))
    return Decision(True, _("Your answers count."))


def why_no_vote_of(user, deployment, *, at=None):
    """Why a yes of this person does not count for it (what follows the name); "" when it does."""
    if user is None:
        return _("has no account any more")
    if not user.is_active:
        return _("has an account that is switched off")
    if user.pk == deployment.requested_by_id:
        return _("asked for it")
    if user.pk == deployment.environment.project.commands_edited_by_id:
        return _("edited the project's commands last")
    if not any(user in members_of(rule) for rule in rules_for(deployment)):
        return _("is named by no rule any more")
    if _void_until([user], at):
        return _("had the password or second step set anew")
    if not has_grant_to_approve(user, deployment.environment, at=at):
        return _("may not approve here any more")
    return ""


def who_could_approve(environment, requester=None, *, at=None, crowd=None):
    """People who could agree today to what `requester` asks for there, by user name; where a
    second step is demanded, those whose account has one."""
    people = _named_there(environment, requester, at, crowd)
    void = crowd.void_until(people, at) if crowd else _void_until(people, at)
    stepless = set() if not environment.needs_two_step else {user.pk for user in people} - (
        crowd.with_step if crowd else with_second_step(people))
    return [user for user in people if user.pk not in {*void, *stepless}]


def who_could_later(environment, requester=None):
    """[(person, until when answers of theirs do not count, whether a second step is missing)] of
    those who could agree there but for that."""
    people = _named_there(environment, requester, None, None)
    void = _void_until(people, None)
    stepped = with_second_step(people) if environment.needs_two_step else {u.pk for u in people}
    return [(user, void.get(user.pk), user.pk not in stepped) for user in people
            if user.pk in void or user.pk not in stepped]


def _named_there(environment, requester, at, crowd):
    """People whom a rule names and an entry lets approve there, who neither ask nor edited last."""
    rules = crowd.rules[environment.pk] if crowd else rules_of(environment)
    named = {user.pk for rule in rules
             for user in (crowd.named_by(rule) if crowd else members_of(rule))}
    left_out = {requester and requester.pk, environment.project.commands_edited_by_id}
    return [user for user in people_with(Grant.APPROVE, environment, at=at, crowd=crowd)
            if user.pk in named - left_out]


def shares_of(rules, people):
    """A `Share` per rule, with these people, in the order in which they agreed."""
    members = {rule.pk: {user.pk for user in members_of(rule)} for rule in rules}
    return share_out(rules, members, people)


def _void_until(people, at):
    """{person's key: until when their answers do not count}, of those for whom that is so."""
    rows = Account.objects.filter(user__in=people, approvals_void_until__gt=at or timezone.now())
    return dict(rows.values_list("user", "approvals_void_until"))


def _moment(at):
    return shown(at, "d M, H:i")
