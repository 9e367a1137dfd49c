"""What an address of History asks for, as a queryset."""

from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from ..models import Approval, Deployment
from ..states import DEPLOYMENT_MOVES, OPEN
from .days import begin_of, end_of
from .slices import key_of, slice_of
from .windows import window_of

OFFERED = ("project", "environment", "who", "what", "result", "since", "until", "q")
SHOWN = 50
REACH = 10_000
"""How many deployments are looked through at once for what no index finds."""


ENDED = sorted(set(DEPLOYMENT_MOVES) - set(OPEN))


@dataclass(frozen=True)
class What:
    """Something people look for: its words, and the rows that are it."""

    words: str
    filter: Q


_LATER = Approval.objects.filter(
    deployment=OuterRef("deployment"), user=OuterRef("user"), pk__gt=OuterRef("pk"))
_SAID_YES = Approval.objects.filter(
    ~Exists(_LATER), deployment=OuterRef("pk"), answer=Approval.YES)
_NOT_LIVE = sorted(set(DEPLOYMENT_MOVES) - {"succeeded"})
"""Left out instead of “succeeded” asked for: with that, SQLite would read its index of states, and
sort all that ever went live."""

SOUGHT = "unapproved"
"""The one of these that no index finds."""
WHATS = {
    "released": What(_("Released"), Q(kind=Deployment.DEPLOY)),
    "emergency": What(_("Released in an emergency"), ~Q(emergency="")),
    "back": What(_("Went back"), Q(kind=Deployment.ROLLBACK)),
    "php": What(_("Made PHP reload"), Q(kind=Deployment.RELOAD)),
    SOUGHT: What(_("Went live, and nobody had approved"), ~Exists(_SAID_YES) & ~Q(
        status__in=_NOT_LIVE) & ~Q(kind__in=(Deployment.RELOAD, Deployment.ADOPTED))),
    "adopted": What(_("Adopted"), Q(kind=Deployment.ADOPTED)),
}

RESULTS = {
    "live": (_("Live and checked"), ("succeeded",)),
    "failed": (_("Failed"), ("failed", "errored")),
    "going-on": (_("Going on"), (
        "waiting_turn", "waiting_for_build", "approved", "scheduled", "queued", "running")),
    "approval": (_("Waiting for approval"), ("awaiting_approval",)),
    "decision": (_("Needs a decision"), ("needs_attention",)),
    "ended": (_("Rejected, stopped or expired"), ("rejected", "cancelled", "expired", "voided")),
}


def chosen_in(asked):
    """{name: value} of an address, "" for what is not asked for."""
    return {name: asked.get(name, "").strip()[:200] for name in OFFERED}


def rows_of(rows, chosen):
    """Those of the deployments `rows` that were asked for; ValueError where a day is none."""
    rows = _between(_filtered(rows, chosen), chosen)
    return rows.filter(_having(chosen["q"])) if chosen["q"] else rows


def part_of(rows, asked, chosen):
    """The part of them that the address names; ValueError where a day is none."""
    rows = rows_of(rows, chosen)
    if not chosen["q"] and chosen["what"] != SOUGHT:
        return slice_of(rows, asked, SHOWN)
    newest = Deployment.objects.aggregate(pk=Max("pk"))["pk"] or 0
    return window_of(rows, asked, SHOWN, newest=newest, reach=REACH)


def _filtered(rows, chosen):
    if chosen["project"]:
        rows = rows.filter(environment__project__slug=chosen["project"])
    if chosen["environment"]:
        rows = rows.filter(environment__slug=chosen["environment"])
    if chosen["who"]:
        rows = rows.filter(requested_by_name=chosen["who"])
    if chosen["what"]:
        rows = rows.filter(WHATS[chosen["what"]].filter) if chosen["what"] in WHATS else rows.none()
    if chosen["result"]:
        rows = rows.filter(status__in=RESULTS.get(chosen["result"], ("", ()))[1])
    return rows


def _between(rows, chosen):
    """Those that ended in these days (went live, for most), or were asked for and go on.

    By keys that an index holds: the rows themselves are wide.
    """
    since, until = begin_of(chosen["since"]), end_of(chosen["until"])
    if since is None and until is None:
        return rows
    ended = Deployment.objects.filter(status__in=ENDED)
    open_ones = Deployment.objects.filter(status__in=OPEN)
    if since:
        ended, open_ones = (ended.filter(finished_at__gte=since),
                            open_ones.filter(requested_at__gte=since))
    if until:
        ended, open_ones = (ended.filter(finished_at__lt=until),
                            open_ones.filter(requested_at__lt=until))
    return rows.filter(pk__in=ended.order_by().values("pk").union(
        open_ones.order_by().values("pk")))


def _having(text):
    """What stands in the sentence: the version, the reason, who asked; “R-12” is its number."""
    found = Q(release__commit_sha__startswith=text.lower())
    for name in ("release__label", "release__ref", "reason", "emergency", "requested_by_name"):
        found |= Q(**{f"{name}__icontains": text})
    number = key_of({"q": text.upper().removeprefix("R-")}, "q")
    return found if number is None else found | Q(pk=number)
