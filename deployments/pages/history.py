"""History: every deployment as a sentence; the address holds the filters."""

from django.urls import reverse
from django.utils.translation import gettext as _

from ..errors import Refused
from ..models import Deployment, Environment, Project
from ..waves import either
from .audit_filters import UNREADABLE
from .days import linked_spans
from .door import page, show, visible_projects
from .history_filters import RESULTS, SHOWN, WHATS, chosen_in, part_of
from .slices import Slice, without_part


@page("GET")
def history(request, actor):
    """Deployments of the projects this person may look at, newest first."""
    projects = visible_projects(actor)
    environments = Environment.objects.filter(project__in=projects)
    everything, chosen = deployments_in(projects), chosen_in(request.GET)
    rows = everything.with_replaced().select_related(
        "environment__project", "release__project", "previous__project", "review",
    ).defer("plan", "release__contents", "previous__contents")  # large, and not shown
    try:
        part, refusal = part_of(
            rows.prefetch_related("targets", "approvals"), request.GET, chosen), None
    except ValueError:  # a day that is none
        part, refusal = Slice([]), Refused(*UNREADABLE)
    kept = without_part(request.GET)
    return show(
        request, "history/history.html", title=_("History"), part=part, chosen=chosen,
        refusal=refusal, is_filtered=any(chosen.values()), kept=kept.urlencode(),
        spans=linked_spans(kept),
        export_url=f"{reverse('admin:history-export')}?{kept.urlencode()}",
        projects=projects, results=RESULTS, whats=WHATS, environments=names_of(environments),
        people=_people(everything), is_partial=_is_partial(part), status=400 if refusal else 200)


def _is_partial(part):
    """Whether it was looked for among some of them only, and there may be more."""
    return getattr(part, "first", 0) > 1 and len(part.rows) < SHOWN


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
    return [(slug, either(called)) for slug, called in names.items()]
