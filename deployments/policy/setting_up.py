"""Who sets things up: superusers, and whoever has an entry for a project, or for every one."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Grant
from .actor import Decision
from .entries import SWITCHED_OFF, VERBS, Place, answer, obstacle, those_of


@dataclass(frozen=True)
class Reach:
    """What somebody may set up: everything, or the projects with these primary keys."""

    is_everything: bool
    projects: frozenset = frozenset()

    def __bool__(self):
        return self.is_everything or bool(self.projects)

    def covers(self, project):
        """Whether a project lies in it; None asks for everything."""
        return self.is_everything or (project is not None and project.pk in self.projects)


def may_set_up(actor, project=None, *, at=None):
    """Whether the person may set up this project; without one, whatever belongs to none."""
    return _may(actor, Grant.SET_UP, project, at)


def may_edit_commands(actor, project=None, *, at=None):
    """Whether the person may edit what is run for this project: commands, repository, build
    variables, folders on servers; without a project, the servers that all of them share."""
    return _may(actor, Grant.COMMANDS, project, at)


def may_see_set_up(actor, project=None, *, at=None):
    """Whoever edits commands there, or sets it up, sees how it is set up."""
    by_set_up = may_set_up(actor, project, at=at)
    return by_set_up or may_edit_commands(actor, project, at=at) or by_set_up


def reach(actor, *actions, at=None):
    """Where the person may do one of these actions of set-up, as a `Reach`, from their address."""
    user, at = actor.user, at or timezone.now()
    if user is None or not user.is_active:
        return Reach(False)
    if user.is_superuser:
        return Reach(True)
    rows = [grant for grant in those_of(actor, actions) if grant.environment_id is None
            and obstacle(grant, Place(), at=at, address=actor.address) is None]
    return Reach(any(grant.project_id is None for grant in rows),
                 frozenset(grant.project_id for grant in rows if grant.project_id))


def _may(actor, action, project, at):
    user = actor.user
    if user is None or not user.is_active:
        return SWITCHED_OFF
    if user.is_superuser:
        place = Place(project).words
        return Decision(True, _("You may {verbs} {place}: you are a superuser.").format(
            verbs=VERBS[action], place=place))
    return answer(actor, action, project=project, at=at)
