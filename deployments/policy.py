"""Who may do what: one function per verb, closed by default, each answer with its reason.

Doors ask before they show a button, services ask before they act, and the runner asks again
before it starts. Nothing here writes.
"""

import ipaddress
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from .models import ApprovalRule, Grant
from .models.fields import lines_of


@dataclass(frozen=True)
class Actor:
    """A person acting now: `user`, the network `address` it comes from ("" on a console), and
    the unix account that speaks for the person on a console ("" in a browser)."""

    user: object
    address: str = ""
    system_account: str = ""

    @property
    def name(self):
        person = self.user.get_full_name() or self.user.get_username()
        spoken_for = f"system account {self.system_account} for " if self.system_account else ""
        return f"{spoken_for}{person}"[:150]  # what every column for it can hold


@dataclass(frozen=True)
class Decision:
    """`allowed`, why, and what would help when it is not."""

    allowed: bool
    reason: str
    remedy: str = ""

    def __bool__(self):
        return self.allowed


def plain_address(text):
    """Return the IP address in `text`, IPv4-mapped IPv6 as IPv4; None when it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_inside(text, networks):
    """Whether the address `text` lies in one of `networks` (text lines; empty: everywhere)."""
    lines = lines_of(networks)
    if not lines:
        return True
    address = plain_address(text)
    if address is None:
        return False
    nets = [ipaddress.ip_network(line, strict=False) for line in lines]
    return any(net.version == address.version and address in net for net in nets)


def _in_force(user, at):
    when = Q(valid_from=None) | Q(valid_from__lte=at)
    when &= Q(valid_until=None) | Q(valid_until__gt=at)
    return Grant.objects.filter(when, user=user)


def _grants_in(user, project, at):
    """Grants in force of any action, everywhere or in any part of `project`."""
    where = Q(project=None) | Q(project=project)
    where &= Q(environment=None) | Q(environment__project=project)
    return _in_force(user, at).filter(where)


def grants_for(user, action, *, project, environment, at):
    """Grants of `user` for `action` there that are in force at the time `at`."""
    grants = _grants_in(user, project, at).filter(action=action)
    if environment is None:
        return grants
    return grants.filter(Q(environment=None) | Q(environment=environment))


_VERBS = {
    Grant.LOOK: "look at", Grant.BUILD: "build", Grant.RELEASE: "release",
    Grant.GO_BACK: "go back in", Grant.APPROVE: "approve releases of",
    Grant.DECIDE: "decide about",
}
"""What stands between “You may” and the place."""

_SWITCHED_OFF = Decision(False, "This account is switched off.", "Ask an administrator.")


def _weigh(actor, grants, verb, where):
    """The answer that `grants` (those in force there) give to a person at this address."""
    if actor.user is None or not actor.user.is_active:
        return _SWITCHED_OFF
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


def _answer(actor, action, *, project, environment=None, at=None):
    where = f"{project.name} ({environment.name})" if environment else project.name
    grants = grants_for(actor.user, action, project=project, environment=environment,
                        at=at or timezone.now())
    return _weigh(actor, grants, _VERBS[action], where)


def may_look(actor, project, *, at=None):
    """Any grant in the project lets a person look at all of it, from that grant's networks."""
    if actor.user is not None and actor.user.is_active and actor.user.is_superuser:
        return Decision(True, f"You may look at {project.name}.")
    grants = _grants_in(actor.user, project, at or timezone.now())
    return _weigh(actor, grants, _VERBS[Grant.LOOK], project.name)


def may_sign_in(user, *, at=None):
    """Whoever has a grant in force, or sets things up, may sign in."""
    if not user.is_active:
        return _SWITCHED_OFF
    if user.is_staff or _in_force(user, at or timezone.now()).exists():
        return Decision(True, "You may sign in.")
    return Decision(False, "This account has no allowlist entry.", "Ask an administrator.")


def only_looks(user, *, at=None):
    """Whether no entry in force lets the person do more than look."""
    return not _in_force(user, at or timezone.now()).exclude(action=Grant.LOOK).exists()


def may_build(actor, project, *, at=None):
    return _answer(actor, Grant.BUILD, project=project, at=at)


def may_release(actor, environment, *, at=None):
    return _answer(actor, Grant.RELEASE, project=environment.project, environment=environment,
                   at=at)


def may_go_back(actor, environment, *, at=None):
    return _answer(actor, Grant.GO_BACK, project=environment.project, environment=environment,
                   at=at)


def may_reload(actor, environment, *, at=None):
    """Making PHP reload needs what releasing needs."""
    return may_release(actor, environment, at=at)


def may_examine(actor, environment, *, at=None):
    """Whoever sets installations up, or may release there, may have them examined."""
    user = actor.user
    if user is not None and user.is_active and user.has_perm("deployments.change_installation"):
        return Decision(True, f"You may examine {environment.project.name} ({environment.name}).")
    return may_release(actor, environment, at=at)


def may_stop(actor, deployment, *, at=None):
    """Whoever may release there may stop."""
    return may_release(actor, deployment.environment, at=at)


def may_turn_back(actor, deployment, *, at=None):
    """Whoever may go back there may turn back what is on its way."""
    return may_go_back(actor, deployment.environment, at=at)


def requester_may(deployment, *, at=None):
    """Whether who asked may still do what they asked for, from where they asked."""
    actor = Actor(deployment.requested_by, deployment.requested_address,
                  deployment.requested_account)
    may = {"deploy": may_release, "rollback": may_go_back, "reload": may_reload}[deployment.kind]
    return may(actor, deployment.environment, at=at)


def may_decide(actor, deployment, *, at=None):
    return _answer(actor, Grant.DECIDE, project=deployment.environment.project,
                   environment=deployment.environment, at=at)


def has_grant_to_approve(user, environment):
    """Whether an entry in force lets `user` approve there, wherever the person sits now."""
    return _has_grant(user, Grant.APPROVE, environment)


def who_may_decide(environment):
    """People whom an entry in force lets decide there, by user name."""
    granted = Grant.objects.filter(action=Grant.DECIDE).values("user")
    people = get_user_model().objects.filter(pk__in=granted).order_by("username")
    return [user for user in people if _has_grant(user, Grant.DECIDE, environment)]


def _has_grant(user, action, environment):
    return user.is_active and grants_for(
        user, action, project=environment.project, environment=environment,
        at=timezone.now()).exists()


def rule_of(environment):
    """The environment's approval rule, or None when nobody needs to agree."""
    rule = ApprovalRule.objects.filter(environment=environment).first()
    return rule if rule and rule.people_needed > 0 else None


def may_approve(actor, deployment, *, at=None):
    """An approver named by the rule, with a grant, who did not ask for it."""
    rule = rule_of(deployment.environment)
    if rule is None:
        return Decision(False, "This release needs no approval.")
    if actor.user is not None and deployment.requested_by_id == actor.user.pk:
        return Decision(False, "You asked for this, so somebody else must approve.")
    if actor.system_account:
        return Decision(False, "Approvals cannot be given by command.",
                        "Open the approvals page in a browser.")
    if actor.user is None or not rule.approvers.filter(pk=actor.user.pk).exists():
        return Decision(False, "You are not one of the approvers of this environment.",
                        "Ask one of them.")
    return _answer(actor, Grant.APPROVE, project=deployment.environment.project,
                   environment=deployment.environment, at=at)
