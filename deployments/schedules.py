"""Periodic work as data; `ensure` makes django-q2's rows say exactly this."""

from django_q.models import Schedule

SCHEDULES = (
    # name, task, minutes between two runs
    ("Read all sources", "deployments.tasks.read_sources", 5),
    ("Send tokens again where servers missed it", "deployments.tasks.send_unfinished_tokens", 15),
)


def ensure():
    """Write the schedules; rows of ours that are no longer in the list go."""
    names = [name for name, _, _ in SCHEDULES]
    Schedule.objects.exclude(name__in=names).delete()
    for name, task, minutes in SCHEDULES:
        Schedule.objects.update_or_create(
            name=name,
            defaults={"func": task, "schedule_type": Schedule.MINUTES, "minutes": minutes,
                      "repeats": -1},
        )
