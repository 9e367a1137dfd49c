"""Resetting OPcache: scheduled at once, done later, for the whole master."""

import json
import threading
import time

from deployments.remote import fastcgi
from tests.sandbox.fpm import Pool

MARKER = "current/.releasemgr/marker.php"


def releases_seen(site, pool: str, *, workers: int) -> dict[int, str]:
    """Ask until every worker of the pool has answered; return {pid: release} through `current`."""
    seen = {}
    until = time.monotonic() + 30
    while len(seen) < workers and time.monotonic() < until:
        ask = [threading.Thread(target=lambda: note(site, pool, seen)) for _ in range(workers)]
        for thread in ask:
            thread.start()
        for thread in ask:
            thread.join()
    return seen


def note(site, pool: str, seen: dict[int, str]) -> None:
    probe = {"marker": site.path(MARKER), "hold_ms": 50}
    answer = site.door(pool).ask("probe", deadline_s=60, **probe)
    seen[answer["pid"]] = answer["release"]


def wait_until_done(site, *, restarts: int) -> None:
    """`reset` only schedules: a worker that has answered may still be closing its request."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        cache = site.door("www").ask("status", deadline_s=60)["opcache"]
        if cache["manual_restarts"] == restarts and not cache["restart_pending"]:
            return
        time.sleep(0.01)
    raise AssertionError(f"the reset was not carried out: {cache}")


def test_one_reset_makes_every_worker_of_both_pools_new(make_site):
    """Pools of one master share OPcache: the counter grows once, and no worker stays old."""
    site = make_site(pools=[Pool("www", max_children=3), Pool("api", max_children=2)])
    before = [releases_seen(site, "www", workers=3), releases_seen(site, "api", workers=2)]
    site.switch("r2")
    stale = [releases_seen(site, "www", workers=3), releases_seen(site, "api", workers=2)]
    answer = site.door("www").ask("reset", deadline_s=60)
    wait_until_done(site, restarts=1)
    after = [releases_seen(site, "www", workers=3), releases_seen(site, "api", workers=2)]
    assert answer["reset"] is True
    assert answer["before"]["manual_restarts"] == 0
    assert [set(seen.values()) for seen in (*before, *stale)] == [{"r1"}] * 4
    assert [set(seen.values()) for seen in after] == [{"r2"}] * 2
    assert [seen.keys() for seen in after] == [seen.keys() for seen in before]
    for pool in ("www", "api"):
        cache = site.door(pool).ask("status", deadline_s=60)["opcache"]
        assert (cache["manual_restarts"], cache["restart_pending"]) == (1, False)


def test_a_reset_of_another_master_changes_nothing_here(make_site):
    """Two masters, two memories: each needs its own reset."""
    one, other = make_site(), make_site()
    one.door().ask("reset", deadline_s=60)
    one.door().ask("status", deadline_s=60)
    assert other.door().ask("status", deadline_s=60)["opcache"]["manual_restarts"] == 0


def test_while_a_request_runs_the_reset_is_pending_and_a_second_one_is_false(site):
    """OPcache restarts when nobody uses it; until then it is waiting, not switched off."""
    visitor, door = Visitor(site, "visited"), site.door()
    first, second = door.ask("reset", deadline_s=60), door.ask("reset", deadline_s=5)
    waiting = door.ask("status", deadline_s=60)
    visitor.end()
    wait_until_done(site, restarts=1)
    assert (first["reset"], second["reset"]) == (True, False)
    assert waiting["problem"] is None
    assert waiting["opcache"]["enabled"] is True
    assert waiting["opcache"]["restart_pending"] is True
    assert waiting["opcache"]["manual_restarts"] == 0


def test_a_request_that_began_while_it_was_pending_does_not_call_opcache_off(site):
    """It runs without OPcache to its end, also when the reset has happened meanwhile."""
    holder = Visitor(site, "holder")
    assert site.door().ask("reset", deadline_s=60)["reset"] is True
    late = Visitor(site, "late", """
        define('RELEASEMGR_ENDPOINT', 1);
        require glob(dirname(__DIR__) . '/.releasemgr/control*.php')[0];
        $own = opcache_get_status(false)['opcache_enabled'];
        echo json_encode([$own, Releasemgr\\opcache()]);""")
    holder.end()
    wait_until_done(site, restarts=1)
    told = late.end()
    its_own_word, cache = json.loads(told)
    assert its_own_word is False, "the trap is gone"
    assert (cache["enabled"], cache["manual_restarts"]) == (True, 1)


class Visitor:
    """A page that is at work from now on, until `end`, which returns what it printed."""

    def __init__(self, site, name: str, more: str = ""):
        folder = site.root / "visits"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)  # PHP's user tells in it that the page has begun
        self.page, self.go = folder / f"{name}.php", folder / f"{name}-go"
        begun = folder / f"{name}-begun"
        self.page.write_text(f"""<?php
            touch('{begun.name}');
            for ($until = microtime(true) + 60; microtime(true) < $until; usleep(9000)) {{
                clearstatcache();
                if (is_file('{self.go.name}')) break;
            }}
            {more}""")
        self.said = b""
        self.thread = threading.Thread(target=self._visit, args=[site])
        self.thread.start()
        until = time.monotonic() + 60
        while not begun.exists():
            assert time.monotonic() < until, f"{self.page} does not begin"
            time.sleep(0.01)

    def end(self) -> bytes:
        self.go.touch()
        self.thread.join()
        return self.said

    def _visit(self, site) -> None:
        """Run the page as the web server does."""
        params = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": str(self.page)}
        with site.dial() as sock:
            deadline = time.monotonic() + 120
            self.said = fastcgi.request(sock, params, deadline=deadline, max_bytes=1000)[2]
