"""Periodic work as data; `ensure` makes django-q2's rows say exactly this.

A row is named like its task, whatever language is spoken.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_q.models import Schedule

from . import queue

SCHEDULES = (
    # what people read, task, minutes between two runs
    (_("Read all sources"), queue.READ_SOURCES, 5),
    (_("Send tokens again where servers missed it"), queue.SEND_TOKENS, 15),
    (_("Send the notifications that wait"), queue.SEND_NOTICES, 1),
    (_("Examine installations that are due"), queue.EXAMINE_ALL, 5),
    (_("Look for drift where it is due"), queue.WATCH_DRIFT, 1),
    (_("Start what is planned for now"), queue.START_PLANNED, 1),
    (_("Look after requests for approval"), queue.ASK_AGAIN, 1),
    (_("Close sessions that nobody came back to"), queue.TIDY_SESSIONS, 15),
    (_("Anchor the audit log where it is due"), queue.ANCHOR, 1),
)

LATE_AFTER = timedelta(minutes=5)
"""Beside its own pace: after a stop, a worker needs a moment to catch up."""


@dataclass(frozen=True)
class Pace:
    """One schedule, by what people read of it: `next_run` None where its row is missing."""

    name: str
    minutes: int
    next_run: datetime | None

    @property
    def last_run(self):
        """When it was due the last time: it begins as soon as a worker looks."""
        return self.next_run - timedelta(minutes=self.minutes)

    @property
    def is_late(self):
        return timezone.now() > self.next_run + timedelta(minutes=self.minutes) + LATE_AFTER


def states():
    """A Pace for each of `SCHEDULES`."""
    rows = dict(Schedule.objects.values_list("name", "next_run"))
    return [Pace(name, minutes, rows.get(task)) for name, task, minutes in SCHEDULES]


def ensure():
    """Write the schedules; rows of ours that are no longer in the list go.

    Two workers that start at the same moment may both write one: the next start removes it.
    """
    Schedule.objects.exclude(name__in=[task for __, task, __ in SCHEDULES]).delete()
    for __, task, minutes in SCHEDULES:
        wanted = {"func": task, "schedule_type": Schedule.MINUTES, "minutes": minutes,
                  "repeats": -1, "cluster": queue.QUEUE_OF[task]}
        rows = Schedule.objects.filter(name=task)
        if not rows.update(**wanted):
            Schedule.objects.create(name=task, **wanted)
        rows.exclude(pk=rows.order_by("pk").values_list("pk", flat=True)[0]).delete()
