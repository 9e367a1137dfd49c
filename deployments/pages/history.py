"""History: every deployment as a sentence; the address holds the filters."""

from django.core.paginator import Paginator

from ..models import Deployment
from .door import page, show, visible_projects

PER_PAGE = 50

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
    everything = Deployment.objects.filter(environment__project__in=projects)
    chosen = {name: request.GET.get(name, "") for name in
              ("project", "environment", "who", "result")}
    rows = _filtered(everything, chosen).select_related(
        "environment__project", "release__project", "previous__project", "review",
    ).defer("plan", "release__contents", "previous__contents")  # large, and not shown
    pages = Paginator(rows.prefetch_related("targets", "approvals").order_by("-pk"), PER_PAGE)
    kept = request.GET.copy()
    kept.pop("page", None)
    return show(
        request, "history/history.html", title="History", rows=pages.get_page(
            request.GET.get("page")), chosen=chosen, is_filtered=any(chosen.values()),
        kept=kept.urlencode(), projects=projects, results=RESULTS,
        environments=_environments(everything),
        people=_distinct(everything, "requested_by_name"),
    )


def _distinct(rows, column):
    return list(rows.order_by(column).values_list(column, flat=True).distinct())


def _environments(rows):
    """(Slug, what people call it: “Production”, or each name where projects differ)."""
    names, pairs = {}, rows.order_by("environment__slug", "environment__name").values_list(
        "environment__slug", "environment__name").distinct()
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
