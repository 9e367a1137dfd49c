"""A real sshd and who may log in: a throwaway system account as root, otherwise the caller."""

import os
import time
from dataclasses import replace

import pytest

from deployments.remote.host import Credentials, Host
from deployments.remote.ssh import Connection
from tests.sandbox.accounts import Account
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.sshd import Sshd


@pytest.fixture(scope="module")
def folder():
    """A folder that the account may enter."""
    path = open_folder()
    yield path
    remove_folder(path)


@pytest.fixture(scope="module")
def login():
    """The name of who logs in."""
    if os.getuid() != 0:
        yield None
        return
    with Account() as account:
        yield account.name


@pytest.fixture(scope="module")
def start_sshd(folder, login):
    """Start one more sshd: start_sshd(name, options=[…], host_key_kind=…)."""
    started = []

    def start(name: str, **settings) -> Sshd:
        daemon = Sshd(folder / name, user=login, **settings)
        started.append(daemon)
        return daemon.start()

    yield start
    for daemon in started:
        daemon.stop()


@pytest.fixture(scope="module")
def sshd(start_sshd):
    """The usual server of a module."""
    return start_sshd("ssh")


@pytest.fixture
def host(sshd):
    return host_of(sshd)


@pytest.fixture
def connection(host):
    with Connection.open(host) as opened:
        yield opened


def until(condition):
    """Wait for what comes soon; fail when it does not come."""
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def host_of(sshd: Sshd, *, name: str = "web-1", **changes) -> Host:
    """Return the Host that leads to a sandbox sshd with its pinned key and its client key."""
    credentials = Credentials(sshd.private_key)
    host = Host(name, "127.0.0.1", sshd.user, sshd.host_key, credentials, port=sshd.port)
    return replace(host, **changes)
