"""Workers that are told to end or die in the middle: what people see, and how it goes on.

A command of the project that waits at a gate holds a deployment where the test wants it.
"""

import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployments.errors import Refused
from deployments.models import Deployment, ServerCommand
from deployments.services import stopping
from tests.show import story

from .processes import cut_power, wait_until


class Gate:
    """Closed, it holds deployments before or after the switch, on web-1."""

    def __init__(self, folder, project, moment):
        self._path = folder / moment
        ServerCommand.objects.create(
            project=project, moment=moment, runs_on="one",
            command=f"while [ -e {self._path} ]; do echo at the gate; sleep 0.1; done")

    def close(self):
        self._path.touch()

    def open(self):
        self._path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def gates(show, hosts):
    """Both gates, in a folder that servers' users may look into."""
    folder = hosts[0].folder / "gates"
    folder.mkdir()
    return {moment: Gate(folder, show.project, moment) for moment in ("before", "after")}


@pytest.fixture(scope="module")
def versions(show, gates):
    """v1.0, live and proved, and v2.0, built."""
    first, second = show.build("v1.0"), show.build("v2.0")
    deployment = show.release(first)
    assert deployment.status == "succeeded", story(deployment)
    return first, second


@pytest.fixture
def start(house, show, versions, gates):
    """A function that starts a worker and has it deploy `version` up to a gate.

    It returns the worker and the deployment. Afterwards nothing runs any more.
    """
    workers = []

    def started(moment, *, version=None, until="at the gate"):
        workers.append(house.worker().start())
        gates[moment].close()
        deployment = show.ask(version or other(show, versions))
        reached = deployment.log.filter(text__startswith=until)
        wait_until(reached.exists, story=lambda: story(again(deployment)))
        return workers[-1], deployment

    yield started
    for gate in gates.values():
        gate.open()
    for deployment in Deployment.objects.active():
        ended(deployment)
    for worker in workers:
        worker.stop()


def other(show, versions):
    """The one of the two versions that is not live."""
    live = Deployment.objects.live(show.environment).release
    return next(version for version in versions if version != live)


def again(deployment):
    return Deployment.objects.get(pk=deployment.pk)


def ended(deployment):
    """The deployment when it has ended."""
    wait_until(lambda: not again(deployment).is_active, story=lambda: story(again(deployment)))
    return again(deployment)


def live_names(hosts):
    return {(host.root / "current").readlink().name for host in hosts}


def test_what_was_asked_for_without_a_worker_waits_for_the_next(house, show, start, versions):
    """A worker told to end while idle ends with 0; the request is kept and run by another."""
    idle = house.worker().start()
    idle.process.send_signal(signal.SIGTERM)
    assert idle.process.wait(30) == 0
    asked = show.ask(other(show, versions))
    assert again(asked).status == "queued"
    with house.worker():
        assert ended(asked).status == "succeeded", story(again(asked))


def test_a_worker_that_is_told_to_end_finishes_what_it_runs(start, gates, hosts):
    """SIGTERM in mid-deployment: it goes on, is proved, and then the worker ends with 0."""
    worker, deployment = start("before")
    worker.process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.process.wait(2)
    assert again(deployment).words == "Releasing"
    gates["before"].open()
    assert ended(deployment).status == "succeeded", story(again(deployment))
    assert worker.process.wait(30) == 0
    assert live_names(hosts) == {deployment.release.name}


@pytest.mark.parametrize(("gate", "until", "decision"), [
    ("before", "at the gate", "finish"),
    ("before", "at the gate", "put-back"),
    ("after", "PHP cache of php-fpm reset", "put-back"),
    ("after", "at the gate", "finish"),
    ("after", "at the gate", "put-back"),
])
def test_a_killed_workers_deployment_is_shown_decided_and_ended(
        house, show, start, gates, hosts, gate, until, decision):
    """kill -9 before, at and after the switch: nobody guesses; a new worker runs the decision."""
    live = Deployment.objects.live(show.environment).release
    worker, deployment = start(gate, until=until)
    cut_power(worker)
    with pytest.raises(Refused, match="needs no decision"):
        stopping.decide(show.decider, deployment, Deployment.FINISH)
    gates[gate].open()
    wait_until(lambda: again(deployment).is_worker_gone, limit_s=10)
    assert again(deployment).words == "The worker is gone - needs a decision"
    new, is_switched = deployment.release.name, gate == "after"
    assert live_names(hosts) == {new if is_switched else live.name}

    with house.worker():
        said = house.manage("decide", deployment.pk, decision, may_speak_for="decider")
        assert said.code == 0, said.err
        deployment = ended(deployment)

    assert deployment.attempts == 2
    if decision == "finish":
        assert deployment.status == "succeeded", story(deployment)
        assert live_names(hosts) == {new}
    else:
        assert deployment.status == "failed", story(deployment)
        assert live_names(hosts) == {live.name}
        went_back = f"Went back to {live.title}"
        unchanged = f"Failed - visitors still see {live.title}"
        assert deployment.words == (went_back if is_switched else unchanged)
    assert_every_worker_runs_what_is_live(show, hosts)


def assert_every_worker_runs_what_is_live(show, hosts):
    """Asked once more, with nothing of the dead worker left over on the servers."""
    for host in hosts:
        assert not list((host.root / ".releasemgr/incoming").iterdir())
        assert not (host.root / "current.new").is_symlink()
    asked = show.reload()
    assert asked.status == "succeeded", story(asked)
    assert "12 of 12 PHP workers on 2 servers run it." in asked.result


def test_a_waiting_command_says_that_the_worker_is_gone(house, show, gates, versions):
    """`deploy --wait` ends with 4 and what it needs, not with silence."""
    gates["before"].close()
    version = other(show, versions)
    with house.worker() as worker, ThreadPoolExecutor(1) as terminal:
        waiting = terminal.submit(house.manage, "deploy", "tidewater", "production", "--release",
                                  version.name, "--wait", "--reason", "From a terminal")
        wait_until(lambda: Deployment.objects.filter(
            reason="From a terminal", log__text="at the gate").exists())
        cut_power(worker)
        command = waiting.result()
    assert command.code == 4, command.err
    assert "The worker is gone - needs a decision" in command.err

    deployment = Deployment.objects.get(reason="From a terminal")
    again_asked = house.manage("deploy", "tidewater", "production", "--release", version.name)
    assert again_asked.code == 3
    assert "already asked to" in again_asked.err
    gates["before"].open()
    stopping.decide(show.decider, deployment, Deployment.PUT_BACK)
    with house.worker():
        assert ended(deployment).status == "failed"


def test_a_stop_before_the_switch_is_honoured(show, start, gates, hosts):
    """The step under way ends, then everything is as it was, and the copy is gone."""
    before = live_names(hosts)
    _, deployment = start("before", version=show.build("v2.0"))
    copies = [host.root / "releases" / deployment.release.name for host in hosts]
    assert all(copy.exists() for copy in copies)
    stopping.stop(show.releaser, deployment)
    gates["before"].open()
    stopped = ended(deployment)
    assert (stopped.status, stopped.words) == ("cancelled", "Stopped"), story(stopped)
    assert "Stopped by releaser. Nothing was changed for visitors." in stopped.result
    assert live_names(hosts) == before
    assert not any(copy.exists() for copy in copies)


def test_a_stop_after_the_switch_is_refused(show, start, gates, hosts):
    """Too late: it goes on to its proof."""
    _, deployment = start("after")
    with pytest.raises(Refused, match="Too late to stop"):
        stopping.stop(show.releaser, deployment)
    gates["after"].open()
    assert ended(deployment).status == "succeeded", story(again(deployment))
    assert live_names(hosts) == {deployment.release.name}
