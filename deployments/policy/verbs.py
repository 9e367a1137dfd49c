"""What a person may do: one function per verb."""

from django.utils import timezone

from ..models import Grant
from .actor import Actor, Decision
from .entries import SWITCHED_OFF, VERBS, answer, grants_in, in_force, weigh


def may_look(actor, project, *, at=None):
    """Any grant in the project lets a person look at all of it, from that grant's networks."""
    if actor.user is not None and actor.user.is_active and actor.user.is_superuser:
        return Decision(True, f"You may look at {project.name}.")
    grants = grants_in(actor.user, project, at or timezone.now())
    return weigh(actor, grants, VERBS[Grant.LOOK], project.name)


def may_sign_in(user, *, at=None):
    """Whoever has a grant in force, or sets things up, may sign in."""
    if not user.is_active:
        return SWITCHED_OFF
    if user.is_staff or in_force(user, at or timezone.now()).exists():
        return Decision(True, "You may sign in.")
    return Decision(False, "This account has no allowlist entry.", "Ask an administrator.")


def only_looks(user, *, at=None):
    """Whether no entry in force lets the person do more than look."""
    return not in_force(user, at or timezone.now()).exclude(action=Grant.LOOK).exists()


def may_build(actor, project, *, at=None):
    return answer(actor, Grant.BUILD, project=project, at=at)


def may_release(actor, environment, *, at=None):
    return answer(actor, Grant.RELEASE, project=environment.project, environment=environment,
                   at=at)


def may_go_back(actor, environment, *, at=None):
    return answer(actor, Grant.GO_BACK, project=environment.project, environment=environment,
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
    return answer(actor, Grant.DECIDE, project=deployment.environment.project,
                   environment=deployment.environment, at=at)
