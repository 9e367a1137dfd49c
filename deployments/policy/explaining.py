"""Why somebody may do something, or why not: rule by rule, each with what would help."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Grant
from .entries import ASK, VERBS, Place, entries_of, is_for, obstacle, origin, serving
from .proofs import PROVED, second_step, with_second_step
from .verbs import may

_BY_STATUS = (Grant.LOOK, Grant.SET_UP, Grant.COMMANDS)


@dataclass(frozen=True)
class Line:
    """One rule: what it says, whether it is passed, and what would help when it is not."""

    text: str
    passed: bool
    remedy: str = ""


def explain(actor, action, *, project=None, environment=None, at=None):
    """Every rule that decides whether the person may do `action` there, as a list of `Line`s.

    The last line is what the allowlist answers in the end. Entries of other projects are
    counted and not shown: whoever asks may not look there.
    """
    project = environment.project if environment else project
    place, at = Place(project, environment), at or timezone.now()
    lines = list(_account(actor.user))
    decision = may(actor, action, project=project, environment=environment, at=at)
    if actor.user is not None:
        lines += _status(actor.user, action)
        lines += _entries(actor, action, place, at)
        step = list(_second_step(actor.user, action, environment))
        lines += step
        if decision and not all(line.passed for line in step):
            decision = second_step(actor, environment)
    return [*lines, Line(decision.reason, decision.allowed, decision.remedy)]


def _account(user):
    if user is None or not user.is_active:
        yield Line(_("The account is switched off."), False,
                   _("An administrator can switch it on under “Users”."))
        return
    yield Line(_("The account is switched on."), True)
    if not user.has_usable_password():
        yield Line(_("The account has no password yet, so nobody can sign in with it."), False,
                   _("“Send a password link…” on its page under “Users” lets the person set one."))


def _status(user, action):
    if not user.is_superuser:
        return
    if action in _BY_STATUS:
        yield Line(_("A superuser may look at everything and set everything up."), True)
    else:
        yield Line(_("Being a superuser gives set-up, and nothing of this."), False,
                   _("An allowlist entry gives it; another administrator can write one."))


def _second_step(user, action, environment):
    """Whether the person can sign in as the environment demands it; in this session, or a next."""
    if environment is None or not environment.needs_two_step or action not in PROVED:
        return
    if with_second_step([user]):
        yield Line(_("{environment} needs two-step sign-in, and the account has it.").format(
            environment=environment), True)
    else:
        yield Line(_("{environment} needs two-step sign-in, and the account has none.").format(
            environment=environment), False,
                   _("The person sets it up in the menu under their name."))


def _entries(actor, action, place, at):
    """A line for each entry that could say yes, and one on what is missing or elsewhere."""
    rows, elsewhere, is_any = entries_of(actor.user).filter(action__in=serving(action)), 0, False
    for grant in rows:
        if not _is_near(grant, place):
            elsewhere += 1
            continue
        is_any = True
        yield _line(actor, grant, action, place, at)
    if elsewhere:
        yield Line(_("{elsewhere} more for other projects.").format(
            elsewhere=elsewhere), False, ASK)
    if not is_any:
        yield Line(_("No allowlist entry lets this person {verbs} {place}.").format(
            verbs=VERBS[action], place=place.words), False,
                   ASK)


def _is_near(grant, place):
    """Whether the entry is for everything, or for the same project."""
    own = grant.environment.project_id if grant.environment_id else grant.project_id
    return own is None or (place.project is not None and own == place.project.pk)


def _line(actor, grant, action, place, at):
    told = _("Entry “{grant}”{origin}").format(grant=grant, origin=origin(grant))
    if not is_for(grant, place, action):
        where = _("for {environment} only").format(
            environment=grant.environment.name) if place.environment \
            else _("for one environment; this needs the whole project")
        return Line(_("{told}: is {where}.").format(told=told, where=where), False, ASK)
    found = obstacle(grant, place, at=at, address=actor.address)
    if found:
        return Line(f"{told}: {found.reason}.", False, found.remedy)
    return Line(_("{told}: counts.").format(told=told), True)
