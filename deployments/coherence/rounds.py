"""Asking every worker of a pool without ever being in a visitor's way.

A round leaves a quarter of the workers (at least one) free where a pool has more than one, holds
a worker at most `HOLD_MS`, and never makes FPM fork: pools that fork on demand are asked one
request at a time. Sequential requests reach all idle workers, because the kernel wakes the one
that has waited longest.
"""

import math
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import clock
from .pool import QUESTION_S, SOON_S, PoolBusy, roster_of, time_for
from .waiting import Waiting, request_words

HOLD_MS = 20
PREFORK = "prefork"  # Apache with mod_php
HELD = (_lazy("{} of {} children of Apache are held by visitors' connections: set KeepAliveTimeout "
              "1 and MaxKeepAliveRequests 20 in Apache's configuration, or choose the strategy "
              "“apache-graceful”"))
PREFORK_LEAST = 8
"""A child that visitors hold is free for a moment between two of them: we meet it where all idle
ones are asked at once (one by one, the last of 66 was not met within a minute)."""
RENEWED_S = 2
"""How long workers that are known to be new are asked, where one witness would be enough."""
PAUSE_S = 0.05


@dataclass
class Seen:
    """What the workers answered: `answers` by (pid, start_time), the last roster, and who of the
    first roster is missing or exited; `later` were started since then."""

    answers: dict = field(default_factory=dict)
    missing: set = field(default_factory=set)
    exited: set = field(default_factory=set)
    later: set = field(default_factory=set)
    roster: object = None  # None: nobody answered at all
    is_nobody_free: bool = False  # the last round's questions all waited in vain
    is_complete: bool = False

    @property
    def present(self):
        """The workers that answered and are still there, sorted."""
        return sorted(set(self.answers) & self.roster.keys)

    def busy_sentence(self):
        """Say why it is not complete: name the missing workers with the age of their requests."""
        if self.is_nobody_free:
            return _("no worker was free to answer")
        if self.roster.manager == PREFORK and self.missing:
            return HELD.format(len(self.missing), len(self.roster.workers))
        rows = {worker.key: worker for worker in self.roster.workers}
        parts = [
            _("worker {key} has been busy for {age_s:.0f} s").format(
                key=key[0], age_s=rows[key].age_s)
            if not rows[key].is_idle else _("worker {key} never took our request").format(
                key=key[0])
            for key in sorted(self.missing) if key in rows
        ]
        return ", ".join(parts) or \
            _("none of the workers that PHP-FPM has started since we began took our request")

    def waiting_words(self, pool, waited_s):
        """Say what is waited for: the missing worker whose request has been running longest."""
        if self.is_nobody_free or not self.roster:
            return pool.busy_words(waited_s)
        rows = [worker for worker in self.roster.workers if worker.key in self.missing]
        busy = [worker for worker in rows if not worker.is_idle]
        if not busy:
            who = _("{rows} of {workers} workers").format(
                rows=len(rows), workers=len(self.roster.workers)) if rows else _("new workers")
            held = _(", which visitors' connections hold") if self.roster.manager == PREFORK else ""
            return _("{who} of PHP pool {pool} to answer us{held}").format(
                who=who, pool=pool.name, held=held)
        worker = max(busy, key=lambda worker: worker.age_s)
        more = _("; {busy} more workers of it are busy").format(
            busy=len(busy) - 1) if len(busy) > 1 else ""
        return (_("PHP pool {pool}: {request_words}{more}").format(
            pool=pool.name, request_words=request_words(worker.script, worker.age_s, worker.pid),
            more=more))


def width(roster, missing):
    """How many workers one round may ask at the same time."""
    total = len(roster.workers)
    if total <= 1:
        return 1
    free = max(1, math.ceil(total / 4))
    if roster.manager == PREFORK:  # nobody knows who is idle; who waits for us waits HOLD_MS
        return max(1, min(max(missing, PREFORK_LEAST), total - free))
    if roster.manager != "static":
        return 1
    return max(0, min(missing, roster.idle + 1 - free))


def ask_all(pool, payload, *, until, is_final):
    """Ask every worker of the pool once; return `Seen`.

    `payload` is the probe; `until` a monotonic deadline; `is_final(answer)` True ends at once
    (an answer that settles the matter, like a stale one). Workers that the strategy itself has
    seen start after its act (`pool.renewed`) are later ones: as many as answer in `RENEWED_S`,
    one at least.
    """
    seen, wanted, count = Seen(), None, 1
    started, waiting, most_s = clock.monotonic(), Waiting(pool.say), SOON_S
    renewed_until = started + RENEWED_S
    while True:
        answers = _round(pool, payload, count, time_for(until, most_s=most_s))
        seen.is_nobody_free = not answers
        for answer in answers:
            seen.roster = roster_of(answer, pool)
            _note(seen, answer)
        if answers:
            renewed = _renewed(pool, seen.roster)
            wanted = seen.roster.keys - renewed if wanted is None else wanted
            _sort(seen, wanted)
            seen.is_complete = not seen.missing and _later_is_witnessed(seen) and not (
                clock.monotonic() < renewed_until and renewed & _unasked(seen))
        if seen.is_complete or any(map(is_final, answers)) or clock.monotonic() > until:
            return seen
        waiting.tell(seen.waiting_words(pool, clock.monotonic() - started))
        count = _next_width(seen) if answers else 1
        most_s = QUESTION_S


def _renewed(pool, roster):
    """Return the workers that the strategy has seen start after its act, and with mod_php those
    that Apache has started since: none from before was left by then."""
    if roster.manager != PREFORK or not pool.renewed:
        return pool.renewed
    first = min(start for __, start in pool.renewed)
    return pool.renewed | {(pid, start) for pid, start in roster.keys if start >= first}


def _next_width(seen):
    """Wait where the pool has no worker to spare; return how many to ask at once."""
    left = seen.missing or (_unasked(seen) if seen.roster.manager == PREFORK else ())
    count = width(seen.roster, max(1, len(left)))
    nobody_idle = seen.missing and not any(worker.is_idle for worker in _rows(seen))
    if count == 0 or seen.roster.queued or nobody_idle:
        clock.sleep(PAUSE_S)
        return 1
    return count


def _unasked(seen):
    return seen.later - set(seen.answers)


def _rows(seen):
    return [worker for worker in seen.roster.workers if worker.key in seen.missing]


def _round(pool, payload, count, limit_s):
    """Return the answers to `count` questions at the same time; [] while nobody is free."""
    if count == 1:
        return _question(pool, payload, limit_s)
    with pool.threads(count) as threads:
        asked = [threads.submit(_question, pool, {**payload, "hold_ms": HOLD_MS}, limit_s)
                 for __ in range(count)]
    return [answer for future in asked for answer in future.result()]


def _question(pool, payload, limit_s):
    """Return all that one question brought, [] when no worker was free for it.

    A worker that could not read the scoreboard has answered all the same: the list that the next
    one read a moment later names it. Who threw that away could meet the same workers for ever.
    """
    try:
        answer = pool.ask("probe", deadline_s=limit_s, **payload)
    except PoolBusy:
        return []
    return [{**early, "pool": answer["pool"]} for early in answer["unlisted"]] + [answer]


def _note(seen, answer):
    for row in answer["pool"]["procs"]:
        if row["pid"] == answer["pid"]:
            seen.answers[row["pid"], row["start_time"]] = answer


def _sort(seen, wanted):
    present = seen.roster.keys
    seen.exited = wanted - present
    seen.later = present - wanted
    seen.missing = (wanted & present) - set(seen.answers)


def _later_is_witnessed(seen):
    return not seen.later or bool(seen.later & set(seen.answers))
