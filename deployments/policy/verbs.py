"""What a person may do: one function per verb."""

from django.utils import timezone
from django.utils.translation import gettext as _

from .. import states
from ..models import Grant
from .actor import Actor, Decision
from .entries import SWITCHED_OFF, Place, answer, in_force
from .proofs import second_step
from .setting_up import may_edit_commands, may_set_up


def may_look(actor, project, *, at=None):
    """Any grant in the project lets a person look at all of it, from that grant's networks; None
    asks for every project."""
    if actor.user is not None and actor.user.is_active and actor.user.is_superuser:
        return Decision(True, _("You may look at {words}.").format(words=Place(project).words))
    return answer(actor, Grant.LOOK, project=project, at=at)


def may_sign_in(user, *, at=None, entries=None):
    """Whoever has an entry that counts somewhere, and superusers, may sign in; `entries` are those
    of the person, where they were read."""
    if not user.is_active:
        return SWITCHED_OFF
    if user.is_superuser or in_force(user, at or timezone.now(), entries):
        return Decision(True, _("You may sign in."))
    return Decision(False, _("This account has no allowlist entry."), _("Ask an administrator."))


def only_looks(user, *, at=None, entries=None):
    """Whether no entry that counts lets the person do more than look."""
    return all(grant.action == Grant.LOOK
               for grant in in_force(user, at or timezone.now(), entries))


def may_build(actor, project, *, at=None):
    return answer(actor, Grant.BUILD, project=project, at=at)


def may_release(actor, environment, *, at=None):
    return _proved(actor, Grant.RELEASE, environment, at)


def may_go_back(actor, environment, *, at=None):
    return _proved(actor, Grant.GO_BACK, environment, at)


def may_release_in_emergency(actor, environment, *, at=None):
    """Whether the person may release there without anybody's yes, and in a freeze."""
    return _proved(actor, Grant.EMERGENCY, environment, at)


def may_reload(actor, environment, *, at=None):
    """Making PHP reload needs what releasing needs."""
    return may_release(actor, environment, at=at)


def may_examine(actor, environment, *, at=None):
    """Whoever sets the project up, or may release there, may have its servers examined."""
    if may_set_up(actor, environment.project, at=at):
        return Decision(True, _("You may examine {project} ({environment}).").format(
            project=environment.project.name, environment=environment.name))
    return _there(actor, Grant.RELEASE, environment, at)


def may_stop(actor, deployment, *, at=None):
    """Whoever may stop there, or release, may stop; what has not started, whoever may act in an
    emergency there, too: it would stand in the way of one, for weeks where it is planned."""
    decision = _there(actor, Grant.STOP, deployment.environment, at)
    if decision or deployment.status not in states.BEFORE_START:
        return decision
    in_emergency = _there(actor, Grant.EMERGENCY, deployment.environment, at)
    return Decision(True, _("You may stop releases of {environment} that have not started.").format(
        environment=deployment.environment)) if in_emergency else decision


def may_turn_back(actor, deployment, *, at=None):
    """Whoever may go back there may turn back what is on its way."""
    return may_go_back(actor, deployment.environment, at=at)


def may_decide(actor, deployment, *, at=None):
    return _there(actor, Grant.DECIDE, deployment.environment, at)


def requester_may(deployment, *, at=None):
    """Whether who asked may still do what they asked for, from where they asked.

    Asked again before the start: accounts, groups, entries and their ends may have changed. How
    the person signed in was asked at the request.
    """
    actor = Actor(deployment.requested_by, deployment.requested_address,
                  deployment.requested_account)
    action = {"rollback": Grant.GO_BACK}.get(deployment.kind, Grant.RELEASE)
    if deployment.emergency:
        action = Grant.EMERGENCY
    return _there(actor, action, deployment.environment, at)


def may(actor, action, *, project=None, environment=None, at=None):
    """The answer to any of the allowlist's actions there; without both, everywhere."""
    project = environment.project if environment else project
    if action == Grant.LOOK:
        return may_look(actor, project, at=at)
    if action == Grant.SET_UP:
        return may_set_up(actor, project, at=at)
    if action == Grant.COMMANDS:
        return may_edit_commands(actor, project, at=at)
    return answer(actor, action, project=project, environment=environment, at=at)


def _there(actor, action, environment, at):
    return answer(actor, action, project=environment.project, environment=environment, at=at)


def _proved(actor, action, environment, at):
    """The same, where the environment may ask for a second step besides."""
    decision = _there(actor, action, environment, at)
    proof = second_step(actor, environment)
    return decision if proof or not decision else proof
