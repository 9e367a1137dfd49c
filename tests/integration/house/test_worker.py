"""Workers that are told to end or die in the middle: it goes on by itself, on every server."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployments.errors import Refused
from deployments.models import Deployment, Project
from deployments.services import stopping
from deployments.services.releases import request_build
from tests.show import story

from .families import everybody, wait_until_gone
from .gates import again, ended, live_names, other, said
from .processes import cut_power, wait_until

HANDED_OVER = "This worker is being ended; another one goes on from here"


def test_what_was_asked_for_without_a_worker_waits_for_the_next(house, show, start, versions):
    """A worker told to end while idle ends with 0; the request is kept and run by another."""
    idle = house.worker().start()
    idle.process.send_signal(signal.SIGTERM)
    assert idle.process.wait(30) == 0
    asked = show.ask(other(show, versions))
    assert again(asked).status == "queued"
    with house.worker():
        assert ended(asked).status == "succeeded", story(again(asked))


def test_a_worker_that_is_told_to_end_hands_over_at_the_next_step(house, start, gates, hosts):
    """SIGTERM in mid-step: the step is finished, and another worker goes on with the next one."""
    worker, deployment = start("before")
    below = everybody(worker)
    worker.process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.process.wait(2)
    assert again(deployment).words == "Releasing"
    gates["before"].open()
    assert worker.process.wait(30) == 0
    wait_until_gone(below)
    assert (again(deployment).status, again(deployment).owner) == ("running", "")

    assert HANDED_OVER in said(deployment)
    with house.worker():
        assert ended(deployment).status == "succeeded", story(again(deployment))
    assert again(deployment).attempts == 1
    assert gates["before"].starts == 1
    assert live_names(hosts) == {deployment.release.name}


def test_a_signal_to_every_process_at_once_hands_over_too(house, start, gates, hosts):
    """As systemd's default sends it: nobody is cut off in the middle of a step."""
    worker, deployment = start("before")
    below = everybody(worker)
    for pid in below:
        subprocess.run(["kill", "-TERM", str(pid)], check=True)
    gates["before"].open()
    assert worker.process.wait(30) == 0
    wait_until_gone(below)
    assert HANDED_OVER in said(deployment)
    with house.worker():
        assert ended(deployment).status == "succeeded", story(again(deployment))
    assert (again(deployment).attempts, gates["before"].starts) == (1, 1)
    assert live_names(hosts) == {deployment.release.name}


@pytest.mark.parametrize(("gate", "until"), [
    ("before", "at the gate"), ("after", "PHP cache of php-fpm reset"), ("after", "at the gate"),
])
def test_a_killed_workers_deployment_is_finished_by_the_next_one(
        house, show, start, gates, hosts, gate, until):
    """kill -9 before, at and after the switch: nobody has to ask, and no command runs twice."""
    worker, deployment = start(gate, until=until)
    cut_power(worker)
    wait_until(lambda: again(deployment).is_worker_lost, limit_s=10)
    assert again(deployment).words == "The worker was lost - another one takes over"
    with pytest.raises(Refused, match="needs no decision"):
        stopping.decide(show.decider, deployment, Deployment.FINISH)
    with house.worker():
        wait_until(lambda: "goes on (attempt 2 of 3)" in said(deployment))
        gates[gate].open()
        assert ended(deployment).status == "succeeded", story(again(deployment))
    assert again(deployment).attempts == 2
    assert gates[gate].starts == 1
    assert live_names(hosts) == {deployment.release.name}
    assert_every_worker_runs_what_is_live(show, hosts)


def test_a_worker_that_sleeps_longer_than_its_lease_has_nothing_to_say_any_more(
        house, start, gates, hosts):
    """kill -STOP, and -CONT when another one has it: two live, one works, each command runs once.
    """
    _, deployment = start("before")
    sleeper = int(again(deployment).owner.rpartition(":")[2])
    os.kill(sleeper, signal.SIGSTOP)
    wait_until(lambda: "goes on (attempt 2 of 3)" in said(deployment), limit_s=15)
    os.kill(sleeper, signal.SIGCONT)
    gates["before"].open()
    assert ended(deployment).status == "succeeded", story(again(deployment))
    assert f":{sleeper} was lost; " in said(deployment)
    assert not again(deployment).owner.endswith(f":{sleeper}")
    assert (again(deployment).attempts, gates["before"].starts) == (2, 1)
    assert live_names(hosts) == {deployment.release.name}


def test_a_second_lost_worker_after_the_switch_puts_all_back(house, show, start, gates, hosts):
    """It went forward once more; now every server gets back what it had."""
    live = Deployment.objects.live(show.environment).release
    worker, deployment = start("after")
    cut_power(worker)
    with house.worker() as second:
        wait_until(lambda: "goes on (attempt 2 of 3)" in said(deployment))
        cut_power(second)
    with house.worker():
        deployment = ended(deployment)
    assert deployment.words == f"Our fault - went back to {live.title}", story(deployment)
    assert "lost twice after the switch had begun" in deployment.cause
    assert live_names(hosts) == {live.name}
    gates["after"].open()
    assert_every_worker_runs_what_is_live(show, hosts)


def assert_every_worker_runs_what_is_live(show, hosts):
    """Asked once more, with nothing of the dead worker left over on the servers."""
    for host in hosts:
        assert not list((host.root / ".releasemgr/incoming").iterdir())
        assert not (host.root / "current.new").is_symlink()
    asked = show.reload()
    assert asked.status == "succeeded", story(asked)
    assert "12 of 12 PHP workers on 2 servers run it." in asked.result


def test_a_waiting_command_waits_for_the_next_worker(house, show, gates, versions):
    """`deploy --wait` follows it over the worker's end; meanwhile nobody else can release."""
    gates["before"].close()
    version = other(show, versions)
    with house.worker() as worker, ThreadPoolExecutor(1) as terminal:
        waiting = terminal.submit(house.manage, "deploy", "tidewater", "production", "--release",
                                  version.name, "--wait", "--reason", "From a terminal")
        wait_until(lambda: Deployment.objects.filter(
            reason="From a terminal", log__text="at the gate").exists())
        cut_power(worker)
        refused = house.manage("deploy", "tidewater", "production", "--release", version.name)
        gates["before"].open()
        with house.worker():
            command = waiting.result()
    assert (refused.code, command.code) == (3, 0), command.err
    assert "already asked to" in refused.err
    assert "goes on (attempt 2 of 3)" in command.out


def test_a_long_build_does_not_delay_a_release(house, show, start, versions, hosts):
    """Builds have workers of their own: here one, which is busy all the time."""
    gate = hosts[0].folder / "build-gate"
    gate.touch()
    commands = show.project.build_commands
    Project.objects.update(build_commands=f"while [ -e {gate} ]; do sleep 0.1; done\n{commands}")
    with house.worker():
        release = request_build(show.releaser, show.project, "v2.0")
        waiting = request_build(show.releaser, show.project, "v1.0")
        wait_until(release.log.filter(text__startswith="$ while").exists)
        assert ended(show.ask(other(show, versions))).status == "succeeded"
        release.refresh_from_db()
        waiting.refresh_from_db()
        assert (release.status, waiting.status) == ("building", "pending")
        gate.unlink()
        Project.objects.update(build_commands=commands)

        def is_built():
            waiting.refresh_from_db()
            return waiting.status == "ready"

        wait_until(is_built)


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
