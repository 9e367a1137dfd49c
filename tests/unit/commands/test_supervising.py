"""The supervisor's own loop, with children that are no clusters: what it says and does about them.

The processes of real clusters are killed and stopped in tests/integration/house.
"""

import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.models import OrmQ

from deployments.management.supervising import cluster, processes, supervisor
from deployments.management.supervising.supervisor import Supervisor
from deployments.models import WorkerCluster
from deployments.services import clusters, lost
from tests.sandbox.daemons import descendants, kill, living

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(monkeypatch, settings):
    """A function that runs a supervisor whose clusters are this Python text.

    It ends when `is_enough(lines)` is true of what it complained of. Returns these lines.
    """
    settings.STOP_LIMIT_S, settings.PULSE_S = 2, 1
    started = []

    def running(program, *, is_enough):
        monkeypatch.setattr(sys, "orig_argv", ["python", "-c", program])
        lines, until = [], time.monotonic() + 60

        class Watched(Supervisor):
            def _look_after(self):
                super()._look_after()
                started.extend(each.group for each in self._running.values())
                if is_enough(lines) or time.monotonic() > until:
                    os.kill(os.getpid(), signal.SIGTERM)

        Watched(say=lines.append, complain=lines.append).run()
        assert not [pid for group in started for pid in processes.members(group)]
        return lines

    yield running
    left = living(started)
    kill(left)
    assert left == []


WAITING = "import time; time.sleep(600)"


def test_a_cluster_that_ends_at_once_is_started_anew_with_longer_pauses(run):
    """One line each time: with what it ended, and when it comes again."""
    def of(name, lines):
        return [line for line in lines if f"“{name}”" in line]

    names = ("release", "build")
    lines = run("raise SystemExit(3)",
                is_enough=lambda lines: all(len(of(name, lines)) >= 2 for name in names))
    for name in names:
        assert [line.rpartition(" ended ")[2] for line in of(name, lines)[:2]] == [
            f"by itself (exit code 3); it starts anew in {pause} s." for pause in (1, 3)]


def test_the_pause_before_a_new_start_is_never_longer_than_half_a_minute():
    """However often it ended: somebody may have mended it meanwhile."""
    pauses = [supervisor.pause_after(crashes) for crashes in range(1, 10)]
    assert pauses == [1, 3, 7, 15, 30, 30, 30, 30, 30]


NAMED = "from pathlib import Path; Path('/proc/self/comm').write_text({!r}); " + WAITING
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + NAMED.format("deaf")


def _after(seconds):
    began = time.monotonic()
    return lambda lines: time.monotonic() - began > seconds


def _are_deaf(_):
    """Whether each queue's child says by its name that it hears no SIGTERM any more."""
    names = [Path(f"/proc/{pid}/comm").read_text() for pid in living(descendants(os.getpid()))]
    return names.count("deaf\n") == 2


def test_who_holds_nothing_and_does_not_end_when_told_to_is_killed(run):
    """A hung cluster does not hear SIGTERM: it gets a moment and no more."""
    began = time.monotonic()
    assert run(DEAF, is_enough=_are_deaf) == []
    assert time.monotonic() - began < 100


def test_while_nobody_can_tell_who_holds_what_the_limit_counts(run, monkeypatch, settings):
    """STOP_LIMIT_S: the database is away, and everybody may hold something."""
    def away(pids):
        raise OperationalError("no route to host")

    settings.STOP_LIMIT_S = 5
    monkeypatch.setattr(clusters, "lease_holders", away)
    began = time.monotonic()
    assert run(DEAF, is_enough=_are_deaf)[0].startswith("The database does not answer")
    assert time.monotonic() - began >= 5


def test_a_database_that_is_away_is_told_of_once(run, monkeypatch):
    """It goes on asking, and blames no cluster for the silence."""
    calls = []
    real = clusters.pulses

    def away(machine):
        calls.append(machine)
        if 2 < len(calls) < 6:
            raise OperationalError("no route to host")
        return real(machine)

    monkeypatch.setattr(clusters, "pulses", away)
    lines = run(WAITING, is_enough=lambda lines: len(lines) >= 2)
    assert lines == [
        "The database does not answer; the supervisor goes on asking. "
        "OperationalError: no route to host",
        "The database answers again."]


def test_lost_rows_are_woken_from_the_start_on(run, monkeypatch, settings):
    """Each REAP_S; a fault of one look is logged and does not end the worker."""
    settings.REAP_S, looks = 1, []

    def look():
        looks.append(time.monotonic())
        raise ValueError("a bug of ours")

    monkeypatch.setattr(lost, "wake_lost", look)
    began = time.monotonic()
    assert run(WAITING, is_enough=lambda lines: len(looks) >= 3) == []
    assert looks[2] - began >= 2


def test_a_supervisor_is_seen_often_enough_however_seldom_it_sends_pulses(
        run, monkeypatch, settings):
    """Others count it as gone after a fixed time: pages would say that no worker runs."""
    settings.PULSE_S, looks, seen = 300, [], []
    monkeypatch.setattr(clusters, "ALIVE_S", 4)
    monkeypatch.setattr(clusters, "show_life", lambda machine, **_: seen.append(len(looks)))

    def is_enough(lines):
        looks.append(lines)
        return len(seen) >= 4

    run(WAITING, is_enough=is_enough)
    assert len(seen) >= 4
    turns_s = [(later - earlier) * supervisor.TICK_S for earlier, later in pairwise(seen)]
    assert max(turns_s) < 4  # whatever each turn takes on a busy machine


def test_pulses_of_a_cluster_that_does_not_answer_do_not_pile_up(run):
    """One per queue waits for it; none is left when it is replaced, or ends."""
    waiting = []

    def is_enough(lines):
        waiting.append(OrmQ.objects.count())
        return _after_four(lines) and max(waiting) >= 2

    _after_four = _after(4)
    assert run(WAITING, is_enough=is_enough) == []
    assert max(waiting) == 2
    assert not OrmQ.objects.exists()


def test_a_cluster_that_answers_late_at_its_start_is_not_blamed(run, settings):
    """Starting takes a while on a busy machine, however small PULSE_LIMIT_S is."""
    settings.PULSE_S = settings.PULSE_LIMIT_S = 1
    assert run(WAITING, is_enough=_after(4)) == []


AT_WORK = NAMED.format("task read_sourc")


def test_a_task_that_never_ends_takes_its_worker_away_for_a_bounded_time(
        run, settings, monkeypatch):
    """It has no lease that would run out: left alone as long as it may take, and no longer."""
    settings.PULSE_S = settings.PULSE_LIMIT_S = 1
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"workers": 1, "ALT_CLUSTERS": {}}
    monkeypatch.setattr(supervisor, "MOST_S", 1)  # what one late look counts
    monkeypatch.setattr(cluster, "START_S", 6)  # until then it has its name on a busy machine
    monkeypatch.setattr(cluster, "AT_WORK_S", 7)
    began = time.monotonic()
    lines = run(AT_WORK, is_enough=bool)
    assert 7 <= time.monotonic() - began < 50
    assert int(re.search(r"has not answered for (\d+) s", lines[0])[1]) >= 7


def test_a_supervisor_that_was_held_up_blames_nobody(run, settings, monkeypatch):
    """Stopped, or waiting for the database: it sent no pulses meanwhile."""
    settings.PULSE_S = settings.PULSE_LIMIT_S = 1
    monkeypatch.setattr(supervisor, "MOST_S", 1)  # for each of five looks, however late they come
    monkeypatch.setattr(cluster, "START_S", 6)
    pauses = iter([8, 0.2, 0.2, 0.2])

    def is_enough(lines):
        pause_s = next(pauses, None)
        time.sleep(pause_s or 0)
        return pause_s is None

    assert run(WAITING, is_enough=is_enough) == []


def test_what_a_dead_worker_had_taken_is_handed_out_at_the_start(run):
    """Not after the hours that django-q2 gives it."""
    OrmQ.objects.create(key="build", payload="", lock=timezone.now() + timedelta(hours=1))
    run(WAITING, is_enough=lambda lines: True)
    assert OrmQ.objects.filter(lock__lte=timezone.now()).count() == 1


def test_a_worker_in_another_data_folder_is_warned_of(run):
    """It could release only what is built there; the line says what to share."""
    clusters.register("apart:1", data_folder="another")
    line, = run(WAITING, is_enough=bool)
    assert line.startswith("apart:1 works with another data folder than this worker: share DATA_")
    assert not WorkerCluster.objects.exclude(machine="apart:1").exists()


def test_the_processes_of_a_group_are_seen_until_they_ended():
    """Zombies do not count; a stopped process is called so."""
    process = subprocess.Popen(["sleep", "600"], process_group=0)
    try:
        while processes.members(process.pid)[process.pid].name != "sleep":
            time.sleep(0.01)
        assert not processes.members(process.pid)[process.pid].is_stopped
        processes.send(process.pid, signal.SIGSTOP)
        while not processes.members(process.pid)[process.pid].is_stopped:
            time.sleep(0.01)
    finally:
        processes.send(process.pid, signal.SIGKILL)
        while processes.members(process.pid):
            time.sleep(0.01)
        process.wait()
    processes.send(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(("parent", "code"), [("os.getppid()", 0), ("1 + os.getppid()", 1)])
def test_a_process_whose_parent_is_gone_already_ends_at_once(parent, code):
    """Linux tells nobody about an end that came before the question."""
    program = ("import os; from deployments.management.supervising import lifelines; "
               f"lifelines.die_with_parent({parent})")
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == code
