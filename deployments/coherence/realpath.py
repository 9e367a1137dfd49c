"""Strategy `realpath`: the web server resolves `current` per request, so there is nothing to do
after the switch. Before it, the new release is compiled into OPcache under its real path."""

from functools import partial

from .. import clock
from ..errors import StepFailed
from .pool import QUESTION_S

BATCH = 20
COMPILING_S = 30
ROOM = 1.5
"""Free OPcache memory needed, as a multiple of what the release is expected to take."""


def check(pools, root, *, limit_s=QUESTION_S):
    """StepFailed when the web server hands PHP `current/…`: PHP would keep the old release; or
    when PHP preloads classes, which no switch replaces (every page would mix two releases).

    Busy pools are waited for up to `limit_s`.
    """
    until = clock.monotonic() + limit_s
    for pool in pools:
        preload = pool.status(until=until)["ini"].get("preload")
        if preload:
            raise StepFailed(
                f"{pool} preloads {preload}, and preloaded classes stay old until PHP-FPM is "
                "reloaded: remove opcache.preload.")
        if pool.prefix == f"{root}/current":
            raise StepFailed(
                f"{pool} is handed paths below {root}/current, so PHP would keep running the old "
                "version. Use $realpath_root in the web server's fastcgi_param lines, or choose "
                "the strategy “reset”.")


def prewarm(pools, *, live_folder, new_folder, new_files, entry, newest_epoch, say,
            limit_s=COMPILING_S):
    """Compile what the live release has in OPcache and the new one contains, plus the entry.

    Once per master. Returns counts by master; a file that does not compile is listed, not fatal;
    skipped with a sentence when OPcache has no room (facts' memory rule) or is off. A busy pool
    is waited for up to `limit_s` at a time.
    """
    firsts = {}
    for pool in pools:
        firsts.setdefault(pool.master, pool)
    return {
        master: _warm_one(partial(_ask, pool, limit_s), pool, live_folder, new_folder,
                          set(new_files), entry, newest_epoch, say)
        for master, pool in firsts.items()
    }


def _ask(pool, limit_s, act, **payload):
    return pool.ask(act, until=clock.monotonic() + limit_s, deadline_s=COMPILING_S, **payload)


def _warm_one(ask, pool, live_folder, new_folder, new_files, entry, newest_epoch, say):
    status = ask("status")
    cache = status["opcache"]
    if not cache.get("enabled"):
        say(f"{pool}: OPcache is off, nothing to prepare.")
        return {"warmed": 0, "skipped": "OPcache is off"}
    live = set(ask("scripts", below=live_folder)["files"]) if live_folder else set()
    files = sorted((live & new_files) | ({entry} & new_files))
    short = _no_room(cache, len(files))
    if short:
        say(f"{pool}: not prepared, {short}.")
        return {"warmed": 0, "skipped": short}
    _wait_for_age(status, newest_epoch)
    warmed, failed = 0, []
    for at in range(0, len(files), BATCH):
        batch = [f"{new_folder}/{name}" for name in files[at:at + BATCH]]
        answer = ask("warm", files=batch)
        warmed += len(answer["warmed"])
        failed += [f"{row['file']}: {row['error']}" for row in answer["failed"]]
    for line in failed[:20]:
        say(f"{pool}: does not compile: {line}")
    say(f"{pool}: {warmed} of {len(files)} files prepared in OPcache")
    return {"warmed": warmed, "wanted": len(files), "failed": failed[:20]}


def _no_room(cache, count):
    each = cache["used"] / max(1, cache["scripts"])
    if cache["free"] < ROOM * each * count:
        return f"OPcache has {cache['free'] // 1024} KB left for {count} files"
    if cache["keys"] + count > cache["max_keys"]:
        return f"OPcache has no keys left for {count} files"
    return ""


def _wait_for_age(status, newest_epoch):
    """OPcache caches nothing younger than file_update_protection (2 s by default)."""
    protection = int(status["ini"].get("file_update_protection") or 0)
    age = clock.now_s() - newest_epoch
    if protection and age < protection + 1:
        clock.sleep(min(protection + 1 - age, protection + 1))
