"""Why somebody may do something, or why not: rule by rule, each with what would help."""

from dataclasses import dataclass

from django.utils import timezone

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
    lines = [_account(actor.user)]
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
    if user is not None and user.is_active:
        return Line("The account is switched on.", True)
    return Line("The account is switched off.", False,
                "An administrator can switch it on under “Users”.")


def _status(user, action):
    if not user.is_superuser:
        return
    if action in _BY_STATUS:
        yield Line("A superuser may look at everything and set everything up.", True)
    else:
        yield Line("Being a superuser gives set-up, and nothing of this.", False,
                   "An allowlist entry gives it; another administrator can write one.")


def _second_step(user, action, environment):
    """Whether the person can sign in as the environment demands it; in this session, or a next."""
    if environment is None or not environment.needs_two_step or action not in PROVED:
        return
    if with_second_step([user]):
        yield Line(f"{environment} needs two-step sign-in, and the account has it.", True)
    else:
        yield Line(f"{environment} needs two-step sign-in, and the account has none.", False,
                   "The person sets it up in the menu under their name.")


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
        yield Line(f"{elsewhere} more for other projects.", False, ASK)
    if not is_any:
        yield Line(f"No allowlist entry lets this person {VERBS[action]} {place.words}.", False,
                   ASK)


def _is_near(grant, place):
    """Whether the entry is for everything, or for the same project."""
    own = grant.environment.project_id if grant.environment_id else grant.project_id
    return own is None or (place.project is not None and own == place.project.pk)


def _line(actor, grant, action, place, at):
    told = f"Entry “{grant}”{origin(grant)}"
    if not is_for(grant, place, action):
        where = f"for {grant.environment.name} only" if place.environment \
            else "for one environment; this needs the whole project"
        return Line(f"{told}: is {where}.", False, ASK)
    found = obstacle(grant, place, at=at, address=actor.address)
    if found:
        return Line(f"{told}: {found.reason}.", False, found.remedy)
    return Line(f"{told}: counts.", True)
