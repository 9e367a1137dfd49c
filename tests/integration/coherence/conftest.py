"""A rig without rows: hand-placed releases on one sandbox host, asked as the pipeline asks it."""

import socket
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import pytest

from deployments.coherence.pool import Pool
from deployments.coherence.site import Site
from deployments.pipeline.hosts import control_file
from deployments.plan import PoolPlan
from deployments.remote.doors import FastCgiDoor
from tests.sandbox.placement import place, share, switch
from tests.sandbox.webhost import WebHost

OLD, NEW = "20260101T000000Z-1", "20260102T000000Z-2"
PAGES = {"www": "/", "api": "/api/"}


def _dial(address):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    sock.connect(address)
    return sock


class Rig:
    """Two releases on a host, OLD live; pools and site as the pipeline builds them."""

    def __init__(self, host, repository):
        self.host, self.root = host, str(host.root)
        share(host)
        ours = host.root / ".releasemgr"
        ours.mkdir()
        name, text = control_file()
        (ours / name).write_text(text)
        for release, ref in ((OLD, "v1.0"), (NEW, "v2.0")):
            folder = place(host, repository=repository, ref=ref, release=release)
            (folder / ".releasemgr").mkdir()
            (folder / ".releasemgr/marker.php").write_text(f"<?php return '{release}';\n")
        self.switch(OLD)
        target = SimpleNamespace(is_https=False, asked_over="direct", server=host.name,
                                 ask_address=host.http_address)
        self.site = Site(target, host=host.site_name, public_folder="public", connection=None,
                         release_name=OLD)
        self.pools = [
            Pool(PoolPlan(pool, "php-fpm", address, PAGES[pool], ""),
                 FastCgiDoor(partial(_dial, address), str(ours / name), server=host.name),
                 server=host.name)
            for pool, address in host.pools
        ]
        self.said = []

    def switch(self, release):
        switch(self.host, release=release)

    def say(self, text):
        self.said.append(text)

    @property
    def www(self):
        return self.pools[0]


@pytest.fixture
def rig(site_repository):
    """A function that opens a rig: `with rig(kind="stale", pools=…) as it:`."""

    @contextmanager
    def opened(**over):
        with WebHost("web-9", **over) as host:
            yield Rig(host, site_repository)

    return opened
