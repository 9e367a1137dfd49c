"""Servers that cannot be reached or are not who they were: failed, named, nothing changed."""

import socket
import threading
import time
from pathlib import Path

import pytest

from deployments.models import AuditEntry, Server, ServerCommand, SshKey
from deployments.services.keys import make_key_pair
from tests import stage
from tests.error_sentences import says
from tests.sandbox.daemons import descendants, free_port, kill
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed


def _change(**fields):
    Server.objects.filter(name="web-1").update(**fields)


def _program(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def test_a_changed_host_key_stops_before_anything_is_sent(show, realpath):
    """Another identity than the confirmed one: no login is attempted."""
    _change(host_key=f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43}")

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, realpath, "instead of the confirmed", "; nobody logged in. Find out why first.")
    says("SSH host key changed", deployment.cause)
    entry = AuditEntry.objects.get(action="server.identity_refused")
    assert (entry.outcome, entry.details["server"]) == ("refused", "web-1")
    assert entry.sentence in deployment.result


def test_an_unconfirmed_host_key_is_never_used(show, realpath):
    """An administrator must look at it first, and the sentence says so."""
    _change(host_key="")

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, realpath, "web-1", "confirm")


def test_a_wrong_key_is_named(show, realpath):
    """The server does not know our key: nothing else is tried."""
    key = SshKey.objects.create(name="another", private_key=make_key_pair("another")[0])
    _change(ssh_key=key)

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, realpath, "web-1 refuses the key for", "add the public key")


def test_a_server_that_opens_no_session_is_named(show):
    """Nothing was started, so it is a refusal of the server and no fault of ours."""
    with WebHost("web-5", kind="realpath", ssh_options=("MaxSessions 0",)) as host:
        deployment = show.on(host).release("v1.0")

    assert deployment.status == "failed", story(deployment)
    assert "MaxSessions" in deployment.result


def test_a_closed_port_is_named(show, realpath):
    """Nothing listens there."""
    _change(port=free_port())

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, realpath, "web-1 (127.0.0.1:", "refuses connections; start its SSH service")


def test_a_port_that_stays_silent_is_given_up_within_its_time(show, realpath):
    """A tarpit accepts and never greets."""
    with socket.socket() as tarpit:
        tarpit.bind(("127.0.0.1", 0))
        tarpit.listen()
        _change(port=tarpit.getsockname()[1])
        deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, realpath, "web-1 (127.0.0.1:", "did not speak SSH within")


def _release_and_cut(show, server, moment):
    """Release v2.0, and end every SSH session of the server while its command runs."""
    ServerCommand.objects.create(project=show.project, moment=moment, command="sleep 5")

    def cut():
        until = time.monotonic() + 60
        while time.monotonic() < until:
            below = descendants(server.host.sshd.pid)
            if "sleep" in map(_program, below):
                kill(below)
                return
            time.sleep(0.05)

    deployment = show.ask("v2.0")
    cutter = threading.Thread(target=cut)
    cutter.start()
    stage.run(deployment)
    cutter.join()
    return deployment


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_lost_in_mid_command_is_opened_again(show, realpath, moment):
    """Nobody knows how the command ended: the server is asked, and the release goes on."""
    deployment = _release_and_cut(show, realpath, moment)

    assert deployment.status == "succeeded", story(deployment)
    assert "lost" in story(deployment)
    assert "Asking web-1 again" in story(deployment)
    assert not realpath.sessions()
