"""Killed, hung and stopped processes of a worker: what is left, and that tasks are taken again.

Each cluster has one worker: the least that django-q2 needs to hang (an idle one dies and leaves
its lock behind).
"""

import contextlib
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from deployments.models import WorkerCluster
from deployments.services import clusters
from deployments.services.releases import request_build
from deployments.services.setup import refresh_source
from tests.sandbox.daemons import kill
from tests.show import Show

from .families import everybody, families, wait_until_gone
from .processes import House, wait_until


@pytest.fixture(scope="module")
def house(transactional_db, tmp_path_factory):
    """A cluster that is quiet for five seconds is looked at; a worker is gone after three."""
    return House(tmp_path_factory.mktemp("house"), LEASE_S="3", HEARTBEAT_S="1", PULSE_S="1",
                 PULSE_LIMIT_S="5", WORKERS="1")


@pytest.fixture(scope="module")
def site(transactional_db, site_repository):
    """The project and its people; no server is needed here."""
    return Show(site_repository)


@pytest.fixture
def worker(house):
    """A worker that takes tasks; after the test nothing of it may be left."""
    with house.worker() as running:
        yield running
        below = everybody(running)
    wait_until_gone(below)


def wait_for_pulse(queue):
    """Wait until a worker of this queue begins a task from now on."""
    asked_at = timezone.now()
    wait_until(WorkerCluster.objects.filter(queue=queue, pulse_at__gt=asked_at).exists)


@pytest.mark.parametrize("victim", ["leader", "sentinel"])
def test_what_a_killed_parent_leaves_ends_and_a_new_cluster_takes_tasks(worker, victim):
    """kill -9: its children take no more tasks, for they are gone before the next one comes."""
    before = families(worker)
    os.kill(getattr(before["release"], victim), signal.SIGKILL)
    wait_until_gone(before["release"].all)
    wait_for_pulse("release")
    now = families(worker)
    assert not set(now["release"].all) & set(before["release"].all)
    assert now["build"] == before["build"]
    assert "The cluster of the queue “release” ended by itself" in worker.log()


def test_nothing_outlives_a_killed_supervisor(house):
    """kill -9: every process of both clusters ends, and the next worker starts as ever."""
    worker = house.worker().start()
    below = everybody(worker)
    os.kill(worker.pid, signal.SIGKILL)
    worker.process.wait(10)
    wait_until_gone(below)
    with house.worker():
        wait_for_pulse("release")


def test_a_cluster_that_hangs_because_an_idle_worker_died_is_replaced(worker):
    """kill -9 of an idle worker leaves a lock that nobody can take again."""
    before = families(worker)
    _kill_while_idle(worker)
    wait_until(lambda: "has not answered for" in worker.log())
    wait_until_gone(before["release"].all)
    wait_for_pulse("release")
    assert families(worker)["build"] == before["build"]


def _kill_while_idle(worker):
    """Once is mostly enough; one that was just at a pulse does not hold the lock."""
    for _ in range(5):
        os.kill(families(worker)["release"].workers[0], signal.SIGKILL)
        time.sleep(0.5)  # what it had begun is written
        killed_at = timezone.now()
        time.sleep(2.5)
        if not WorkerCluster.objects.filter(queue="release", pulse_at__gt=killed_at).exists():
            return
    pytest.fail("the cluster goes on, whatever is killed")


def test_a_cluster_whose_processes_are_all_stopped_is_replaced(worker):
    """kill -STOP: SIGTERM waits, SIGKILL does not."""
    before = families(worker)
    with transaction.atomic():  # SQLite: none of them is in the middle of a write, then
        kill(before["build"].all, signal.SIGSTOP)
    wait_until_gone(before["build"].all, limit_s=60)
    wait_for_pulse("build")
    assert families(worker)["release"] == before["release"]


def test_a_supervisor_that_was_stopped_for_a_while_blames_nobody(worker):
    """kill -STOP and -CONT: no pulses were sent meanwhile, so none could be answered."""
    before = families(worker)
    os.kill(worker.pid, signal.SIGSTOP)
    time.sleep(7)
    os.kill(worker.pid, signal.SIGCONT)
    for queue in before:
        wait_for_pulse(queue)
    assert families(worker) == before


def test_two_workers_share_the_queues_and_both_answer(house, worker):
    """Each may take the other's pulse: both go on sending, and nobody is replaced."""
    with house.worker() as other:
        before = families(worker), families(other)
        time.sleep(10)
        assert (families(worker), families(other)) == before
        assert "starts anew" not in worker.log() + other.log()


class Gate:
    """Closed, it holds a build; `begun` counts how often its command was started."""

    def __init__(self, folder, project):
        self._path, self._count = folder / "gate", folder / "count"
        self._count.touch()
        self._count.chmod(0o666)
        type(project).objects.update(build_commands=(
            f"echo begun >> {self._count}; while [ -e {self._path} ]; do sleep 0.1; done"
            "\nphp bin/build.php"))
        self._path.touch()

    def open(self):
        self._path.unlink(missing_ok=True)

    @property
    def begun(self):
        return len(self._count.read_text().splitlines())

    def is_anybody_there(self):
        """Whether a process runs the command, in whatever namespace."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str(self._path).encode() in (process / "cmdline").read_bytes():
                    return True
        return False

    def remove(self):
        self.open()
        self._count.unlink()


@pytest.fixture
def gate(site, site_repository):
    """Everybody may look where the site's repository lies: the build account, too."""
    gate = Gate(site_repository.path.parent, site.project)
    yield gate
    gate.remove()


@pytest.fixture
def building(worker, site, gate):
    """A build that waits at the gate: its Release."""
    release = request_build(site.releaser, site.project, "v1.0")
    wait_until(lambda: gate.begun, story=worker.log)
    return release


def again(release):
    release.refresh_from_db()
    return release


def built(release):
    wait_until(lambda: again(release).status not in ("pending", "building"),
               story=lambda: list(release.log.values_list("text", flat=True)))
    return again(release)


def test_a_cluster_is_left_alone_while_all_its_workers_are_at_work(worker, building, gate):
    """Nobody is free to answer: a long build is no hung cluster."""
    before = families(worker)
    time.sleep(8)
    assert families(worker) == before
    gate.open()
    assert built(building).status == "ready", building.problem
    assert (building.fence, building.attempts, gate.begun) == (1, 1, 1)
    assert building.kept_in


@pytest.fixture
def hanging_source(site_repository):
    """The site's repository, which keeps everybody waiting who reads it."""
    head = next(site_repository.path.rglob("HEAD"))
    text = head.read_text()
    head.unlink()
    os.mkfifo(head)
    yield
    pipe = os.open(head, os.O_RDWR)
    os.write(pipe, text.encode())
    head.unlink()
    head.write_text(text)
    os.close(pipe)


def test_a_reading_without_a_lease_counts_as_work(worker, site, hanging_source):
    """A git host that is slow to answer: its reading is not cut off again and again."""
    before = families(worker)
    refresh_source(site.project, if_older_than=timedelta(0))
    reader = Path(f"/proc/{before['build'].workers[0]}/comm")
    wait_until(lambda: reader.read_text() == "task read_sourc\n")
    time.sleep(8)
    assert families(worker) == before
    assert reader.read_text() == "task read_sourc\n"


def test_a_build_whose_worker_is_killed_is_built_by_another_one(worker, building, gate):
    """kill -9 of the busy worker alone: its cluster lives on, and nobody needs to ask again."""
    os.kill(families(worker)["build"].workers[0], signal.SIGKILL)
    wait_until(lambda: gate.begun == 2, story=worker.log)
    gate.open()
    assert built(building).status == "ready", building.problem
    assert (building.fence, building.attempts) == (2, 2)


def test_a_build_that_costs_three_workers_is_ended(worker, building, gate):
    """It may well be the cause; its page says so."""
    for attempt in (1, 2, 3):
        wait_until(lambda count=attempt: gate.begun == count, story=worker.log)
        os.kill(_holder(building), signal.SIGKILL)
    assert built(building).status == "errored"
    assert building.problem.startswith("3 workers were lost while they built it.")
    assert gate.begun == 3


def _holder(release):
    return int(again(release).owner.rpartition(":")[2])


@pytest.mark.parametrize(("whom", "number", "attempts"), [
    ("supervisor", signal.SIGTERM, 1), ("supervisor", signal.SIGKILL, 1),
    ("all at once", signal.SIGTERM, 1), ("all at once", signal.SIGKILL, 2),
])
def test_a_worker_that_ends_gives_its_build_back(house, site, gate, whom, number, attempts):
    """Told to, or killed: the next one builds it. Only who was killed itself counts as lost."""
    worker = house.worker().start()
    release = request_build(site.releaser, site.project, "v1.0")
    wait_until(lambda: gate.begun, story=worker.log)
    below = everybody(worker)
    kill(below if whom == "all at once" else [worker.pid], number)
    wait_until_gone(below)
    if number == signal.SIGTERM:
        assert worker.process.wait(10) == 0
        assert not WorkerCluster.objects.filter(machine=clusters.name_of(worker.pid)).exists()
    if attempts == 1:
        assert (again(release).status, release.attempts) == ("pending", 0)
        assert not gate.is_anybody_there()
    gate.open()
    with house.worker():
        assert built(release).status == "ready", release.problem
    assert release.attempts == attempts


def test_a_killed_leaders_workers_give_their_build_back(worker, building, gate):
    """kill -9 of the cluster's first process: they are told by Linux, and it is built anew."""
    os.kill(families(worker)["build"].leader, signal.SIGKILL)
    wait_until(lambda: gate.begun == 2, story=worker.log)
    gate.open()
    assert built(building).status == "ready", building.problem
    assert (building.fence, building.attempts) == (2, 1)
