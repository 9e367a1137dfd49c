"""A rig without rows: hand-placed releases on one sandbox host, asked as the pipeline asks it."""

import os
import socket
import threading
import time
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from deployments.coherence.pool import Pool
from deployments.coherence.site import Site
from deployments.pipeline.context import Release, StepContext, Truth
from deployments.pipeline.hosts import control_file
from deployments.plan import PoolPlan, TargetPlan
from deployments.remote.doors import FastCgiDoor
from deployments.remote.local import LocalConnection
from deployments.sudoers import sudoers_line
from tests.sandbox.placement import place, share, switch
from tests.sandbox.services import services_of
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
        ours.mkdir(exist_ok=True)
        name, text = control_file()
        (ours / name).write_text(text)
        if host.account:
            os.chown(ours, host.account.uid, host.account.gid)
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

    def ctx(self, *, kind="deploy", limit_s=20, php_files=("public/index.php",), services=None,
            **over):
        """The context of a step that releases NEW here; scripts run as the SSH user would."""
        user = self.host.account.name if self.host.account else None
        target = TargetPlan(
            1, 1, self.host.name, f"{self.host.ssh_user}@127.0.0.1:22", self.root,
            self.host.web_group, "realpath", "fastcgi", tuple(pool.plan for pool in self.pools),
            self.host.http_address, False, "direct",
            service_manager=str(services.program) if services else "/usr/bin/systemctl")
        fields = {
            "plan": SimpleNamespace(kind=kind, file_epoch=0, pages=()), "target": target,
            "deployment": 1, "fence": 1, "release": Release(NEW, php_files=php_files),
            "older": None, "host": None, "control_name": "", "control_php": "",
            "endpoint_key": None, "ca_file": "", "proof_limit_s": limit_s, "say": self.say,
            "truth": Truth(previous=f"releases/{OLD}", previous_name=OLD, is_known=True),
            "connection": LocalConnection(user), "site": self.site, "pools": self.pools,
        }
        return StepContext(**fields | over)


@contextmanager
def served(it, *, verb="reload", allowed=True):
    """A service manager that knows the rig's PHP-FPM, and the right to use it."""
    with services_of(it.host) as services:
        if allowed:
            line = sudoers_line(it.host.ssh_user, str(services.program), verb, "php-fpm")
            services.allow([line])
        yield services


@contextmanager
def visiting(it, release, *, seconds):
    """One request that takes so long is running inside the block; gives its answers."""
    page = it.host.root / "releases" / release / "public/long.php"
    begun = page.with_name("begun")
    begun.write_text("")
    begun.chmod(0o666)
    page.write_text(  # a signal ends one sleep
        "<?php file_put_contents(__DIR__ . '/begun', 'yes');"
        f"for ($end = microtime(true) + {seconds}; microtime(true) < $end;) usleep(9000);"
        "echo 'whole';")
    answers = []
    visit = threading.Thread(target=_visit, args=(f"{it.host.url}long.php", answers))
    visit.start()
    until = time.monotonic() + 30
    while not begun.read_text():
        assert time.monotonic() < until, "the request did not begin"
        time.sleep(0.01)
    yield answers
    visit.join()


def _visit(url, answers):
    try:
        answers.append(urlopen(url).read())
    except HTTPError as error:
        answers.append(error.code)


@pytest.fixture
def rig(site_repository):
    """A function that opens a rig: `with rig(kind="stale", pools=…) as it:`."""

    @contextmanager
    def opened(**over):
        with WebHost("web-9", **over) as host:
            yield Rig(host, site_repository)

    return opened
