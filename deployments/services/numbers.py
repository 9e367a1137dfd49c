"""How releasing goes, in numbers. The database counts; weeks that are over are counted once."""

import hashlib
import json
from dataclasses import astuple, dataclass, field
from datetime import datetime, time, timedelta

from django.core.cache import cache
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    Max,
    OuterRef,
    Q,
    When,
)
from django.utils import timezone

from ..models import Approval, Deployment
from .spans import groups_of, span_of

LIVE = Q(kind=Deployment.DEPLOY, status="succeeded")
FAILED = Q(kind=Deployment.DEPLOY, status__in=("failed", "errored"), claimed_at__isnull=False)
BACK = Q(kind=Deployment.ROLLBACK, status="succeeded")
ENDS = ("succeeded", "failed", "errored")
KEPT_S = 24 * 3600


@dataclass(frozen=True)
class Counts:
    """What ended in a week, or in all of them."""

    live: int = 0
    failed: int = 0
    unseen: int = 0  # of the failed ones: before the switch
    back: int = 0

    @property
    def failure_rate(self):
        """Share of what was started, from 0 to 1; None where nothing was."""
        started = self.live + self.failed
        return self.failed / started if started else None

    @property
    def back_rate(self):
        return self.back / self.live if self.live else None

    def __add__(self, other):
        return Counts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Times:
    """One length of time: its Span in each week (None: nothing was measured), and in all."""

    weeks: list
    whole: object

    @classmethod
    def of(cls, groups, weeks):
        return cls([span_of(row for row in groups if row[0] == week) for week in range(weeks)],
                   span_of(groups))


@dataclass(frozen=True)
class Figures:
    """What the database counted: Counts by week, and groups of like lengths."""

    counts: dict = field(default_factory=dict)
    lead: list = field(default_factory=list)
    to_live: list = field(default_factory=list)
    to_yes: list = field(default_factory=list)

    def __add__(self, other):
        return Figures(self.counts | other.counts, self.lead + other.lead,
                       self.to_live + other.to_live, self.to_yes + other.to_yes)


@dataclass(frozen=True)
class Numbers:
    """`edges`: when each week begins, oldest first, and when the last one ends."""

    edges: list
    counts: list  # Counts, one for each week
    lead: Times  # written -> live
    to_live: Times  # taken up -> proved
    to_yes: Times  # asked for -> agreed

    @property
    def whole(self):
        return sum(self.counts, Counts())


def numbers_of(environments, weeks, *, now=None):
    """The Numbers of these environments (their keys) in the running week and those before it."""
    edges = edges_of(weeks, now or timezone.now())
    rows = Deployment.objects.order_by().filter(status__in=ENDS, environment__in=environments)
    figures = _past(rows, environments, edges) + _counted(rows, edges, from_week=weeks - 1)
    counts = [figures.counts.get(week, Counts()) for week in range(weeks)]
    return Numbers(edges, counts, *(Times.of(groups, weeks) for groups in (
        figures.lead, figures.to_live, figures.to_yes)))


def edges_of(weeks, now):
    """The Mondays on which the weeks begin, at midnight here, and the one after the running week.

    Each is a midnight of its own: a week in which clocks change is an hour longer or shorter.
    """
    today = timezone.localtime(now).date()
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(weeks=number) for number in range(1 - weeks, 2)]
    return [timezone.make_aware(datetime.combine(day, time())) for day in days]


def _past(rows, environments, edges):
    """Figures of the weeks that are over: nothing in them changes, so they are kept for a day,
    for as long as the same rows ended in them."""
    ended = rows.filter(finished_at__gte=edges[0], finished_at__lt=edges[-2])
    stamp = ended.aggregate(Count("pk"), Max("pk"), Max("finished_at"))
    asked = json.dumps([sorted(environments), edges[0], stamp], default=str)
    key = f"numbers-{hashlib.sha256(asked.encode()).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = _counted(rows, edges[:-1])
        cache.set(key, found, KEPT_S)
    return found


def _counted(rows, edges, *, from_week=0):
    """Figures of what ended between the edges, from this week on (four queries)."""
    rows = rows.filter(finished_at__gte=edges[from_week], finished_at__lt=edges[-1])
    later = list(enumerate(edges))[from_week + 1:]
    rows = rows.annotate(week=Case(
        *[When(finished_at__lt=edge, then=number - 1) for number, edge in later],
        output_field=IntegerField()))
    found = rows.values("week").annotate(
        live=Count("pk", filter=LIVE), failed=Count("pk", filter=FAILED),
        unseen=Count("pk", filter=FAILED & Q(switching_at=None)), back=Count("pk", filter=BACK))
    return Figures(
        {row.pop("week"): Counts(**row) for row in found},
        groups_of(_first_time(rows.filter(LIVE)), "written__authored_at", "finished_at"),
        groups_of(rows.filter(LIVE), "claimed_at", "finished_at"),
        groups_of(_agreed(rows.filter(claimed_at__isnull=False)), "requested_at",
                  "vote__answered_at"))


def _first_time(live):
    """Those by which a version came to its environment for the first time, with the newest
    `commit` in it: a second release of it says nothing about the way there."""
    earlier = Deployment.objects.filter(
        LIVE, environment=OuterRef("environment"), release=OuterRef("release"),
        pk__lt=OuterRef("pk"))
    return live.filter(~Exists(earlier)).annotate(written=FilteredRelation(
        "release__project__commits",
        condition=Q(release__project__commits__sha=F("release__commit_sha")))).filter(
        written__isnull=False)


def _agreed(started):
    """Those that somebody agreed to, with the last yes as `vote`."""
    later = Approval.objects.filter(
        deployment=OuterRef("pk"), answer=Approval.YES, pk__gt=OuterRef("vote"))
    return started.annotate(vote=FilteredRelation(
        "approvals", condition=Q(approvals__answer=Approval.YES))).filter(
        ~Exists(later), vote__isnull=False)
