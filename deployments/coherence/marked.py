"""Catching a request of ours in a pool's list of workers, however busy the pool is.

A worker's line shows its newest request alone: with four workers and 300 requests/s it lasts for
13 ms, less than one question takes. So where others overwrite our line before we read it, marked
requests are under way all the time while the list is read again and again. Each reading shows one
with the chance of workers × ours / all requests: it is a matter of a second, not of luck.
"""

import secrets
import threading

from django.utils.translation import gettext as _

from .. import clock
from ..errors import StepFailed
from ..remote.faults import RemoteFault, TimedOut
from .pool import BREATH_S, PoolBusy, roster_of, time_for

VISIT_S = 30
QUIET_TRIES = 5
"""So many requests that nobody else could have hidden: they did not reach the pool."""
SEEK_S = 20
WIDEN_S = 2
"""A far server answers few questions per second: so often the lanes become twice as many."""
LANES = 8
STATIC = "static"
BROKEN = 500
"""From this status on the answer is no page of the site."""


def visit(site, pool, mark, until, *, headers=None):
    """Ask for the pool's page as a visitor does, and wait in the same line as they; return the
    HttpAnswer. StepFailed when nobody answers there, PoolBusy at the deadline."""
    page = pool.plan.page_path
    path = f"{page}{'&' if '?' in page else '?'}{mark}"
    while True:
        try:
            return site.get(path, headers=headers, deadline_s=time_for(until, most_s=VISIT_S))
        except TimedOut as fault:
            if clock.monotonic() >= until:
                raise PoolBusy(_("{pool}: our request to {page} was not answered in time; all its "
                                 "workers may be busy.").format(pool=pool, page=page)) from fault
        except RemoteFault as fault:
            raise StepFailed(f"{pool}: {fault}") from fault


def new_mark():
    """Return a one-time query string: no cache answers it, and nobody else sends it."""
    return f"releasemgr={secrets.token_hex(8)}"


class Catch:
    """Finds the script path that the web server handed to PHP for a request of ours.

    `is_alone`: what was read last showed that the pool has one worker, whose only line is
    overwritten by whoever reads it.
    """

    def __init__(self, site, pool, until):
        self._site, self._pool, self._until = site, pool, until
        self.is_alone = False
        self._status = 0  # of the answer to our last request alone

    def script(self):
        """Return the path, "" where the pool has one worker, which shows nothing.

        StepFailed when the page's requests never reach the pool; PoolBusy at the deadline.
        """
        script, came = "", 0
        for __ in range(QUIET_TRIES):
            script, came = self._one_by_one()
            if script or self.is_alone or came:
                break
        if came and not (script or self.is_alone):
            script = self._all_the_time()
        if not (script or self.is_alone):
            raise StepFailed(self._unseen())
        return script

    def _unseen(self):
        page = self._pool.plan.page_path
        if self._status >= BROKEN:
            return (_("{pool} never saw our request to {page}: the web server answered {status} "
                      "without asking it. See in its error log why.").format(
                pool=self._pool, page=page, status=self._status))
        return (_("{pool} never saw our request to {page}: set a page of the site that this pool "
                  "answers.").format(pool=self._pool, page=page))

    def _one_by_one(self):
        """Return (script, how many requests the pool got meanwhile, our questions not counted).

        None came: ours did not either, for nobody can have hidden it.
        """
        mark, rosters, script = new_mark(), [self._read()], ""
        self._status = visit(self._site, self._pool, mark, self._until).status
        clock.sleep(BREATH_S)
        while not script and len(rosters) < 3:
            rosters.append(self._read())
            script = script_of(rosters[-1], mark)
        before, after = rosters[0], rosters[-1]
        is_same = after.keys == before.keys
        came = _served(after) - _served(before) - len(rosters) + 1 if is_same else 1
        self.is_alone = is_same and len(after.workers) == 1 and came > 0
        return script, came

    def _all_the_time(self):
        """Return the script, "" where `SEEK_S` was not enough."""
        mark, is_over, script, lanes = new_mark(), threading.Event(), "", []
        started = clock.monotonic()
        until = min(self._until, started + SEEK_S)
        most = LANES if self._read().manager == STATIC else 1
        with self._pool.threads(most) as threads:
            try:
                while not (script or is_over.is_set() or clock.monotonic() > until):
                    wanted = 2 ** int((clock.monotonic() - started) / WIDEN_S)
                    while len(lanes) < min(wanted, most):
                        lanes.append(threads.submit(self._keep_visiting, mark, lanes, is_over))
                    clock.sleep(BREATH_S)
                    script = script_of(self._read(), mark)
            finally:
                is_over.set()
        for lane in lanes if not script else ():
            lane.result()
        return script

    def _keep_visiting(self, mark, lanes, is_over):
        """All lanes together ask less than 100 times per second."""
        try:
            while not is_over.is_set():
                visit(self._site, self._pool, f"{mark}{secrets.token_hex(4)}", self._until)
                clock.sleep(BREATH_S * len(lanes))
        finally:
            is_over.set()

    def _read(self):
        return roster_of(self._pool.status(until=self._until), self._pool)


def script_of(roster, mark):
    """Return the script of the request that carried this mark, "" where none shows it."""
    for worker in roster.workers:
        if mark in worker.query and worker.script:
            return worker.script
    return ""


def _served(roster):
    return sum(worker.requests for worker in roster.workers)
