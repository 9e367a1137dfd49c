"""Strategy `reset`: one opcache_reset() per FPM master, then wait until it has happened.

`opcache_reset()` only schedules; the restart comes when no request uses the shared memory any
more. Done is: nothing pending, nothing in progress, and `manual_restarts` has grown.
"""

from django.utils.translation import gettext as _

from .. import clock
from ..errors import NotConfirmed, StepFailed
from . import fpm
from .pool import QUESTION_S
from .waiting import Waiting, longest, row_words

POLL_S = 0.03


def check(pools, *, limit_s=QUESTION_S):
    """StepFailed when a reset cannot work in any of these pools, saying what to change.

    Busy pools are waited for up to `limit_s`.
    """
    until = clock.monotonic() + limit_s
    for pool in pools:
        answer = pool.status(until=until)
        cache, ini = answer["opcache"], answer["ini"]
        if ini.get("restrict_api") and not _may_call(ini["restrict_api"], answer["root"]):
            raise StepFailed(
                _("{pool} has opcache.restrict_api = {restrict_api}, so it will not reset for us: "
                  "set it to {root} or remove it.").format(
                    pool=pool, restrict_api=ini["restrict_api"], root=answer["root"]))
        if not cache.get("enabled"):
            raise StepFailed(
                _("OPcache is switched off in {pool}, so there is nothing to reset and no way to "
                  "make it coherent: switch it on, or choose the strategy “realpath”.").format(
                    pool=pool))
        if ini.get("preload"):
            raise StepFailed(
                _("{pool} preloads {preload}: a reset leaves preloaded classes old. Choose the "
                  "strategy “fpm-reload”, or remove opcache.preload.").format(
                    pool=pool, preload=ini["preload"]))


def _may_call(restriction, root):
    return f"{root}/".startswith(restriction)


def act(pools, *, limit_s, say):
    """Reset each master once and wait, for busy workers too. Returns counters by master;
    NotConfirmed on the deadline."""
    until = clock.monotonic() + limit_s
    return {master: _Reset(own, until=until, limit_s=limit_s, say=say).wait()
            for master, own in fpm.by_master(pools).items()}


class _Reset:
    """One reset of one master, asked for through its first pool."""

    def __init__(self, pools, *, until, limit_s, say):
        self._pools, self._pool = pools, pools[0]
        self._until, self._limit_s, self._say = until, limit_s, say
        self._started = clock.monotonic()
        self._before = None  # counters when ours was accepted
        self._waiting = Waiting(say)
        self._told = set()

    def wait(self):
        """Ask until it is accepted, wait until it has happened; return the counters."""
        self._warn_of_kills(self._pool.status(until=self._until))
        while clock.monotonic() < self._until:
            self._ask()
            status = self._pool.status(until=self._until)
            now = status["opcache"]
            is_pending = now["restart_pending"] or now["restart_in_progress"]
            if self._before and not is_pending and \
                    now["manual_restarts"] > self._before["manual_restarts"]:
                return self._done(now)
            if self._waiting.is_due:
                self._waiting.tell(self._waiting_words(status))
            clock.sleep(POLL_S)
        raise NotConfirmed(
            _("{pool}: the PHP cache was asked to reset, but requests still running keep it from "
              "happening.").format(pool=self._pool))

    def _ask(self):
        """Refused is a reset while one is pending that somebody else asked for: that comes first,
        and ours after it, because nobody knows what was live when theirs was asked for."""
        if self._before:
            return
        answer = self._pool.ask("reset", until=self._until)
        if answer["reset"]:
            self._before = answer["before"]
        else:
            self._tell("other", _("{pool}: somebody else has asked for a reset that has not "
                                  "happened yet; ours waits for it").format(pool=self._pool))

    def _done(self, now):
        waited_ms = int((clock.monotonic() - self._started) * 1000)
        self._say(f"PHP cache of {self._pool.master} reset after {waited_ms} ms "
                  f"(restart {now['manual_restarts']})")
        return {"manual_restarts_before": self._before["manual_restarts"],
                "manual_restarts": now["manual_restarts"], "waited_ms": waited_ms}

    def _warn_of_kills(self, status):
        """PHP ends requests that hold a reset up for longer than force_restart_timeout."""
        allowed_s = int(status["ini"].get("force_restart_timeout") or 0)
        running_s = self._running_s(status)
        if not allowed_s:
            return
        if running_s > allowed_s:
            self._say(f"Warning: a request of {self._pool} has been running for {running_s:.0f} s; "
                      f"PHP ends it if it keeps the reset waiting for {allowed_s} s "
                      "(opcache.force_restart_timeout)")
        elif allowed_s < self._limit_s:
            self._say(f"Requests that keep the reset waiting for longer than {allowed_s} s are "
                      "ended by PHP (opcache.force_restart_timeout)")

    def _waiting_words(self, status):
        """Of all pools of the master that are ours; others may hold it up as well."""
        rows = filter(None, map(longest, (status, *self._others())))
        row = max(rows, key=lambda row: row["age_s"], default=None)
        what = row_words(row) if row else _("requests of other pools")
        return (_("the reset of {master}, held up by {what}; OPcache is off meanwhile, so pages "
                  "are slow").format(master=self._pool.master, what=what))

    def _others(self):
        return [pool.status(until=self._until) for pool in self._pools[1:]]

    def _running_s(self, status):
        """Of all pools of the master that are ours."""
        return max(fpm.running_s(row) for row in (status, *self._others()))

    def _tell(self, what, sentence):
        if what not in self._told:
            self._told.add(what)
            self._say(sentence)
