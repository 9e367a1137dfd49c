"""Strategy `reset` on real OPcache: others' resets, requests in its way, visitors' answers."""

import threading
import time

import pytest

from deployments.coherence import proof, reset, waiting, warm
from deployments.errors import StepFailed
from tests.sandbox.fpm import Pool as FpmPool
from tests.sandbox.traffic import Traffic

from .conftest import NEW, OLD, visiting

POOLS = (FpmPool("www", max_children=8), FpmPool("api"))


def wait_until_told(it, words):
    until = time.monotonic() + 30
    while not any(words in line for line in it.said):
        assert time.monotonic() < until, it.said
        time.sleep(0.01)


def test_a_reset_that_somebody_else_asked_for_is_waited_for_and_ours_comes_after_it(rig):
    """Theirs may have been asked for before the switch: it alone would prove nothing."""
    with rig(kind="stale") as it:
        with visiting(it, OLD, seconds=5):
            assert it.www.ask("reset")["reset"] is True
            waiting = threading.Thread(
                target=lambda: counters.update(reset.act([it.www], limit_s=20, say=it.say)))
            counters = {}
            waiting.start()
            wait_until_told(it, "somebody else has asked for a reset")
            assert it.www.status()["opcache"]["restart_pending"]
        waiting.join()
    row = counters["php-fpm"]
    assert row["manual_restarts"] == 2


@pytest.mark.parametrize(("allowed_s", "seconds", "words"), [
    (1, 2, "Warning: a request of PHP pool www on web-9 has been running for"),
    (15, 0, "Requests that keep the reset waiting for longer than 15 s are ended by PHP"),
    (180, 0, ""), (0, 0, ""),
])
def test_requests_that_php_would_end_are_told(rig, allowed_s, seconds, words):
    """opcache.force_restart_timeout: PHP kills what holds a reset up for so long."""
    with rig(kind="stale", ini={"opcache.force_restart_timeout": str(allowed_s)}) as it:
        if seconds:
            with visiting(it, OLD, seconds=seconds):
                time.sleep(1.1)
                reset.act([it.www], limit_s=20, say=it.say)
        else:
            reset.act([it.www], limit_s=20, say=it.say)
    told = [line for line in it.said if "force_restart_timeout" in line]
    assert len(told) == bool(words)
    assert all(line.startswith(words) for line in told)


def test_the_request_that_is_waited_for_is_named(rig, monkeypatch):
    """People see what keeps the pages slow."""
    monkeypatch.setattr(waiting, "TELL_AFTER_S", 0.5)
    with rig(kind="stale") as it, visiting(it, OLD, seconds=1.5):
        reset.act([it.www], limit_s=20, say=it.say)
    assert any("Waiting for the reset of php-fpm, held up by the request for " in line
               for line in it.said), it.said


@pytest.mark.parametrize(("ini", "words"), [
    ({"opcache.restrict_api": "/srv/elsewhere"}, r"has opcache\.restrict_api = /srv/elsewhere, so"),
    ({"opcache.enable": "0"}, "OPcache is switched off in PHP pool www"),
])
def test_it_is_refused_where_it_cannot_work(rig, ini, words):
    """Before the switch, with what to change."""
    with rig(kind="stale", ini=ini) as it, pytest.raises(StepFailed, match=words):
        reset.check(it.pools)


def test_a_restriction_that_leaves_us_in_stops_nothing(rig):
    """opcache.restrict_api may name a folder above ours."""
    with rig(kind="stale", ini={"opcache.restrict_api": "/tmp"}) as it:
        reset.check(it.pools)
        assert reset.act(it.pools, limit_s=20, say=it.say)["php-fpm"]["manual_restarts"] == 1


@pytest.mark.parametrize("kind", ["stale", "realpath"])
def test_under_load_nothing_fails_and_nothing_old_or_mixed_comes_after_it(rig, kind):
    """Three switches with quick and slow requests: reset and wait, or resolved by the web server
    and compiled ahead."""
    with rig(kind=kind, pools=POOLS) as it:
        proof.learn(it.site, it.pools, it.root)
        with Traffic([it.host], requests_per_s=100, lanes=6) as traffic:
            traffic.wait_for(50)
            for release in (NEW, OLD, NEW):
                if kind == "realpath":
                    warm.prepare(it.ctx())
                traffic.unmark(it.host.name)
                it.switch(release)
                if kind == "stale":
                    reset.act(it.pools, limit_s=20, say=it.say)
                traffic.mark(it.host.name, release)
                traffic.wait_for(60)
        counts = traffic.counts()
    assert counts.requests > 200
    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), list(traffic.troubles)[:5]
