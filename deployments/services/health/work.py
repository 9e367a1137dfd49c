"""Workers, queues and schedules: whether what is asked for gets done."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from ... import queue, schedules
from ...models import WorkerCluster
from .. import clusters
from .line import Line, ago, happened

CALLED = {queue.RELEASES: _lazy("releases"), queue.BUILDS: _lazy("builds")}
START = _lazy("Start one with “manage.py worker”; if it is started by a service, see why that "
              "ended.")


def what_works():
    """A Line per running cluster, one per queue, and one for the schedules."""
    return [*_workers(), *_queues(), *_schedules()]


def _workers():
    alive = list(clusters.alive())
    for name in queue.QUEUES:
        rows = [row for row in alive if row.queue == name]
        if not rows:
            yield Line(_("Workers for {queue}").format(queue=CALLED[name]), "bad",
                       _("Nobody works"), _nobody(name), START)
        yield from map(_worker, rows)


def _nobody(name):
    last = WorkerCluster.objects.filter(queue=name).order_by("-seen_at").first()
    since = _("The last sign of life came from {machine}, {ago}.").format(
        machine=last.machine, ago=happened(last.seen_at)) if last \
        else _("No worker has been started lately.")
    return _("{since} What was asked for is kept, and waits.").format(since=since)


def _worker(row):
    name = _("Workers for {queue} on {machine}").format(
        queue=CALLED[row.queue], machine=row.machine)
    if row.asked_at is None:
        return Line(name, "good", _("Started"), _("They were started {ago}.").format(
            ago=happened(row.started_at)))
    silent_s = (row.asked_at - (row.pulse_at or row.started_at)).total_seconds()
    if silent_s > settings.PULSE_LIMIT_S:
        return Line(name, "warn", _("No answer"), _("They are there, and have begun nothing since "
                                                    "{ago}.").format(
            ago=happened(row.pulse_at or row.started_at)),
                    _("All of them may be at work on long tasks. Else they are started anew by "
                      "themselves; if it stays, restart the service."))
    return Line(name, "good", _("At work"),
                _("They last began a task {ago}.").format(
                    ago=happened(row.pulse_at or row.started_at)))


def _queues():
    waiting = queue.waiting()
    for name in queue.QUEUES:
        count, oldest_s = waiting.get(name, (0, 0))
        label = _("Queue of {queue}").format(queue=CALLED[name])
        if not count:
            yield Line(label, "good", _("Empty"), _("Nothing waits for a worker."))
        elif oldest_s < settings.PULSE_LIMIT_S:
            yield Line(label, "good", _("Moving"),
                       _("{tasks}, the oldest for {seconds}.").format(
                           tasks=_tasks(count),
                           seconds=ngettext("{count:,} second", "{count:,} seconds",
                                            oldest_s).format(count=oldest_s)))
        else:
            yield Line(label, "warn", _("Long"),
                       _("{tasks}, the oldest for {minutes} minutes.").format(
                           tasks=_tasks(count), minutes=oldest_s // 60),
                       _("See whether its workers answer; more of them can be had with WORKERS "
                         "and BUILD_WORKERS."))


def _schedules():
    """One Line for all of them; each with its last and next run below it."""
    found = schedules.states()
    rows = tuple((row.name, _run_words(row)) for row in found)
    missing = [row.name for row in found if row.next_run is None]
    late = [row for row in found if row.next_run and row.is_late]
    if missing:
        yield Line(_("Schedules"), "bad", _("Missing"),
                   _("{missing} of {found} are not planned and never happen.").format(
                       missing=len(missing), found=len(found)),
                   _("Restart the worker: it plans them when it starts."), rows=rows)
    elif late:
        longest = min(late, key=lambda row: row.next_run)
        yield Line(_("Schedules"), "warn", _("Late"),
                   _("{late} of {found} are late; “{name}” was due {ago}.").format(
                       late=len(late), found=len(found), name=longest.name,
                       ago=ago(longest.next_run)),
                   _("See whether the workers answer: they begin them."), rows=rows)
    else:
        yield Line(_("Schedules"), "good", _("In time"),
                   _("All {found} began when they were due.").format(found=len(found)), rows=rows)


def _tasks(count):
    return ngettext("{count:,} task waits", "{count:,} tasks wait", count).format(count=count)


def _run_words(row):
    if row.next_run is None:
        return _("missing")
    due = _("was due {ago}") if row.is_late else _("next {ago}")
    return ngettext("last {ago}, {due}; every {count:,} minute",
                    "last {ago}, {due}; every {count:,} minutes", row.minutes).format(
        ago=ago(row.last_run), due=due.format(ago=ago(row.next_run)), count=row.minutes)
