"""History: every deployment as a sentence; the address holds the filters."""

from ..models import Deployment, Environment, Project
from .door import page, show, visible_projects
from .slices import slice_of

SHOWN = 50

RESULTS = {
    "live": ("Live and checked", ("succeeded",)),
    "failed": ("Failed", ("failed", "errored")),
    "going-on": ("Going on", (
        "waiting_turn", "waiting_for_build", "scheduled", "queued", "running")),
    "approval": ("Waiting for approval", ("awaiting_approval",)),
    "decision": ("Needs a decision", ("needs_attention",)),
    "ended": ("Rejected, stopped or expired", ("rejected", "cancelled", "expired", "voided")),
}


@page("GET")
def history(request, actor):
    """Deployments of the projects this person may look at, newest first."""
    projects = visible_projects(actor)
    environments = Environment.objects.filter(project__in=projects)
    everything = deployments_in(projects)
    chosen = {name: request.GET.get(name, "") for name in
              ("project", "environment", "who", "result")}
    rows = _filtered(everything, chosen).select_related(
        "environment__project", "release__project", "previous__project", "review",
    ).defer("plan", "release__contents", "previous__contents")  # large, and not shown
    part = slice_of(rows.prefetch_related("targets", "approvals"), request.GET, SHOWN)
    kept = request.GET.copy()
    for name in ("before", "after"):
        kept.pop(name, None)
    return show(
        request, "history/history.html", title="History", part=part, chosen=chosen,
        is_filtered=any(chosen.values()), kept=kept.urlencode(), projects=projects,
        results=RESULTS, environments=names_of(environments), people=_people(everything),
    )


def deployments_in(projects):
    """Deployments of these projects; where they are all there are, the newest rows are read by
    their keys alone: by environment, all would be read and sorted."""
    if Project.objects.count() <= len(projects):
        return Deployment.objects.all()
    return Deployment.objects.filter(environment__project__in=projects)


def _people(rows):
    """Whoever asked for one, by name; read from an index alone."""
    names = rows.order_by("requested_by_name").values_list("requested_by_name", flat=True)
    return list(names.distinct())


def names_of(environments):
    """(Slug, what people call it: “Production”, or each name where projects differ)."""
    names, pairs = {}, environments.order_by("slug", "name").values_list("slug", "name").distinct()
    for slug, name in pairs:
        names.setdefault(slug, []).append(name)
    return [(slug, " or ".join(called)) for slug, called in names.items()]


def _filtered(rows, chosen):
    if chosen["project"]:
        rows = rows.filter(environment__project__slug=chosen["project"])
    if chosen["environment"]:
        rows = rows.filter(environment__slug=chosen["environment"])
    if chosen["who"]:
        rows = rows.filter(requested_by_name=chosen["who"])
    if chosen["result"]:
        rows = rows.filter(status__in=RESULTS.get(chosen["result"], ("", ()))[1])
    return rows
