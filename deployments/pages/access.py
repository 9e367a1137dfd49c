"""My access: what the person may do, where, from whom, until when, and only from which network."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy
from ..models import AccessRequest
from .access_waiting import with_states
from .door import page, show, visible_projects

ASKED_SHOWN = 10


@dataclass(frozen=True)
class Row:
    """One environment (None: the project as a whole) with what the person holds there."""

    environment: object
    holdings: list

    @property
    def span(self):
        return max(1, len(self.holdings))


@page("GET")
def mine(request, actor):
    """A table of the person's entries by project, environment and action; and what they asked."""
    now, entries = timezone.now(), list(policy.entries_of(actor.user))
    places = {project: _rows(actor, entries, project, now)
              for project in visible_projects(actor)}
    asked = AccessRequest.objects.filter(user=actor.user).select_related(
        "user", "project", "environment__project", "grant")
    return show(request, "access/mine.html", title=_("My access"), places=places, actor=actor,
                asked=with_states(asked[:ASKED_SHOWN]), groups=actor.user.groups.order_by("name"))


def _rows(actor, entries, project, now):
    whole = Row(None, policy.holdings(actor, entries, project, at=now))
    each = [Row(row, policy.holdings(actor, entries, project, row, at=now))
            for row in project.environments.all()]
    return [whole, *each] if whole.holdings else each
