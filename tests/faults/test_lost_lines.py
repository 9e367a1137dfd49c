"""Lines to a server that break, slow down or lose answers: it is read, and the step repeated."""

import contextlib
import fcntl
import signal
import threading
import time
from pathlib import Path

import pytest

from deployments.models import Server
from deployments.pipeline.hosts import host_of
from deployments.remote.faults import ConnectionLost
from deployments.remote.ssh import Connection
from tests.sandbox.blackhole import LATE
from tests.sandbox.daemons import kill
from tests.show import story

from .moments import at


def test_a_switch_whose_answer_is_lost_is_read_from_the_server(show, near, impatient, monkeypatch):
    """It did happen: over a new connection that is seen, and the release goes on to its proof."""
    at(monkeypatch, "before switch", lambda ctx: near.network.deafen())

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert "Asking web-1 again: nobody was told how that ended" in story(deployment)
    assert near.look()[0].name == deployment.release.name


@pytest.mark.parametrize("step", ["copy", "switch", "cohere"])
def test_a_connection_that_is_cut_in_a_step_is_opened_again(
        show, near, impatient, monkeypatch, step):
    """Whatever was on its way when the line went: the server is read, and the step done once."""
    at(monkeypatch, f"before {step}", lambda ctx: near.network.cut())

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert near.look()[0].name == deployment.release.name


def test_a_slow_line_only_takes_longer(show, near, impatient):
    """Whatever is sent comes late, each way: that is no fault."""
    near.network.pause_s, near.network.mode = 0.01, LATE

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)


def test_an_ssh_server_that_stands_still_is_asked_anew(show, near, impatient, monkeypatch):
    """SIGSTOP to the processes of our connection: their sockets stay open, nobody answers."""
    def stop(ctx):
        # Once this is answered, sshd has closed its sockets to PHP, which would hold its workers.
        ctx.connection.run(["true"], timeout_s=10)
        _stop(near.host.sshd)

    at(monkeypatch, "before switch", stop)

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)


def test_a_script_that_was_killed_on_the_server_is_asked_again(show, near, impatient, monkeypatch):
    """Exit status -1 is no answer: it may have switched or not, so the server is read."""
    at(monkeypatch, "before switch", lambda ctx: _kill_next_script(near.host))

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert "did not say how switch.sh ended" in story(deployment)


def _kill_next_script(host):
    """Hold the site's lock until a script of ours waits for it, and kill that script."""
    lock = (host.root / ".releasemgr/lock").open("a")
    fcntl.flock(lock, fcntl.LOCK_EX)

    def wait_and_kill():
        with lock:
            until = time.monotonic() + 60
            while "flock" not in (below := _programs(host.sshd)) and time.monotonic() < until:
                time.sleep(0.02)
            kill([below["sh"]])

    threading.Thread(target=wait_and_kill).start()


def _programs(sshd):
    """The programs that run below sshd's connections: name -> the process id of one."""
    found = {}
    for pid in sshd.connections():
        with contextlib.suppress(OSError):
            found.setdefault(Path(f"/proc/{pid}/comm").read_text().strip(), pid)
    return found


def _stop(sshd):
    """Let every process of sshd's open connections stand still, and what runs below them."""
    stopped = set()
    while left := set(sshd.connections()) - stopped:  # one may have forked while we looked
        kill(list(left), signal.SIGSTOP)
        stopped |= left


def test_a_dead_peer_is_noticed_within_fifteen_seconds(near):
    """With the true limits: a command runs, and the sshd that should tell us stands still."""
    stopped_at = []

    def stop(line):
        _stop(near.host.sshd)
        stopped_at.append(time.monotonic())

    with Connection.open(host_of(Server.objects.get())) as connection:
        argv = ["sh", "-c", "echo begun; sleep 60"]
        with pytest.raises(ConnectionLost):
            connection.run(argv, timeout_s=60, on_line=stop)
    assert time.monotonic() - stopped_at[0] < 15
