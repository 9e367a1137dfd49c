"""Pools whose only worker overwrites its line: the path is learned all the same, or refused."""

import os

import pytest

from deployments.coherence import entry, proof, reset, warm
from deployments.errors import NotConfirmed, StepFailed
from deployments.plan import PoolPlan
from tests.sandbox.fpm import Pool as FpmPool
from tests.sandbox.traps import TRAPS
from tests.stand import on_stand

from .conftest import NEW, OLD

POOLS = (FpmPool("www", max_children=1), FpmPool("api"))
ON_DEMAND = (FpmPool("www", pm="ondemand", settings={"pm.process_idle_timeout": "60s"}),
             FpmPool("api"))


def _arm(it):
    proof.learn(it.site, [it.www], it.root)
    proof.arm(it.www, OLD, limit_s=5, say=it.say)


def _prewarm(it):
    """As the strategy `realpath` does before the switch: the entry is a key before anybody asks."""
    warm.prepare(it.ctx(pools=[it.www]))


def _prove(it):
    return proof.prove(it.site, it.www, it.root, NEW, limit_s=5, say=it.say)


@pytest.mark.parametrize("pools", [POOLS, ON_DEMAND])
def test_a_resolving_web_server_is_proved_with_one_worker(rig, pools):
    """After the switch the path is the new release's: never taken from what was live before."""
    with rig(kind="realpath", pools=pools) as it:
        _arm(it)
        _prewarm(it)
        it.switch(NEW)
        row = _prove(it)

    assert row["path"] == f"{it.root}/releases/{NEW}"
    # Asking on and on starts no other. `ondemand` forks when a question finds the worker still
    # ending the one before, which a busy machine makes happen: then both were proved.
    assert row["proved"] == row["workers"] <= (1 if pools is POOLS else 2)


def test_a_stale_web_server_is_proved_with_one_worker_after_its_reset(rig):
    """The front controller is a key of OPcache below `current` again."""
    with rig(kind="stale", pools=POOLS) as it:
        _arm(it)
        it.switch(NEW)
        with pytest.raises(NotConfirmed, match=OLD):
            _prove(it)
        reset.act([it.www], limit_s=10, say=it.say)
        row = _prove(it)

    assert (row["path"], row["proved"]) == (f"{it.root}/current", 1)


def test_a_web_server_fixed_to_the_old_release_is_not_proved_with_one_worker(rig):
    """The new entry was compiled ahead and is a key, yet no page runs it."""
    with rig(kind="realpath", pools=POOLS) as it:
        _arm(it)
        _prewarm(it)
        it.switch(NEW)
        _fix_to(it, OLD)
        with pytest.raises(StepFailed, match="does not tell which path"):
            _prove(it)


def test_a_page_that_another_pool_answers_is_refused_with_one_worker(rig):
    """The worker never takes it; guessing would let a stale pool pass."""
    with rig(kind="realpath", pools=POOLS) as it:
        it.www.plan = PoolPlan("www", "php-fpm", "", "/api/", "")
        with pytest.raises(StepFailed, match="never saw our request to /api/"):
            proof.learn(it.site, [it.www], it.root)


def _fix_to(it, release):
    """The web server's root names a release instead of `current`."""
    nginx, current = it.host.nginx, f"{it.root}/current/"
    assert current in nginx.servers[0]
    nginx.servers = [text.replace(current, f"{it.root}/releases/{release}/")
                     for text in nginx.servers]
    nginx.reload()


def test_an_entry_that_opcache_does_not_keep_yet_is_not_taken_for_real_paths(site_repository):
    """It is written right before the first look, and keeps itself out of OPcache for two seconds;
    what it runs is kept at once."""
    with on_stand(TRAPS["mod_php_entry"].host(), site_repository) as stand:
        stand.host.apache.reload(wait=True)
        os.utime(stand.host.root / entry.FOLDER / "public/index.php")
        assert stand.look().choice == "front-controller"
