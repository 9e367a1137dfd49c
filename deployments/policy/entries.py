"""Entries of the allowlist: which are in force for a person somewhere, and what they say."""

from django.db.models import Q
from django.utils import timezone

from ..models import Grant
from .actor import Decision, is_inside


def in_force(user, at):
    """Entries of the person that count at the time `at`, their groups' included."""
    when = Q(valid_from=None) | Q(valid_from__lte=at)
    when &= Q(valid_until=None) | Q(valid_until__gt=at)
    who = Q(user=user) | Q(group__user=user)
    is_agreed = Q(needs_second=False) | Q(confirmed_at__isnull=False)
    return Grant.objects.filter(when, who, is_agreed).distinct()


def grants_in(user, project, at):
    """Grants in force of any action, everywhere or in any part of `project`."""
    where = Q(project=None) | Q(project=project)
    where &= Q(environment=None) | Q(environment__project=project)
    return in_force(user, at).filter(where)


def grants_for(user, action, *, project, environment, at):
    """Grants of `user` for `action` there that are in force at the time `at`."""
    grants = grants_in(user, project, at).filter(action=action)
    if environment is None:
        return grants
    return grants.filter(Q(environment=None) | Q(environment=environment))


VERBS = {
    Grant.LOOK: "look at", Grant.BUILD: "build", Grant.RELEASE: "release",
    Grant.GO_BACK: "go back in", Grant.APPROVE: "approve releases of",
    Grant.DECIDE: "decide about",
    Grant.STOP: "stop releases of", Grant.EMERGENCY: "release in an emergency",
    Grant.SET_UP: "set up", Grant.COMMANDS: "edit the commands of",
}
"""What stands between “You may” and the place."""

SWITCHED_OFF = Decision(False, "This account is switched off.", "Ask an administrator.")


def weigh(actor, grants, verb, where):
    """The answer that `grants` (those in force there) give to a person at this address."""
    if actor.user is None or not actor.user.is_active:
        return SWITCHED_OFF
    grants = list(grants)
    if not grants:
        return Decision(
            False, f"You may not {verb} {where}: no allowlist entry says so.",
            "Ask an administrator for an entry.",
        )
    for grant in grants:
        if is_inside(actor.address, grant.networks):
            by = f", granted by {grant.granted_by_name}" if grant.granted_by_name else ""
            end = grant.valid_until and timezone.localtime(grant.valid_until)
            until = f", until {end:%d %b %Y}" if end else ""
            return Decision(True, f"You may {verb} {where}{by}{until}.")
    seen = actor.address or "this machine's console"
    return Decision(
        False, f"You may {verb} {where} only from certain networks; you are on {seen}.",
        "Connect to the office network or VPN and try again.",
    )


def answer(actor, action, *, project, environment=None, at=None):
    where = f"{project.name} ({environment.name})" if environment else project.name
    grants = grants_for(actor.user, action, project=project, environment=environment,
                        at=at or timezone.now())
    return weigh(actor, grants, VERBS[action], where)
