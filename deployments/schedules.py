"""Periodic work as data; `ensure` makes django-q2's rows say exactly this."""

from django_q.models import Schedule

from . import queue

SCHEDULES = (
    # name, task, minutes between two runs
    ("Read all sources", queue.READ_SOURCES, 5),
    ("Send tokens again where servers missed it", queue.SEND_TOKENS, 15),
)


def ensure():
    """Write the schedules; rows of ours that are no longer in the list go."""
    names = [name for name, _, _ in SCHEDULES]
    Schedule.objects.exclude(name__in=names).delete()
    for name, task, minutes in SCHEDULES:
        Schedule.objects.update_or_create(
            name=name,
            defaults={"func": task, "schedule_type": Schedule.MINUTES, "minutes": minutes,
                      "repeats": -1, "cluster": queue.QUEUE_OF[task]},
        )
