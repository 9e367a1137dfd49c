"""A PHP-FPM master as the server shows it: its configuration, its workers, its longest request."""

import math
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .. import clock
from ..errors import NotConfirmed, StepFailed
from ..remote.faults import RemoteFault
from .pool import MOD_PHP, QUESTION_S, roster_of
from .waiting import Waiting, request_words

UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
CLOCK_S = 2
"""Whole seconds are told of files and of the start: so much younger may still be older."""
POLL_S = 0.1
DRAIN_POLL_S = 0.25
SPARE_S = 5
"""Advised beyond the longest request that was seen."""


@dataclass(frozen=True)
class Master:
    """`timeout_s` is process_control_timeout, `timeout_file` where it is to be changed.

    `workers` are (pid, start, pool) of every pool of it, also of those that are not ours.
    `changed_file` was edited after PHP-FPM had read it, "" where none was.
    """

    name: str
    pid: int
    timeout_s: int
    timeout_file: str
    workers: frozenset
    changed_file: str = ""


def by_master(pools):
    """Return {master's name: its pools}, in the pools' order."""
    found = {}
    for pool in pools:
        found.setdefault(pool.master, []).append(pool)
    return found


def read_master(ctx, pool, status):
    """Return the Master that this answer of the pool's `status` came from.

    StepFailed when the server does not let us see it, or its configuration cannot be read whole.
    """
    values = ctx.run_script("fpm.sh", status["pid"] or status["pool"]["procs"][0]["pid"])
    unreadable = _list(values, "unreadable")
    if unreadable:
        raise StepFailed(
            _("{server}: {unreadable} of {master}'s configuration cannot be read, so nobody knows "
              "its process_control_timeout: let the account {user} read it.").format(
                server=ctx.target.server, unreadable=unreadable[0], master=pool.master,
                user=ctx.target.login.partition("@")[0]))
    lines = [line.split(" ", 2) for line in _list(values, "timeout")]
    changed, file, text = lines[-1] if lines else ("0", values["config"], "0")
    loaded_at = int(values["epoch"]) - (status["pool"].get("start_since") or 0)
    main_changed = _list(values, "read")[0].split(" ", 1)[0]
    is_newer = max(int(changed), int(main_changed)) > loaded_at + CLOCK_S
    return Master(
        pool.master, int(values["master"]), seconds_of(text), file,
        _workers(values),
        file if is_newer else "")


def _workers(values):
    return frozenset(tuple(line.split(" ", 2)) for line in _list(values, "worker"))


def _list(values, key):
    found = values.get(key, [])
    return [found] if isinstance(found, str) else found


def seconds_of(text):
    """Return the seconds of a time in PHP-FPM's configuration (10, 10s, 2m); 0 for anything else,
    as PHP-FPM refuses it."""
    found = re.fullmatch(r"(\d+)([smhd]?)", text.strip("\"' "))
    return int(found[1]) * UNITS_S[found[2]] if found else 0


def longest_request_s(status):
    """Return the age of the pool's longest request: those that run, and each worker's last one."""
    return max((max(row.get("age_s") or 0, (row.get("last_us") or 0) / 1e6)
                for row in status["pool"]["procs"] if row["pid"] != status["pid"]), default=0)


def running_s(status):
    """Return the age of the pool's longest request that runs now, but for our own."""
    return max((row.get("age_s") or 0 for row in status["pool"]["procs"]
                if row["pid"] != status["pid"]), default=0)


def advised_s(longest_s):
    """Return a process_control_timeout that this request would have ended in, at least 10 s."""
    return max(10, math.ceil(longest_s) + SPARE_S)


def ask(pools, *, until):
    """Return {pool: status}; StepFailed where one has no list of workers; busy ones are waited
    for."""
    answers = {pool: pool.status(until=until) for pool in pools}
    for pool, status in answers.items():
        roster_of(status, pool)
    return answers


def look(ctx, pools, *, until):
    """Return (Master, {pool: status}) of pools of one master; busy pools are waited for.

    StepFailed where they are no PHP-FPM, which has no such service.
    """
    answers = ask(pools, until=until)
    for pool, status in answers.items():
        if status["sapi"] == MOD_PHP:
            raise StepFailed(
                _("{pool} runs inside Apache (mod_php), so there is no PHP-FPM to reload or "
                  "restart: choose the strategy “apache-graceful”.").format(pool=pool))
    return read_master(ctx, pools[0], answers[pools[0]]), answers


def why_gone(pools, *, until):
    """Return the StepFailed that tells that PHP does not answer at all, None where it does."""
    try:
        ask(pools, until=until)
    except NotConfirmed:
        return None  # it is there, and busy
    except StepFailed as problem:
        return problem if isinstance(problem.__cause__, RemoteFault) else None
    return None


def wait_for_old_workers(ctx, before, answers, *, asked_at, until):
    """Return once no worker from before is left, or nobody can tell, or `until` came.

    Nobody is answered meanwhile, so what they run is told by `answers` of `status` from before,
    read at `asked_at`: an idle worker may have taken a request since.
    """
    waiting = Waiting(ctx.say)
    rows = {row["pid"]: row for status in answers.values() for row in status["pool"]["procs"]
            if row["pid"] != status["pid"]}
    while clock.monotonic() < until:
        try:
            values = ctx.run_script("fpm.sh", before.pid)
        except StepFailed:  # it is starting anew just now
            return
        left = before.workers & _workers(values)
        if not left:
            return
        waiting.tell(_old_words(before, left, rows, clock.monotonic() - asked_at))
        clock.sleep(DRAIN_POLL_S)


def _old_words(before, left, rows, since_s):
    known = [row for pid, *__ in left if (row := rows.get(int(pid))) and row.get("age_s")]
    row = max(known, key=lambda row: row["age_s"], default=None)
    what = request_words(row["script"], row["age_s"] + since_s, row["pid"]) if row else \
        _("one that began after we had looked")
    noun = _("1 old worker") if len(left) == 1 else _("{left} old workers").format(left=len(left))
    return (_("{noun} of {before} to end requests, the longest known: {what}. Visitors wait "
              "meanwhile").format(noun=noun, before=before.name, what=what))


def wait_for_new_workers(ctx, pools, before, old_keys, *, until):
    """Return how many workers are new, once no old one is left in any pool of the master.

    `before` is the Master, `old_keys` {pool: keys of its workers} from before. NotConfirmed when
    an old worker is still there at `until`.
    """
    while True:
        fresh = {pool: pool.status(until=until) for pool in pools}
        left = [pool for pool, status in fresh.items()
                if roster_of(status, pool).keys & old_keys[pool]]
        now = None if left else read_master(ctx, pools[0], fresh[pools[0]])
        if now and not now.workers & before.workers:
            return len(now.workers)
        if clock.monotonic() > until:
            names = sorted({worker[2] for worker in before.workers & now.workers} if now
                           else {pool.name for pool in left})
            raise NotConfirmed(
                _("{server}: workers of {before} from before are still there (pools "
                  "{names}).").format(
                    server=ctx.target.server, before=before.name, names=", ".join(names)))
        clock.sleep(POLL_S)


def keys_of(answers):
    """Return {pool: keys of its workers} from answers of `status`."""
    return {pool: roster_of(status, pool).keys for pool, status in answers.items()}


def limit_of(ctx, seconds=0):
    """Return the monotonic deadline: the proof's limit, and `seconds` that the strategy takes."""
    return clock.monotonic() + max(ctx.proof_limit_s, QUESTION_S) + seconds
