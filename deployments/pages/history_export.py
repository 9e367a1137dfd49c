"""History as CSV: a row per deployment that the filters leave, read and sent a chunk at a time."""

from array import array

from django.conf import settings
from django.db.models import Prefetch, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from .. import audit
from ..models import Deployment, Environment, Release, Target, WitnessRecord
from .approved_words import yes_votes
from .csv_file import csv_file
from .door import page, see, visible_projects
from .history import deployments_in
from .history_filters import chosen_in, rows_of

CHUNK = 200
"""How many rows are held at once; each chunk takes as many queries, whatever is in it."""

_NAMED = ("label", "ref", "is_of_branch", "commit_sha", "requested_at")
_WORDED = ("deployment", "server_name", "status", "step", "switched_at", "previous_name")
"""The columns that the title of a version, and the words of a deployment, are made of."""
_UNTOLD = ("plan", "checklist", "overridden", "cause", "result")
_KINDS = dict(Deployment._meta.get_field("kind").flatchoices)


@page("POST")
def export(request, actor):
    """What the filters in the address leave, newest first; of projects this person may look at."""
    chosen = chosen_in(request.GET)
    try:
        rows = rows_of(deployments_in(visible_projects(actor)), chosen)
        keys = _keys(rows)
    except ValueError:  # a day that is none: the page says so
        return see(f"{reverse('admin:deployment-list')}?{request.GET.urlencode()}")
    audit.record_export("deployment", actor=actor, count=len(keys), how=_("as CSV"),
                        rows=str(Deployment._meta.verbose_name_plural), filters=request.GET)
    zone = timezone.get_current_timezone()
    return csv_file(_name(chosen), _columns(zone), _lines(keys, zone))


def _name(chosen):
    """`history-from-2026-11-01-until-2026-11-30.csv`, with the days that were chosen."""
    days = {"from": parse_date(chosen["since"]), "until": parse_date(chosen["until"])}
    return "-".join(["history", *(f"{end}-{day}" for end, day in days.items() if day)]) + ".csv"


def _keys(rows):
    """The keys of all of them, eight bytes each: filters are looked for once, not per chunk."""
    keys = rows.order_by("-pk").values_list("pk", flat=True)
    return array("q", keys.iterator(chunk_size=10 * CHUNK))


def _columns(zone):
    """Their names; the zone stands here, as spreadsheets take a time with a zone for words."""
    return (_("number"), _("project"), _("environment"), _("version"), _("what"), _("state"),
            _("asked by"), _("asked at ({zone})").format(zone=zone), _("approved by"),
            _("started ({zone})").format(zone=zone), _("ended ({zone})").format(zone=zone),
            _("failed answers"), _("old answers"), _("mixed answers"), _("reason"),
            _("address of its page"))


def _lines(keys, zone):
    """The cells of each row. A page's zone is over when this is read, so it is set anew."""
    for start in range(0, len(keys), CHUNK):
        chunk = list(keys[start:start + CHUNK])
        with timezone.override(zone):
            lines = _lines_of(chunk)
        yield from lines


def _lines_of(keys):
    counts = WitnessRecord.objects.filter(target__deployment__in=keys).order_by().values_list(
        "target__deployment").annotate(Sum("failed"), Sum("old"), Sum("mixed"))
    answers = {key: sums for key, *sums in counts}
    return [_cells(row, answers.get(row.pk, ("", "", ""))) for row in _rows_of(keys)]


def _rows_of(keys):
    """The rows with what their cells need. Environments and versions are made once for all of
    them: made anew for each row they take a third of the time."""
    found = Deployment.objects.filter(pk__in=keys).with_replaced().with_lease().defer(*_UNTOLD)
    rows = list(found.order_by("-pk").prefetch_related(
        Prefetch("targets", Target.objects.only(*_WORDED)), "approvals"))
    places = Environment.objects.select_related("project").in_bulk(
        {row.environment_id for row in rows})
    versions = Release.objects.only(*_NAMED).in_bulk(
        {key for row in rows for key in (row.release_id, row.previous_id) if key})
    for row in rows:
        row.environment, row.release = places[row.environment_id], versions[row.release_id]
        row.previous = versions.get(row.previous_id)
    return rows


def _cells(row, answers):
    path = reverse("admin:deployment-progress", args=[row.pk])
    votes = [f"{vote.user_name} ({_time(vote.answered_at)})" for vote in yes_votes(row)]
    return (f"R-{row.pk}", row.environment.project.name, row.environment.name, row.release.title,
            _what(row), row.words, row.requested_by_name, _time(row.requested_at),
            ", ".join(votes), _time(row.claimed_at), _time(row.finished_at), *answers,
            "; ".join(dict.fromkeys(filter(None, (row.reason, row.emergency)))),
            f"{settings.BASE_URL.rstrip('/')}{path}")


def _what(row):
    what = _("restart PHP") if row.strategy == row.RESTART else _KINDS[row.kind]
    return _("{what}, in an emergency").format(what=what) if row.emergency else what


def _time(at):
    """As spreadsheets read it."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""
