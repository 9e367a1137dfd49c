"""Strategy `reset`: one opcache_reset() per FPM master, then wait until it has happened.

`opcache_reset()` only schedules; the restart comes when no request uses the shared memory any
more. Done is: nothing pending, nothing in progress, and `manual_restarts` has grown.
"""


from .. import clock
from ..errors import NotConfirmed, StepFailed
from .pool import QUESTION_S

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
                f"{pool} has opcache.restrict_api = {ini['restrict_api']}, so it will not reset "
                f"for us: set it to {answer['root']} or remove it.")
        if not cache.get("enabled"):
            raise StepFailed(
                f"OPcache is switched off in {pool}, so there is nothing to reset and no way to "
                "make it coherent: switch it on, or choose the strategy “realpath”.")
        if ini.get("preload"):
            raise StepFailed(
                f"{pool} preloads {ini['preload']}: a reset leaves preloaded classes old. "
                "Remove opcache.preload.")


def _may_call(restriction, root):
    return f"{root}/".startswith(restriction)


def act(pools, *, limit_s, say):
    """Reset each master once and wait, for busy workers too. Returns counters by master;
    NotConfirmed on the deadline."""
    until = clock.monotonic() + limit_s
    firsts = {}
    for pool in pools:
        firsts.setdefault(pool.master, pool)
    return {master: _reset(pool, until=until, say=say) for master, pool in firsts.items()}


def _reset(pool, *, until, say):
    before = pool.status(until=until)["opcache"]
    accepted = False
    started = clock.monotonic()
    while clock.monotonic() < until:
        if not accepted:
            accepted = pool.ask("reset", until=until)["reset"]
        now = pool.status(until=until)["opcache"]
        pending = now["restart_pending"] or now["restart_in_progress"]
        if accepted and not pending and now["manual_restarts"] > before["manual_restarts"]:
            waited_ms = int((clock.monotonic() - started) * 1000)
            say(f"PHP cache of {pool.master} reset after {waited_ms} ms "
                f"(restart {now['manual_restarts']})")
            return {"manual_restarts_before": before["manual_restarts"],
                    "manual_restarts": now["manual_restarts"], "waited_ms": waited_ms}
        clock.sleep(POLL_S)
    raise NotConfirmed(
        f"{pool}: the PHP cache was asked to reset, but requests still running keep it from "
        "happening.")
