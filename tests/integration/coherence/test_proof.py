"""What "proved" means, each condition on real PHP-FPM: take it away and one of these goes red."""

import threading
import time
from urllib.request import urlopen

import pytest

from deployments.coherence import proof, realpath, reset
from deployments.errors import NotConfirmed, StepFailed
from tests.integration.visit import visit_under_way
from tests.sandbox.fpm import Pool as FpmPool
from tests.sandbox.traffic import Traffic

from .conftest import NEW, OLD

CLASS = "src/Shop.php"


def _prove(it, pool, release, **over):
    return proof.prove(it.site, pool, it.root, release,
                       **{"limit_s": 5, "say": it.say, **over})


def _arm(it, pool, release=OLD):
    proof.learn(it.site, [pool], it.root)
    proof.arm(pool, release, limit_s=5, say=it.say)


@pytest.mark.parametrize(("kind", "folder"), [
    ("realpath", f"releases/{OLD}"), ("stale", "current")])
def test_the_path_is_learned_from_what_the_web_server_hands_to_php(rig, kind, folder):
    """One ordinary request per pool shows it, in FPM's own scoreboard."""
    with rig(kind=kind) as it:
        proof.learn(it.site, it.pools, it.root)

        assert {pool.prefix for pool in it.pools} == {f"{it.root}/{folder}"}


def test_a_pool_of_one_worker_is_learned_from_opcache_keys(rig):
    """Its only scoreboard line is overwritten by whoever reads it."""
    for kind, folder in (("realpath", f"releases/{OLD}"), ("stale", "current")):
        with rig(kind=kind, pools=(FpmPool("www", max_children=1), FpmPool("api"))) as it:
            proof.learn(it.site, [it.www], it.root)

            assert it.www.prefix == f"{it.root}/{folder}"


def test_a_stale_entry_is_not_proved(rig):
    """Armed, switched and nothing done: every worker still answers with the old release."""
    with rig(kind="stale") as it:
        _arm(it, it.www)
        it.switch(NEW)

        with pytest.raises(NotConfirmed, match=OLD):
            _prove(it, it.www, NEW)


def test_an_unarmed_pool_proves_nothing(rig):
    """A marker never included before looks new on a stale host, so such answers do not count."""
    with rig(kind="stale") as it:
        proof.learn(it.site, [it.www], it.root)
        urlopen(it.host.url).read()
        it.switch(NEW)
        marker = f"{it.root}/current/.releasemgr/marker.php"
        answers = [it.www.ask("probe", marker=marker, files=[], hold_ms=0) for _ in range(8)]

        # The trap: some marker looks new although the site still answers with the old release.
        assert NEW in {answer["release"] for answer in answers}
        with pytest.raises(NotConfirmed, match="no answer just before the switch"):
            _prove(it, it.www, NEW)


def test_arming_fails_where_php_runs_another_release_than_current(rig):
    """A host that is stale already is told so before anything is switched."""
    with rig(kind="stale") as it:
        _arm(it, it.www)
        it.switch(NEW)

        with pytest.raises(StepFailed, match="Make PHP reload first"):
            proof.arm(it.www, NEW, limit_s=5, say=it.say)


def test_reset_and_wait_is_proved_on_every_worker_of_every_pool(rig):
    """One reset reaches both pools of the master; each worker answers by its pid."""
    with rig(kind="stale") as it:
        for pool in it.pools:
            _arm(it, pool)
        it.switch(NEW)
        counters = reset.act(it.pools, limit_s=10, say=it.say)
        rows = [_prove(it, pool, NEW) for pool in it.pools]

    assert list(counters) == ["php-fpm"]
    assert counters["php-fpm"]["manual_restarts"] == 1
    assert [(row["proved"], row["workers"]) for row in rows] == [(4, 4), (2, 2)]
    assert len(set(rows[0]["pids"] + rows[1]["pids"])) == 6


def test_reset_waits_for_a_long_request_before_it_counts_as_done(rig):
    """`opcache_reset()` only schedules; until the long request ended nothing is reset."""
    with rig(kind="stale") as it:
        _arm(it, it.www)
        it.switch(NEW)
        visit = threading.Thread(target=lambda: urlopen(f"{it.host.url}slow").read())
        visit.start()
        time.sleep(0.1)
        counters = reset.act([it.www], limit_s=10, say=it.say)
        visit.join()

    assert counters["php-fpm"]["waited_ms"] >= 100


def test_reset_that_does_not_happen_in_time_is_not_confirmed(rig):
    """A request longer than the limit keeps it pending: a failure, never a success."""
    with (rig(kind="stale") as it,
          visit_under_way(it.host, it.host.root / "releases" / OLD / "public", 2)):
        it.switch(NEW)
        with pytest.raises(NotConfirmed, match="requests still running"):
            reset.act([it.www], limit_s=0.1, say=it.say)


def test_a_busy_worker_is_waited_for_and_named_with_its_age(rig):
    """It may still hold the old release; only its end, or its answer, settles it."""
    with rig(kind="realpath") as it:
        _arm(it, it.www)
        with visit_under_way(it.host, it.host.root / "releases" / OLD / "public", 4):
            it.switch(NEW)
            with pytest.raises(NotConfirmed, match=r"has been busy for [0123] s"):
                _prove(it, it.www, NEW, limit_s=1)
            row = _prove(it, it.www, NEW, limit_s=30)

    assert row["proved"] == 4


def test_a_class_file_that_is_old_is_not_proved(rig):
    """The marker alone is not enough: a class of the site must come from the release too."""
    with rig(kind="stale") as it:
        it.www.probe_file = CLASS
        _arm(it, it.www)
        it.switch(NEW)
        marker = f"{it.root}/current/.releasemgr/marker.php"
        it.www.prefix = f"{it.root}/current"
        invalidate = it.host.root / ".releasemgr/invalidate.php"
        invalidate.write_text(
            f"<?php opcache_invalidate('{marker}', true);"
            f"opcache_invalidate('{it.root}/releases/{OLD}/.releasemgr/marker.php', true);")
        from deployments.remote import fastcgi
        from tests.integration.coherence.conftest import _dial

        with _dial(it.host.pools[0][1]) as sock:
            fastcgi.request(sock, {"SCRIPT_FILENAME": str(invalidate), "REQUEST_METHOD": "GET"},
                            b"", deadline=time.monotonic() + 5, max_bytes=10**6)
        with pytest.raises(NotConfirmed, match=OLD):
            _prove(it, it.www, NEW)


@pytest.mark.parametrize("pm", ["static", "dynamic", "ondemand"])
def test_rounds_refuse_no_visitor_and_fork_no_worker(rig, pm):
    """Under traffic, arming and proving leave the pool as large as visitors alone made it."""
    settings = {
        "dynamic": {"pm.start_servers": "6", "pm.min_spare_servers": "1",
                    "pm.max_spare_servers": "8"},
        "ondemand": {"pm.process_idle_timeout": "60s"},
    }.get(pm, {})
    pools = (FpmPool("www", pm=pm, max_children=8, settings=settings), FpmPool("api"))
    with rig(kind="realpath", pools=pools) as it:
        _grow(it, 6)
        _release_under_traffic(it)


def _grow(it, count):
    """Visit until the pool has `count` workers, more than traffic and we need at a time."""
    until = time.monotonic() + 30
    while len(it.www.status()["pool"]["procs"]) < count and time.monotonic() < until:
        _visit_at_once(it, 8)
    assert len(it.www.status()["pool"]["procs"]) >= count


def _visit_at_once(it, count):
    visits = [threading.Thread(target=lambda: urlopen(f"{it.host.url}slow").read())
              for _ in range(count)]
    for visit in visits:
        visit.start()
    for visit in visits:
        visit.join()


def _release_under_traffic(it):
    with Traffic([it.host]) as traffic:
        traffic.wait_for(100)
        before = {row["pid"] for row in it.www.status()["pool"]["procs"]}
        refused = it.www.status()["pool"]["max_children_reached"]
        _arm(it, it.www)
        it.switch(NEW)
        row = _prove(it, it.www, NEW, limit_s=20)
        after = it.www.status()["pool"]

    assert row["proved"] >= 1
    assert {each["pid"] for each in after["procs"]} <= before, after
    assert after["max_children_reached"] == refused
    assert traffic.counts().failed == 0


def test_a_worker_started_after_the_act_needs_a_witness(rig):
    """Killing a worker makes FPM start another: it is seen as later, and one answers."""
    import os
    import signal

    with rig(kind="realpath") as it:
        _arm(it, it.www)
        it.switch(NEW)
        old = it.www.status()["pool"]["procs"]
        ask, killed = it.www.ask, []

        def asking(act, **payload):
            answer = ask(act, **payload)
            if act == "probe" and not killed:
                killed.append(next(row["pid"] for row in old if row["pid"] != answer["pid"]))
                os.kill(killed[0], signal.SIGKILL)
                time.sleep(0.3)
            return answer

        it.www.ask = asking
        row = _prove(it, it.www, NEW, limit_s=10)

    assert killed[0] not in row["pids"]
    assert (row["exited"], row["later"]) == (1, 1)


ONE_AT_A_TIME = FpmPool("www", pm="dynamic", settings={
    "pm.start_servers": "4", "pm.min_spare_servers": "1", "pm.max_spare_servers": "4"})


@pytest.mark.parametrize("www", [FpmPool("www"), ONE_AT_A_TIME], ids=lambda pool: pool.pm)
def test_a_scoreboard_that_is_busy_is_read_again(rig, www):
    """fpm_get_status() gives nothing while another worker holds the scoreboard.

    Workers are asked in turn, so the same two of four meet it each time: their answers count too.
    """
    with rig(kind="realpath", pools=(www, FpmPool("api"))) as it:
        door, answers = it.www._door, []
        ask = door.ask

        def asking(act, **payload):
            answer = ask(act, **payload)
            answers.append(answer)
            return {**answer, "pool": None} if len(answers) % 2 else answer

        door.ask = asking
        proof.learn(it.site, [it.www], it.root)
        answers.clear()
        proof.arm(it.www, OLD, limit_s=20, say=it.say)

    assert len(it.www.armed) == 4
    assert len(answers) < 12


def test_preloaded_classes_are_refused_by_both_strategies(rig):
    """No switch and no reset replaces them: every page would mix two releases."""
    with rig(kind="realpath") as it:
        ask = it.www.ask

        def preloading(act, **payload):
            answer = ask(act, **payload)
            return {**answer, "ini": {**answer.get("ini", {}), "preload": "/srv/preload.php"}}

        it.www.ask = preloading
        with pytest.raises(StepFailed, match=r"preloads /srv/preload\.php"):
            realpath.check([it.www], it.root)
        with pytest.raises(StepFailed, match=r"preloads /srv/preload\.php"):
            reset.check([it.www])
