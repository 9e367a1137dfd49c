"""The page of a project: what is live in each environment, its versions, history and servers."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import policy
from ..models import Deployment, Release
from ..policy import gating
from ..services import freezes
from ..services.standings import places_of, standings, with_names
from .approved_words import approved_words
from .asked_of import waiting_rows
from .door import project_page, show
from .evidence import evidence_of
from .live_places import places
from .project_changes import Changes
from .project_servers import servers_of
from .project_versions import versions_of
from .slices import slice_of

SHOWN = 50
TABS = (("project-home", _("Overview")), ("project-versions", _("Versions")),
        ("project-history", _("History")), ("project-servers", _("Servers")))


@project_page("GET", "HEAD")
def overview(request, actor, project):
    """A card for each environment, with what changed there last and what is not live yet."""
    actor = policy.gathered(actor)
    rows, changes = standings(places_of([project])), Changes(project)
    pauses = list(freezes.open_pauses([project]))
    in_force = [row for row in freezes.listed([project]) if row.is_in_force]
    titles = dict(Release.objects.filter(pk__in=[row.before for row in rows if row.before])
                  .select_related("project").defer("contents").in_bulk())
    found = places(actor, rows, in_force=in_force, pauses=pauses,
                   answerable={row.pk for row in waiting_rows(request)})
    brought = changes.brought_by([place.live for place in found if place.live])
    return _show(
        request, actor, project, "overview", cards=[
            {"place": place, "back": titles.get(place.standing.before),
             "changes": brought.get(place.live and place.live.pk),
             "waiting": changes.after(place.live),
             "approved": approved_words(place.live) if place.live else "",
             "evidence": evidence_of(place.live) if place.live else []} for place in found],
        freeze_lines=[freezes.banner(row) for row in in_force],
        pauses=[(row, bool(gating.may_pause(actor, row.environment))) for row in pauses])


@project_page("GET", "HEAD")
def versions(request, actor, project):
    """Every version, newest first, with where it is live, where it was, and what leads there."""
    rows = Release.objects.filter(project=project).select_related("project").defer("contents")
    part = slice_of(rows, request.GET, SHOWN)
    found, shut = versions_of(policy.gathered(actor), project, part.rows)
    return _show(request, actor, project, "versions", part=part, rows=found, shut=shut,
                 may_any=any(row.forward or row.back for row in found))


@project_page("GET", "HEAD")
def history(request, actor, project):
    """Every deployment of it as a sentence, newest first."""
    rows = with_names(
        Deployment.objects.filter(environment__project=project).with_replaced())
    part = slice_of(rows.select_related(
        "environment__project", "release__project", "previous__project", "review"),
        request.GET, SHOWN)
    return _show(request, actor, project, "history", part=part)


@project_page("GET", "HEAD")
def servers(request, actor, project):
    """Each server with what it runs, and when it was looked at last."""
    return _show(request, actor, project, "servers", rows=servers_of(project))


def _show(request, actor, project, name, **context):
    settings = reverse("admin:deployments_project_change", args=[project.pk]) \
        if policy.may_see_set_up(actor, project) else ""
    tabs = [(words, reverse(f"admin:{page}", args=[project.slug])) for page, words in TABS]
    return show(request, f"project/{name}.html", title=project.name, project=project,
                tabs=tabs, settings=settings, **context)
