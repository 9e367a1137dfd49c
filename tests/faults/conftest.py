"""One server with version 1.0 live and proved, and what must be true after any fault."""

import contextlib
import time

import pytest

from deployments.models import Server as ServerRow
from deployments.remote import ssh, ssh_pulse
from deployments.remote.ssh import Connection
from tests.sandbox.blackhole import Blackhole
from tests.sandbox.daemons import descendants
from tests.sandbox.webhost import WebHost
from tests.show import Show, story

from .moments import at


@pytest.fixture
def show(transactional_db, site_repository):
    return Show(site_repository)


class Server:
    """A sandbox host and what it looked like when it was well."""

    def __init__(self, host):
        self.host = host
        self.before = None

    def remember(self):
        self.before = self.look()

    def look(self):
        """What a fault must leave as it was: the link, the releases, no half-copied rest."""
        root = self.host.root
        names = {path.name for path in (root / "releases").glob("*")}
        current = root / "current"
        link = current.readlink() if current.is_symlink() else None
        return link, names, list((root / ".releasemgr/incoming").glob("*"))

    def is_untouched(self):
        return self.look() == self.before

    def sessions(self):
        """SSH sessions still open there, after the time sshd needs to see the end of one."""
        until = time.monotonic() + 5
        while descendants(self.host.sshd.pid) and time.monotonic() < until:
            time.sleep(0.05)
        return descendants(self.host.sshd.pid)


def live(show, host, **over):
    """Put the site on `host`, release 1.0, and return the Server."""
    server = Server(host)
    first = show.on(host, **over).release("v1.0")
    assert first.status == "succeeded", story(first)
    server.remember()
    return server


@pytest.fixture
def realpath(show):
    with WebHost("web-1", kind="realpath") as host:
        yield live(show, host)


@pytest.fixture
def stale(show):
    with WebHost("web-2", kind="stale") as host:
        yield live(show, host)


@pytest.fixture
def impatient(monkeypatch, settings):
    """The same engine with shorter limits: a dead line is noticed within two seconds."""
    monkeypatch.setattr(ssh, "CHANNEL_S", 2)
    monkeypatch.setattr(ssh_pulse, "EVERY_S", 0.3)
    monkeypatch.setattr(ssh_pulse, "LIMIT_S", 1.5)
    monkeypatch.setitem(ssh_pulse.Pulse.beat.__kwdefaults__, "limit_s", 1.5)
    monkeypatch.setitem(Connection.open.__func__.__kwdefaults__, "connect_timeout_s", 2)
    settings.PROOF_LIMIT_S = 20


class Park:
    """Three servers behind a network that can fail, version 1.0 live on each."""

    def __init__(self, show, hosts, networks):
        self.servers = {host.name: Server(host) for host in hosts}
        self.networks = {host.name: each for host, each in zip(hosts, networks, strict=True)}
        show.on(*hosts)
        for name, network in self.networks.items():
            ServerRow.objects.filter(name=name).update(port=network.port)
        first = show.release("v1.0")
        assert first.status == "succeeded", story(first)
        for server in self.servers.values():
            server.remember()

    def links(self):
        return {name: server.look()[0].name for name, server in self.servers.items()}

    def old(self):
        return {name: server.before[0].name for name, server in self.servers.items()}


def _park(show, stack, *names):
    hosts = [stack.enter_context(WebHost(name)) for name in names]
    return Park(show, hosts, [stack.enter_context(Blackhole(host.ssh_port)) for host in hosts])


@pytest.fixture
def park(show):
    with contextlib.ExitStack() as stack:
        yield _park(show, stack, "web-1", "web-2", "web-3")


@pytest.fixture
def near(show):
    """One server behind such a network, `near.network`."""
    with contextlib.ExitStack() as stack:
        alone = _park(show, stack, "web-1")
        server = alone.servers["web-1"]
        server.network = alone.networks["web-1"]
        yield server


def assert_refused_before_anything_changed(deployment, server, *words):
    """It failed before the switch: one sentence with `words`, the server as it was, no session."""
    assert deployment.status == "failed", story(deployment)
    for word in words:
        assert word in deployment.result, story(deployment)
    assert "Visitors still see v1.0" in deployment.result
    assert deployment.words == "Failed - visitors still see v1.0"
    assert server.is_untouched(), server.look()
    assert not server.sessions()


def left_to_a_person(show, server, monkeypatch):
    """Release v2.0 while PHP-FPM stops right after the switch and is up again too late; return
    the deployment, which needs a decision."""
    with monkeypatch.context() as patch:
        at(patch, "after switch", lambda ctx: server.host.stop_fpm())
        deployment = show.release("v2.0")
    assert deployment.status == "needs_attention", story(deployment)
    server.host.start_fpm()
    return deployment
