"""Workers, queues and schedules: whether what is asked for gets done."""

from django.conf import settings

from ... import queue, schedules
from ...models import WorkerCluster
from .. import clusters
from .line import Line, ago, counted

CALLED = {queue.RELEASES: "releases", queue.BUILDS: "builds"}
START = "Start one with “manage.py worker”; if it is started by a service, see why that ended."


def what_works():
    """A Line per running cluster, one per queue, and one for the schedules."""
    return [*_workers(), *_queues(), *_schedules()]


def _workers():
    alive = list(clusters.alive())
    for name in queue.QUEUES:
        rows = [row for row in alive if row.queue == name]
        if not rows:
            yield Line(f"Workers for {CALLED[name]}", "bad", "Nobody works", _nobody(name), START)
        yield from map(_worker, rows)


def _nobody(name):
    last = WorkerCluster.objects.filter(queue=name).order_by("-seen_at").first()
    since = f"The last sign of life came from {last.machine}, {ago(last.seen_at)}." if last \
        else "No worker has been started lately."
    return f"{since} What was asked for is kept, and waits."


def _worker(row):
    name = f"Workers for {CALLED[row.queue]} on {row.machine}"
    if row.asked_at is None:
        return Line(name, "good", "Started", f"They were started {ago(row.started_at)}.")
    silent_s = (row.asked_at - (row.pulse_at or row.started_at)).total_seconds()
    if silent_s > settings.PULSE_LIMIT_S:
        return Line(name, "warn", "No answer", f"They are there, and have begun nothing since "
                    f"{ago(row.pulse_at or row.started_at)}.",
                    "All of them may be at work on long tasks. Else they are started anew by "
                    "themselves; if it stays, restart the service.")
    return Line(name, "good", "At work",
                f"They last began a task {ago(row.pulse_at or row.started_at)}.")


def _queues():
    waiting = queue.waiting()
    for name in queue.QUEUES:
        count, oldest_s = waiting.get(name, (0, 0))
        label = f"Queue of {CALLED[name]}"
        if not count:
            yield Line(label, "good", "Empty", "Nothing waits for a worker.")
        elif oldest_s < settings.PULSE_LIMIT_S:
            yield Line(label, "good", "Moving", f"{counted(count, 'task waits', 'tasks wait')}, "
                       f"the oldest for {counted(oldest_s, 'second', 'seconds')}.")
        else:
            yield Line(label, "warn", "Long", f"{counted(count, 'task waits', 'tasks wait')}, the "
                       f"oldest for {oldest_s // 60} minutes.", "See whether its workers answer; "
                       "more of them can be had with WORKERS and BUILD_WORKERS.")


def _schedules():
    """One Line for all of them; each with its last and next run below it."""
    found = schedules.states()
    rows = tuple((row.name, _run_words(row)) for row in found)
    missing = [row.name for row in found if row.next_run is None]
    late = [row for row in found if row.next_run and row.is_late]
    if missing:
        yield Line("Schedules", "bad", "Missing", f"{len(missing)} of {len(found)} are not planned "
                   "and never happen.", "Restart the worker: it plans them when it starts.",
                   rows=rows)
    elif late:
        longest = min(late, key=lambda row: row.next_run)
        yield Line("Schedules", "warn", "Late", f"{len(late)} of {len(found)} are late; "
                   f"“{longest.name}” was due {ago(longest.next_run)}.",
                   "See whether the workers answer: they begin them.", rows=rows)
    else:
        yield Line("Schedules", "good", "In time", f"All {len(found)} began when they were due.",
                   rows=rows)


def _run_words(row):
    if row.next_run is None:
        return "missing"
    due = f"was due {ago(row.next_run)}" if row.is_late else f"next {ago(row.next_run)}"
    return f"last {ago(row.last_run)}, {due}; every {counted(row.minutes, 'minute', 'minutes')}"
