"""Old versions leave a server, and its OPcache, when no visitor can be using them any more."""

import os
import time

import pytest

from deployments.pipeline.steps.prune import Prune

from .conftest import NEW, OLD, visiting


def _folders(host):
    return {path.name for path in (host.root / "releases").iterdir()}


def _compiled(it, release):
    it.www.ask("warm", files=[f"{it.root}/releases/{release}/public/index.php"])
    return bool(it.www.ask("scripts", below=f"{it.root}/releases/{release}")["files"])


def _age(it, release):
    page = it.host.root / "releases" / release / "public/index.php"
    os.utime(page, (1, 1))


def _prune(it, names):
    ctx = it.ctx()
    Prune({1: names}).run(ctx)
    return ctx.evidence.get("removed", [])


@pytest.mark.parametrize(("ago_s", "goes"), [(60, True), (0, False)])
def test_a_version_that_a_request_may_still_use_stays_until_the_next_deployment(
        rig, ago_s, goes):
    """A request that began before it was replaced may load another of its classes any moment."""
    with rig(kind="realpath") as it:
        _age(it, OLD)
        it.switch(NEW)
        with visiting(it, NEW, seconds=6):
            time.sleep(1)
            assert _compiled(it, OLD)
            removed = _prune(it, {OLD: time.time() - ago_s})
        assert removed == ([OLD] if goes else [])
        if goes:
            assert _folders(it.host) == {NEW}
            assert it.said == ["PHP pool www on web-9: 1 file of old versions taken out of "
                               "OPcache", f"Removed {OLD}"]
        else:
            assert _folders(it.host) == {OLD, NEW}
            assert it.said[0].startswith(f"{OLD} stays for now: a request that may use it has")
            it.said.clear()
            _prune(it, {OLD: time.time()})
            assert _folders(it.host) == {NEW}


def test_php_that_cannot_be_asked_keeps_the_old_versions(rig):
    """Nobody knows then what runs; the release is live and proved all the same."""
    with rig(kind="realpath") as it:
        it.switch(NEW)
        it.host.stop_fpm()
        _prune(it, {OLD: 0})
        assert _folders(it.host) == {OLD, NEW}
    assert it.said[0].startswith("Old releases were not removed: PHP pool www on web-9")
