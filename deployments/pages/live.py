"""The home page: what is live where, what waits for this person, and what runs now."""

from .. import policy
from ..models import Environment, Grant, Project
from ..policy import gating
from ..services import drafts, edits, emergencies, freezes, planned, protection
from ..services.checkups import blocked
from ..services.standings import places_of, running_in, standings
from . import live_choice
from .access_waiting import access_context
from .actor import shown_to
from .asked_of import exception_rows, waiting_rows
from .door import visible_projects
from .live_columns import columns_of
from .live_places import places
from .navigation import entries_page
from .progress_result import words_of
from .progress_table import step_now
from .workers import nobody_works


def live_context(request):
    """Context of the home page."""
    from ..site import site

    actor = shown_to(request)
    projects, apps = visible_projects(actor), site.get_app_list(request)
    waits = {
        "waiting_rows": waiting_rows(request), "exception_rows": exception_rows(request),
        "protection_rows": protection.waiting_for(actor),
        "drafts": drafts.begun_by(actor.user, projects),
        "unreviewed_rows": emergencies.unreviewed(projects),
        "edit_rows": edits.waiting_for(actor)}
    chosen = live_choice.narrowed(request, projects, lambda: _mine(actor, projects, waits))
    return {
        **waits, **_shown(actor, projects, chosen.projects, waits["waiting_rows"]),
        "chosen": chosen, "has_projects": bool(projects),
        "running_rows": [(row, words_of(row), step_now(row)) for row in running_in(projects)],
        "entries": entries_page(apps),
        "is_shut_out": not projects and Project.objects.exists(),
        "may_only_look": bool(projects) and policy.only_looks(
            request.user, entries=actor.entries),
        "title": site.index_title, "nobody": nobody_works() if projects else "",
        **access_context(actor),
    }


def _mine(actor, projects, waits):
    reviewable = [row for row in waits["unreviewed_rows"] if gating.may_review(actor, row)]
    found = live_choice.needing(actor, projects, waits["waiting_rows"], waits["protection_rows"],
                                waits["drafts"], reviewable,
                                [asked.row for asked in waits["exception_rows"]])
    return found | {row.project_id for row in waits["edit_rows"]}


def _shown(actor, projects, part, waiting):
    """The matrix of the projects in this part, and what is to be said about their places."""
    in_force = [row for row in freezes.listed(projects) if row.is_in_force]
    pauses = list(freezes.open_pauses(projects))
    found = places(
        actor, standings(places_of(part)), in_force=in_force, pauses=pauses,
        answerable={row.pk for row in waiting})
    environments = [place.environment for place in found]
    stops = blocked(environments)
    columns, rows = columns_of(part, found)
    return {
        "columns": columns, "rows": rows, "has_places": bool(environments),
        "set_up_reach": policy.reach(actor, Grant.SET_UP, Grant.COMMANDS),
        "blocked_rows": [(row, stops[row.pk]) for row in environments if row.pk in stops],
        "unapprovable": policy.unapprovable_today(
            Environment.objects.filter(pk__in=[row.pk for row in environments])),
        "freeze_lines": [freezes.banner(row) for row in in_force],
        "pauses": [(row, bool(gating.may_pause(actor, row.environment))) for row in pauses],
        "missed_rows": planned.missed_in(environments),
    }
