"""Asking every worker of a pool without ever being in a visitor's way.

A round leaves a quarter of the workers (at least one) free where a pool has more than one, holds
a worker at most `HOLD_MS`, and never makes FPM fork: pools that fork on demand are asked one
request at a time. Sequential requests reach all idle workers, because the kernel wakes the one
that has waited longest.
"""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .pool import roster_of

HOLD_MS = 20
PAUSE_S = 0.05


@dataclass
class Seen:
    """What the workers answered: `answers` by (pid, start_time), the last roster, the time."""

    answers: dict = field(default_factory=dict)
    missing: set = field(default_factory=set)
    exited: set = field(default_factory=set)
    later: set = field(default_factory=set)
    roster: object = None
    is_complete: bool = False

    def busy_sentence(self):
        """Name the workers that did not answer, with the age of their requests."""
        rows = {worker.key: worker for worker in self.roster.workers}
        parts = [
            f"worker {key[0]} has been busy for {rows[key].age_s:.0f} s"
            if not rows[key].is_idle else f"worker {key[0]} never took our request"
            for key in sorted(self.missing) if key in rows
        ]
        return ", ".join(parts)


def width(roster, missing):
    """How many workers one round may ask at the same time."""
    total = len(roster.workers)
    if total <= 1:
        return 1
    if roster.manager != "static":
        return 1
    free = max(1, math.ceil(total / 4))
    return max(0, min(missing, roster.idle + 1 - free))


def ask_all(pool, payload, *, until, is_final):
    """Ask every worker of the pool once; return `Seen`.

    `payload` is the probe; `until` a monotonic deadline; `is_final(answer)` True ends at once
    (an answer that settles the matter, like a stale one).
    """
    answers = [pool.ask("probe", **payload)]
    seen = Seen(roster=roster_of(answers[0], pool))
    wanted = seen.roster.keys
    while True:
        for answer in answers:
            seen.roster = roster_of(answer, pool)
            _note(seen, answer)
        _sort(seen, wanted)
        seen.is_complete = not seen.missing and _later_is_witnessed(seen)
        if seen.is_complete or any(map(is_final, answers)) or time.monotonic() > until:
            return seen
        answers = _round(pool, payload, _next_width(seen))


def _next_width(seen):
    """Wait where the pool has no worker to spare; return how many to ask at once."""
    count = width(seen.roster, max(1, len(seen.missing)))
    nobody_idle = seen.missing and not any(worker.is_idle for worker in _rows(seen))
    if count == 0 or seen.roster.queued or nobody_idle:
        time.sleep(PAUSE_S)
        return 1
    return count


def _rows(seen):
    return [worker for worker in seen.roster.workers if worker.key in seen.missing]


def _round(pool, payload, count):
    if count == 1:
        return [pool.ask("probe", **payload)]
    with ThreadPoolExecutor(count) as threads:
        asked = [threads.submit(pool.ask, "probe", **{**payload, "hold_ms": HOLD_MS})
                 for _ in range(count)]
        return [future.result() for future in asked]


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
