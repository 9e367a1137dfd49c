"""Strategy `web-config` on real nginx: what it writes, when it is refused, what it waits for."""

import os
import signal
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from deployments import sudoers
from deployments.coherence import fpm, proof, web_config
from deployments.errors import NotConfirmed, StepFailed
from tests.integration.visit import visit_under_way
from tests.sandbox.daemons import descendants
from tests.sandbox.services import services_of

from .conftest import NEW, OLD


def trial(it):
    nginx = it.host.nginx
    return f"/usr/sbin/nginx -t -e {nginx.log_path} -c {nginx.folder}/nginx.conf"


@contextmanager
def served(it, *, tested=True):
    """The context of a step; nginx may be reloaded, and its configuration tested."""
    with services_of(it.host) as services:
        services.allow(
            [sudoers.sudoers_line(it.host.ssh_user, str(services.program), "reload", "nginx")]
            + [sudoers.test_line(it.host.ssh_user, trial(it))] * tested)
        it.services = services
        ctx = it.ctx(services=services)
        ctx.target = replace(ctx.target, web_test=trial(it))
        yield ctx


def written(it):
    return (it.host.root / ".releasemgr/web.conf").read_text()


def names(folder):
    return ("# Written at each switch; what stands here is replaced.\n"
            f'set $release_root "{folder}";\n')


def test_it_writes_reloads_waits_and_sees_the_new_path(rig):
    """There and back; twice is once more; what is live is all that it needs to know."""
    with rig(kind="web-config") as it, served(it) as ctx:
        web_config.check(ctx)
        assert written(it) == names(f"{it.root}/releases/{OLD}")
        for release in (OLD, NEW, NEW, OLD):
            it.switch(release)
            old = set(descendants(it.host.nginx.pid))
            row = web_config.act(ctx)["nginx"]
            assert (row["workers"], row["folder"]) == (2, f"{it.root}/releases/{release}")
            assert not old & set(descendants(it.host.nginx.pid))
            assert written(it) == names(f"{it.root}/releases/{release}")
            assert {pool.prefix for pool in it.pools} == {f"{it.root}/releases/{release}"}
        web_config.check(ctx)


def test_a_configuration_that_fails_its_test_puts_the_old_file_back(rig):
    """Nothing is reloaded; the sentence is nginx's own."""
    with rig(kind="web-config") as it, served(it) as ctx:
        web_config.act(ctx)
        calls, before = list(it.services.calls), written(it)
        conf = it.host.nginx.folder / "nginx.conf"
        conf.write_text(conf.read_text() + "nonsense;\n")
        it.switch(NEW)
        with pytest.raises(StepFailed, match='unknown directive "nonsense"'):
            web_config.act(ctx)
        assert (written(it), it.services.calls) == (before, calls)


def test_it_is_refused_without_the_right_to_test(rig):
    """With the line to paste; nothing was written."""
    with rig(kind="web-config") as it, served(it, tested=False) as ctx:
        before = written(it)
        with pytest.raises(StepFailed, match=r"add this line: .*NOPASSWD: /usr/sbin/nginx -t"):
            web_config.check(ctx)
        assert written(it) == before


def test_a_configuration_that_does_not_include_the_file_is_refused_with_the_lines(rig):
    """The file is there by then, so that it can be included."""
    with rig(kind="stale") as it, served(it) as ctx:
        proof.learn(it.site, it.pools, it.root)
        with pytest.raises(StepFailed, match=r"write include .*/\.releasemgr/web\.conf; and root "
                                             r"\$release_root/public;"):
            web_config.check(ctx)
        assert written(it) == names(f"{it.root}/releases/{OLD}")


def test_new_workers_that_do_not_use_the_file_are_not_confirmed(rig):
    """Nobody has looked yet on a first release: the act looks itself."""
    with rig(kind="stale") as it, served(it) as ctx, \
            pytest.raises(NotConfirmed, match=r"is still handed paths below .*/current after"):
        web_config.act(ctx)


def test_a_reload_that_does_not_happen_is_not_confirmed(rig, monkeypatch):
    """The manager said yes, and the old workers are still there."""
    monkeypatch.setattr(fpm, "QUESTION_S", 0)
    with rig(kind="web-config") as it, served(it) as ctx:
        it.services.add("nginx", reload=lambda: None, restart=lambda: None)
        ctx.proof_limit_s = 1
        with pytest.raises(NotConfirmed, match="of nginx from before the reload still serve"):
            web_config.act(ctx)


def test_a_download_that_goes_on_does_not_keep_it_waiting(rig):
    """An old nginx worker that ends its requests takes no new ones."""
    with rig(kind="web-config") as it, served(it) as ctx:
        web_config.act(ctx)
        with visit_under_way(it.host, it.host.root / "releases" / OLD / "public", 15) as answers:
            it.switch(NEW)
            web_config.act(ctx)
            assert answers == [], "it waited for the download"
        assert answers == [b"whole"]


def test_a_site_that_was_brought_aboard_is_named_by_its_link(rig):
    """`current` names a folder of its own: until our first release nothing is said of it."""
    with rig(kind="web-config") as it, served(it) as ctx:
        (it.host.root / "current").unlink()
        os.symlink(it.host.root / "releases" / OLD, it.host.root / "current")
        web_config.check(ctx)
        assert written(it) == names(f"{it.root}/current")
        os.kill(it.host.nginx.pid, signal.SIGHUP)
        time.sleep(0.5)
        proof.learn(it.site, it.pools, it.root)
        web_config.check(ctx)
