"""Requests for an exception from a freeze, as whoever may answer them and who asked read them.

A request waits as long as one of the freezes that it is about is shut; `exceptions` writes them.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Q
from django.utils import timezone

from .. import policy
from ..models import ExceptionRequest
from ..policy import excepting
from . import gates

AGAIN = timedelta(hours=1)
"""So long an answer is waited for, before the same person may ask about the same freeze again."""

OPEN = "open"
SHOWN_FOR, SHOWN = timedelta(days=7), 20
"""So long, and so many, whoever asked reads what came of them among what they asked for."""


@dataclass(frozen=True)
class Asked:
    """A request, with the freezes it is about that are shut now."""

    row: ExceptionRequest
    freezes: list

    @property
    def state(self):
        """OPEN, or how it ended: nobody answers what is over, whether or not that is written."""
        return self.row.answer or (OPEN if self.freezes else ExceptionRequest.OVER)

    @property
    def is_open(self):
        return self.state == OPEN


@dataclass(frozen=True)
class Waiting(Asked):
    """The same for somebody who may answer it: `to_name` is a freeze in which it is theirs to name
    somebody; None: a yes is to release it themselves, where they `may_release` there."""

    to_name: object = None
    actor: policy.Actor | None = None

    @cached_property
    def may_release(self):
        """Whether who reads it may release there: else they can only say no."""
        return policy.may_release(self.actor, self.row.environment)


def frozen(environment):
    """The gates of freezes that are shut there now."""
    return [gate for gate in gates.standing(environment) if gate.sort == gates.FREEZE]


def who_is_asked(shut, *, besides):
    """The people whom one of these freezes (of `frozen`) names, by user name; without the person
    who asks."""
    people = {user.pk: user for gate in shut
              for user in excepting.people_of(gate.row) if user != besides}
    return sorted(people.values(), key=lambda user: user.username)


def who_can_name(shut, *, besides):
    """The people who set those of them that name nobody, and can name somebody; without the person
    who asks."""
    people = {excepting.who_can_name(gate.row) for gate in shut} - {None, besides}
    return sorted(people, key=lambda user: user.username)


def waiting_for(actor):
    """The `Waiting` requests that this person could answer now, oldest first; one short query
    where nobody asks, for the menu of every page."""
    rows = ExceptionRequest.objects.filter(answer="").exclude(asked_by=actor.user)
    return [found for asked in with_freezes(rows.order_by("pk"))
            if (found := for_answer(actor, asked))]


def for_answer(actor, asked):
    """The same request as `Waiting`; None where it is not open, or not theirs to answer."""
    if not asked.is_open or not excepting.may_answer(actor, asked.row, asked.freezes):
        return None
    to_name = next((freeze for freeze in asked.freezes if excepting.may_name(actor, freeze)), None)
    return Waiting(asked.row, asked.freezes, to_name, actor)


def of_person(actor, environment):
    """What this person asked for there last, as long as a freeze that it was about is shut; None
    where that was taken back, too."""
    rows = ExceptionRequest.objects.filter(asked_by=actor.user, environment=environment)
    asked = next(iter(with_freezes(rows.order_by("-pk")[:1])), None)
    return asked if asked and asked.freezes and asked.state != ExceptionRequest.BACK else None


def asked_of_late(actor, environment, shut):
    """What this person asked for there about one of these freezes (of `frozen`) so short a while
    ago that they cannot ask again yet, however it ended; None where they can."""
    keys = {gate.key for gate in shut}
    rows = ExceptionRequest.objects.filter(
        asked_by=actor.user, environment=environment, asked_at__gt=timezone.now() - AGAIN)
    return next((row for row in rows if not keys.isdisjoint(row.gates)), None)


def of_person_everywhere(actor, projects):
    """What this person asked for in these projects that waits, or ended of late, newest first; not
    what they took back."""
    rows = ExceptionRequest.objects.filter(
        Q(answer="") | Q(asked_at__gt=timezone.now() - SHOWN_FOR), asked_by=actor.user)
    rows = rows.exclude(answer=ExceptionRequest.BACK).order_by("-pk")[:SHOWN]
    keys = {row.pk for row in projects}
    return [asked for asked in with_freezes(rows) if asked.row.environment.project_id in keys]


def asked_of(row):
    """The request with its freezes."""
    return _about(row, gates.shut_by_freezes([row.environment]))


def with_freezes(rows):
    """The list of `Asked`, in as many queries for many as for one."""
    found = list(rows.select_related("environment__project"))
    shut = gates.shut_by_freezes([row.environment for row in found]) if found else {}
    return [_about(row, shut) for row in found]


def _about(row, shut):
    return Asked(row, [freeze for key, freeze in shut[row.environment_id].items()
                       if key in row.gates])
