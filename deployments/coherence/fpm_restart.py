"""Strategy `fpm-restart`: PHP-FPM is stopped and started. Never chosen by `auto`.

Requests that run are cut off, and while it is down visitors get errors. How long that is on this
server we measure each time, as visitors would, and tell before the next time.
"""

import threading

from django.utils.translation import gettext as _

from .. import clock
from ..remote.faults import RemoteFault
from . import fpm, service
from .preload import check_preload

EVERY_S = 0.03
ANSWER_S = 10
BROKEN = 500
"""From here on the web server says that PHP is not there (502, 503, 504), or PHP that it fails."""


def check(ctx):
    """StepFailed when we may not restart it there, or two releases would be mixed; says what to
    change."""
    until = clock.monotonic() + ctx.proof_limit_s
    for name, pools in fpm.by_master(ctx.pools).items():
        __, answers = fpm.look(ctx, pools, until=until)
        service.may(ctx, "restart", name)
        for pool, status in answers.items():
            check_preload(ctx, pool, status["ini"])


def act(ctx):
    """Restart each master and wait until all workers are new and a page answers again.

    Returns by master how long visitors met errors. NotConfirmed on the deadline.
    """
    return {name: _restart(ctx, pools) for name, pools in fpm.by_master(ctx.pools).items()}


def start(ctx, pools, problem):
    """Start PHP-FPM again where it does not answer; returns what `act` does for one master.

    Whatever ran there has ended with it, so no worker needs to be told from an older one.
    """
    name, until = pools[0].master, fpm.limit_of(ctx, service.RESTART_S)
    ctx.say(f"PHP does not answer ({problem}); starting {name}")
    service.act(ctx, "restart", name)
    count = sum(len(pool.status(until=until)["pool"]["procs"]) for pool in pools)
    ctx.say(f"{name} started: {count} workers answer")
    return {"workers_before": 0, "workers": count, "was_down": True, "waited_ms": 0,
            "outage_s": None}


def _restart(ctx, pools):
    until = fpm.limit_of(ctx, service.RESTART_S)
    gone = fpm.why_gone(pools, until=until)
    if gone:
        return start(ctx, pools, gone)
    master, answers = fpm.look(ctx, pools, until=until)
    known_s = ctx.kept.outage_s.get(master.name)
    ctx.say(f"Restarting {master.name}: {expected(known_s)}")
    with Visits(ctx.site, pools[0].plan.page_path) as visits:
        service.act(ctx, "restart", master.name)
        count = fpm.wait_for_new_workers(ctx, pools, master, fpm.keys_of(answers), until=until)
        visits.wait_for_a_good_one(until)
    ctx.say(f"{master.name} restarted: all {count} workers of its pools are new; "
            f"{visits.failed} of {visits.asked} requests of ours failed, over {visits.outage_s} s")
    return {"workers_before": len(master.workers), "workers": count, "asked": visits.asked,
            "failed": visits.failed, "outage_s": visits.outage_s}


def expected(known_s):
    """Return what visitors will notice, from the last time it was measured there (None: never)."""
    how_long = _("a few seconds (not measured here yet)") if known_s is None else \
        _("about {known_s:.1f} s").format(known_s=max(known_s, 0.1))
    return _("visitors may see errors for {how_long}").format(how_long=how_long)


class Visits:
    """`with Visits(site, "/") as visits:` asks for a page all the time, one request after the
    other, and counts what a visitor would have got."""

    def __init__(self, site, path):
        self._site, self._path = site, path
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.asked = self.failed = 0
        self.outage_s = 0.0
        self._last_good_at = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *problem):
        self._ended.set()
        self._thread.join(ANSWER_S + 1)

    def wait_for_a_good_one(self, until):
        """Return once a request that was sent after this call was answered well, or at `until`."""
        now = clock.monotonic()
        while (self._last_good_at or 0) < now and clock.monotonic() < until:
            clock.sleep(EVERY_S)

    def _ask(self):
        failing_since = None
        while not self._ended.is_set():
            sent_at = clock.monotonic()
            is_good = self._visit()
            self.asked += 1
            if not is_good:
                self.failed += 1
                failing_since = failing_since or sent_at
            else:
                if failing_since:
                    self.outage_s = round(self.outage_s + clock.monotonic() - failing_since, 3)
                failing_since, self._last_good_at = None, sent_at
            self._ended.wait(EVERY_S)

    def _visit(self):
        try:
            return self._site.get(self._path, deadline_s=ANSWER_S).status < BROKEN
        except RemoteFault:
            return False
