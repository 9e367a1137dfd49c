"""Approvals at a glance: what waits for this person, what they asked for, what is done, and which
emergencies a second person has still to look at."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from ..models import Approval
from ..services import emergencies, exception_requests
from .asked_of import exception_rows, waiting_rows
from .door import page, show, visible_projects
from .history import deployments_in

DONE_SHOWN = 30
_OPEN = ("awaiting_approval", "approved")


@dataclass(frozen=True)
class Tab:
    """One tab: its address (`?tab=`), its title, its rows, and requests for an exception."""

    name: str
    title: str
    rows: list
    exceptions: tuple | list = ()

    @property
    def count(self):
        return len(self.rows) + sum(asked.is_open for asked in self.exceptions)

    @property
    def is_counted(self):
        """Whether its title tells the count: a 0 would hide that answers are there to be read."""
        return self.name != "done" and bool(self.count or not self.exceptions)


@page("GET")
def inbox(request, actor):
    """Waiting for you, You asked, Done, Needs review afterwards: one of them open."""
    projects = visible_projects(actor)
    rows = deployments_in(projects).select_related(
        "environment__project", "release__project", "previous__project", "review")
    asked = list(rows.filter(status__in=_OPEN).order_by("pk"))
    mine = [row for row in asked if row.requested_by_id == actor.user.pk]
    waiting = waiting_rows(request)
    known = {row.pk for row in [*mine, *waiting]}
    answers = Approval.objects.filter(deployment=OuterRef("pk"))
    done = rows.filter(Exists(answers)).exclude(status__in=_OPEN).with_replaced()
    done = done.prefetch_related("approvals", "targets")
    tabs = [
        Tab("waiting", _("Waiting for you"), waiting, exception_rows(request)),
        Tab("asked", _("You asked"), mine,
            exception_requests.of_person_everywhere(actor, projects)),
        Tab("done", _("Done"), list(done.order_by("-pk")[:DONE_SHOWN])),
        Tab("review", _("Needs review afterwards"), emergencies.unreviewed(projects)),
    ]
    wanted = request.GET.get("tab")
    tab = next((row for row in tabs if row.name == wanted), tabs[0])
    return show(request, "approvals/inbox.html", title=_("Approvals"), tabs=tabs, tab=tab,
                others=[row for row in asked if row.pk not in known])
