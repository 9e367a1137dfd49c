"""Clusters as rows: signs of life, pulses by any task, who is busy, what a dead one had taken."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from deployments import queue, tasks
from deployments.models import WorkerCluster
from deployments.services import clusters
from tests import factories

pytestmark = pytest.mark.django_db
HERE = "host:1"


def _ago(**over):
    return timezone.now() - timedelta(**over)


@pytest.fixture
def cluster(monkeypatch):
    """This process works in the cluster of the queue `build`."""
    clusters.register(HERE, data_folder="ours")
    monkeypatch.setattr(clusters, "_here", {})
    clusters.work_in(HERE, "build")
    comm = Path("/proc/self/comm")
    name = comm.read_text()
    yield
    comm.write_text(name)


def test_a_supervisor_has_a_row_for_each_queue():
    """A new start forgets the pulses of the last one."""
    clusters.register(HERE, data_folder="ours")
    WorkerCluster.objects.update(pulse_at=timezone.now(), asked_at=timezone.now())
    clusters.register(HERE, data_folder="ours")
    rows = WorkerCluster.objects.values_list("queue", "pulse_at", "asked_at")
    assert sorted(rows) == [("build", None, None), ("release", None, None)]
    clusters.forget(HERE)
    assert not WorkerCluster.objects.exists()


def test_a_new_supervisor_removes_what_ended_ones_of_its_host_left():
    """A killed one removes nothing itself; those of other hosts are not ours to judge."""
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    for machine in (clusters.name_of(ended.pid), clusters.name_of(os.getppid()), "other:1"):
        clusters.register(machine, data_folder="ours")
    clusters.register(HERE, data_folder="ours")
    left = set(WorkerCluster.objects.values_list("machine", flat=True))
    assert left == {clusters.name_of(os.getppid()), "other:1", HERE}


def test_a_sign_of_life_brings_back_a_row_that_was_removed():
    """And removes the rows of those who gave none for a day, with what was for them alone."""
    clusters.register(HERE, data_folder="ours")
    clusters.register("gone:1", data_folder="ours")
    WorkerCluster.objects.filter(machine="gone:1").update(seen_at=_ago(hours=25))
    WorkerCluster.objects.filter(machine=HERE, queue="build").delete()
    for machine in (HERE, "gone:1"):
        queue.wake(queue.BUILD, 1, machine=machine)
    clusters.show_life(HERE, data_folder="ours")
    rows = WorkerCluster.objects.values_list("machine", "queue")
    assert sorted(rows) == [(HERE, "build"), (HERE, "release")]
    assert OrmQ.objects.get().key == f"build@{HERE}"


def test_every_task_is_a_pulse_of_its_own_cluster(cluster):
    """Whoever's message it was: that the worker began it shows that the cluster works."""
    tasks.answer_pulse()
    assert clusters.pulses(HERE)["build"] is not None
    assert clusters.pulses(HERE)["release"] is None


def test_a_task_outside_of_a_cluster_is_nobodys_pulse():
    """The demo and the tests run tasks without a worker."""
    clusters.register(HERE, data_folder="ours")
    tasks.answer_pulse()
    assert set(clusters.pulses(HERE).values()) == {None}


def test_a_process_is_called_by_its_task(cluster):
    """For `ps`, and for the supervisor, which must not take it for one that hangs."""
    comm = Path("/proc/self/comm")
    with clusters.at_work("read_source"):
        assert comm.read_text().startswith("task read_sou")
    assert comm.read_text() == "worker idle\n"


def test_who_holds_a_row_is_busy(production):
    """A deployment or a build, here and now; not one that ended, or whose lease is over."""
    ours, until = clusters.name_of, timezone.now() + timedelta(seconds=60)
    factories.make_deployment(production, status="running", owner=ours(11), lease_until=until)
    rows = [{"owner": ours(12), "lease_until": until}, {"owner": ours(13), "lease_until": _ago()},
            {"owner": "elsewhere:14", "lease_until": until}]
    for row in rows:
        factories.make_release(production.project, status="building", **row)
    factories.make_release(production.project, status="ready", owner=ours(15), lease_until=until)
    assert clusters.lease_holders({11, 12, 13, 14, 15, os.getpid()}) == {11, 12}
    assert clusters.lease_holders([12]) == {12}


def _taken(name):
    return OrmQ.objects.create(key=name, payload="", lock=timezone.now() + timedelta(hours=1))


def test_what_a_dead_cluster_had_taken_is_in_line_again():
    """Its own queue's messages; django-q2 would hand them out after an hour or two."""
    clusters.register(HERE, data_folder="ours")
    build, release, own = _taken("build"), _taken("release"), _taken(f"build@{HERE}")
    assert clusters.take_back(HERE, "build") == 2
    assert queue.is_in_line(build.pk)
    assert queue.is_in_line(own.pk)
    assert not queue.is_in_line(release.pk)


def test_what_another_machine_may_have_taken_is_left_to_it():
    """Nobody knows whose a message is."""
    clusters.register(HERE, data_folder="ours")
    clusters.register("other:1", data_folder="ours")
    message = _taken("build")
    assert clusters.take_back(HERE, "build") == 0
    WorkerCluster.objects.filter(machine="other:1").update(seen_at=_ago(minutes=2))
    assert clusters.take_back(HERE, "build") == 1
    assert queue.is_in_line(message.pk)
