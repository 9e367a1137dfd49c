"""Servers that are lost in the middle of a release: read again, put back, or left to a person."""

import contextlib
import os
import shutil
import signal
import time

import pytest

from deployments.errors import Refused
from deployments.models import Deployment, Server
from deployments.remote import ssh_pulse
from deployments.remote.ssh import Connection
from tests import stage
from tests.sandbox.blackhole import DEAF, LATE, PASS, SILENT, Blackhole
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import Server as Place
from .conftest import assert_refused_before_anything_changed
from .moments import at

NAMES = ("web-1", "web-2", "web-3")


@pytest.fixture(autouse=True)
def impatient(monkeypatch, settings):
    """The same engine with shorter limits; the true ones are measured once, at the end."""
    monkeypatch.setattr(ssh_pulse, "EVERY_S", 0.3)
    monkeypatch.setattr(ssh_pulse, "LIMIT_S", 1.5)
    monkeypatch.setitem(Connection.open.__func__.__kwdefaults__, "connect_timeout_s", 2)
    settings.PROOF_LIMIT_S = 20


class Park:
    """Three servers behind a network that can fail, version 1.0 live on each."""

    def __init__(self, show, hosts, networks):
        self.servers = {host.name: Place(host) for host in hosts}
        self.networks = {host.name: each for host, each in zip(hosts, networks, strict=True)}
        show.on(*hosts)
        for name, network in self.networks.items():
            Server.objects.filter(name=name).update(port=network.port)
        first = show.release("v1.0")
        assert first.status == "succeeded", story(first)
        for server in self.servers.values():
            server.remember()

    def links(self):
        return {name: server.look()[0].name for name, server in self.servers.items()}

    def old(self):
        return {name: server.before[0].name for name, server in self.servers.items()}


@pytest.fixture
def park(show):
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(WebHost(name)) for name in NAMES]
        networks = [stack.enter_context(Blackhole(host.ssh_port)) for host in hosts]
        yield Park(show, hosts, networks)


@pytest.fixture
def near(show):
    """One server behind such a network."""
    with WebHost("web-1") as host, Blackhole(host.ssh_port) as network:
        server = Place(host)
        show.on(host)
        Server.objects.update(port=network.port)
        first = show.release("v1.0")
        assert first.status == "succeeded", story(first)
        server.remember()
        server.network = network
        yield server


def _statuses(deployment):
    return {row.server_name: row.status for row in deployment.targets.all()}


def _lose(network, mode=SILENT):
    def lose(ctx):
        network.mode = mode

    return lose


def test_a_server_lost_between_the_switches_holds_the_environment(show, park, monkeypatch):
    """Two of three switched and went back, proved; the third is unknown, and a person decides."""
    lost = park.networks["web-3"]
    at(monkeypatch, "before switch", _lose(lost), server="web-3")

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert _statuses(deployment) == {"web-1": "reverted", "web-2": "reverted", "web-3": "unknown"}
    assert park.links() == park.old()
    assert "Nobody can tell yet what web-3 shows to visitors" in deployment.result
    with pytest.raises(Refused):
        show.ask("v2.0")
    lost.mode = PASS
    decided = show.decide(deployment, "put_back")
    assert decided.words == "Went back to v1.0", story(decided)
    assert set(_statuses(decided).values()) == {"reverted"}


def test_a_server_lost_while_it_goes_back_is_left_to_a_person(
        show, park, monkeypatch, site_repository):
    """The others are back and proved; this one still shows the version that failed."""
    site_repository.add_variant("broken-page")
    stage.tasks.read_source(show.project.pk)
    at(monkeypatch, "before put back", _lose(park.networks["web-2"]), server="web-2")

    deployment = show.release("broken-page")

    assert deployment.status == "needs_attention", story(deployment)
    assert _statuses(deployment) == {"web-1": "reverted", "web-2": "unknown", "web-3": "reverted"}
    assert park.links() == {**park.old(), "web-2": deployment.release.name}
    park.networks["web-2"].mode = PASS
    decided = show.decide(deployment, "put_back")
    assert decided.words == "Went back to v1.0", story(decided)
    assert park.links() == park.old()


def test_a_switch_whose_answer_is_lost_is_read_from_the_server(show, near, monkeypatch):
    """It did happen: over a new connection that is seen, and the release goes on to its proof."""
    at(monkeypatch, "before switch", lambda ctx: near.network.deafen())

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert near.look()[0].name == deployment.release.name


@pytest.mark.parametrize("step", ["inspect", "copy", "switch", "cohere"])
def test_a_connection_that_is_cut_in_a_step_is_opened_again(show, near, monkeypatch, step):
    """Whatever was on its way when the line went: the server is read, and the step done once."""
    at(monkeypatch, f"before {step}", lambda ctx: near.network.cut())

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert near.look()[0].name == deployment.release.name


@pytest.mark.parametrize("mode", [SILENT, DEAF])
def test_a_black_hole_before_the_switch_changes_nothing(show, near, monkeypatch, mode):
    """Nothing is closed and nothing arrives, for good: it failed, named, with the old one live."""
    at(monkeypatch, "before copy", _lose(near.network, mode))

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert "web-1" in deployment.result
    assert "Visitors still see v1.0" in deployment.result
    assert near.look()[0] == near.before[0]


def test_a_slow_line_only_takes_longer(show, near):
    """Fifty milliseconds each way are no fault."""
    near.network.pause_s, near.network.mode = 0.025, LATE

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)


def test_an_ssh_server_that_stands_still_is_noticed_and_asked_anew(show, near, monkeypatch):
    """SIGSTOP to the processes of our connection: their sockets stay open, nobody answers."""
    at(monkeypatch, "before cohere", lambda ctx: _stop(near.host.sshd))

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)


def _stop(sshd):
    """Let every process of sshd's open connections stand still, and what runs below them."""
    for pid in sshd.connections():
        os.kill(pid, signal.SIGSTOP)


def test_a_dead_peer_is_noticed_within_fifteen_seconds(near, monkeypatch):
    """With the true limits: a command runs, and the sshd that should tell us stands still."""
    monkeypatch.undo()
    with Connection.open(_host()) as connection:
        _stop(near.host.sshd)
        started_at = time.monotonic()
        assert not _answers(connection)
        took_s = time.monotonic() - started_at
    assert took_s < 15


def _host():
    from deployments.pipeline.hosts import host_of

    return host_of(Server.objects.get())


def _answers(connection):
    from deployments.remote.faults import ConnectionLost

    try:
        return connection.run(["sleep", "60"], timeout_s=60).ok
    except ConnectionLost:
        return False


def test_a_host_key_that_changed_in_between_is_never_trusted(show, near, monkeypatch):
    """Another machine answers after the switch: nobody logs in, and a person must look."""
    sshd = near.host.sshd
    kept = sshd.folder / "kept"

    def become_another(ctx):
        kept.mkdir()
        for path in sshd.folder.glob("host_key*"):
            shutil.copy2(path, kept)
        sshd.stop()
        sshd.renew_host_key()
        sshd.start()

    at(monkeypatch, "before cohere", become_another)

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert "instead of the confirmed" in deployment.result
    assert "Accepted publickey" not in sshd.log().split("Server listening")[-1]
    sshd.stop()
    for path in kept.iterdir():
        shutil.copy2(path, sshd.folder)
    sshd.start()
    assert show.decide(deployment, "finish").status == "succeeded"


def test_a_key_that_was_revoked_in_between_is_named(show, near, monkeypatch):
    """The account's keys were changed and the connection ended: before the switch it failed."""
    keys = near.host.sshd.folder / "authorized_keys"

    def revoke(ctx):
        keys.write_text("")
        near.network.cut()

    at(monkeypatch, "before arm", revoke)

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert "refuses the key" in deployment.result
    assert near.look()[0] == near.before[0]
    assert Deployment.objects.filter(status="running").count() == 0


def test_a_server_that_is_down_before_anything_began_is_named(show, near):
    """Its machine is gone: connections are closed at once."""
    near.host.sshd.stop()

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, near, "web-1")
