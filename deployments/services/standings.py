"""What is live in many environments and what happens there, in a number of queries that does not
grow with them. Reads rows only."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery

from .. import states
from ..models import Deployment, Environment
from .way_back import releases_before

TROUBLE = ("failed", "errored", "needs_attention")
"""What a place's newest deployment is where something went wrong there."""


@dataclass
class Standing:
    """One environment: `live`, the proved deployment that brought what visitors get; `active`, the
    one that holds it; `newest`, that one or else the last one; `in_line`, those that wait for their
    turn, oldest first; `before`, the key of the release that going back leads to."""

    environment: object
    live: object = None
    active: object = None
    newest: object = None
    in_line: list = field(default_factory=list)
    before: int | None = None


def places_of(projects):
    """The environments of these projects, in the order of home, with keys of `newest` and `live`.

    Both are found by an index, a row for each environment: see `Deployment.Meta.indexes`.
    """
    there = Deployment.objects.filter(environment=OuterRef("pk"))
    rows = Environment.objects.filter(project__in=projects).select_related("project")
    return rows.annotate(
        newest_pk=Subquery(_last(there)), live_pk=Subquery(there.proved().values("pk")[:1]))


def standings(environments):
    """The list of `Standing`s of environments out of `places_of`, in their order."""
    environments = list(environments)
    brought = _brought(row.live_pk for row in environments)
    going_on = Deployment.objects.filter(environment__in=environments, status__in=states.OPEN)
    shown = {*(row.newest_pk for row in environments), *brought.values(),
             *going_on.values_list("pk", flat=True)}
    rows = _with_versions(Deployment.objects.filter(pk__in=shown - {None}))
    found = {row.pk: row for row in _placed(rows, environments)}
    before = releases_before(environments)
    there = defaultdict(list)
    for row in sorted(found.values(), key=lambda row: row.pk):
        if row.is_open:
            there[row.environment_id].append(row)
    return [_standing(row, found, there[row.pk], brought, before.get(row.pk))
            for row in environments]


def in_trouble(projects):
    """Keys of the projects in which an environment's newest deployment went wrong."""
    there = Deployment.objects.filter(environment=OuterRef("pk"))
    rows = Environment.objects.filter(project__in=projects).annotate(
        ended=Subquery(_last(there, "status")))
    return set(rows.filter(ended__in=TROUBLE).values_list("project", flat=True))


def running_in(projects):
    """Deployments that run there, oldest first."""
    keys = {row.pk for row in projects}
    rows = with_names(Deployment.objects.filter(status="running")).order_by("pk")
    return [row for row in rows if row.environment.project_id in keys]


def with_names(rows):
    """The rows with what their words need, without the large columns that no word needs."""
    return _with_versions(rows).select_related(
        "environment__project", "release__project", "previous__project")


def _with_versions(rows):
    return rows.with_lease().select_related("release", "previous").prefetch_related(
        "targets", "approvals").defer("plan", "release__contents", "previous__contents")


def _placed(rows, environments):
    """The rows in these environments, which are not read again for each of them."""
    places = {row.pk: row for row in environments}
    for row in rows:
        row.environment = places[row.environment_id]
        for release in filter(None, (row.release, row.previous)):
            release.project = row.environment.project
    return rows


def _last(rows, column="pk"):
    """The newest one; what stands in line only where there is nothing else."""
    return rows.exclude(status="waiting_turn").order_by("-pk").values(column)[:1]


def _brought(keys):
    """{key of a live deployment: key of the one that brought that version}: a reload brings none.
    """
    keys = [key for key in keys if key]
    first = Deployment.objects.filter(
        environment=OuterRef("environment"), release=OuterRef("release"),
    ).proved().exclude(kind=Deployment.RELOAD)
    reloads = Deployment.objects.filter(pk__in=keys, kind=Deployment.RELOAD).annotate(
        brought=Subquery(first.values("pk")[:1]))
    told = dict(reloads.values_list("pk", "brought"))
    return {key: told.get(key) or key for key in keys}


def _standing(environment, found, open_rows, brought, before):
    in_line = [row for row in open_rows if row.status == "waiting_turn"]
    active = next((row for row in open_rows if row.is_active), None)
    newest = active or found.get(environment.newest_pk) or (in_line[-1] if in_line else None)
    live = found.get(brought.get(environment.live_pk))
    return Standing(environment, live, active, newest, in_line, before)
