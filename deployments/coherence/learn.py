"""Learning which path the web server hands to PHP: `current/…` or the release's real folder.

A probe that chose its own path would prove nothing (design 6): on a stale host the same worker
answers with the old release for `current/…` and the new one for the real path.
"""

import secrets
import time

from ..errors import StepFailed
from .pool import roster_of

TRIES = 20


def learn_prefix(site, pool, root):
    """Return the release folder in the script path of one ordinary request to the pool's page.

    The folder is `ROOT/current` or `ROOT/releases/NAME`. The request carries a one-time query
    string, by which the pool's scoreboard is searched; under traffic its line may be overwritten
    before we read it, so it is tried up to `TRIES` times. StepFailed when the page never reaches
    the pool.
    """
    for attempt in range(TRIES):
        mark = f"releasemgr={secrets.token_hex(8)}"
        site.get(f"{pool.plan.page_path}?{mark}")
        script = _script_of(pool, mark)
        if script:
            return _folder(script, root, pool)
        time.sleep(min(0.02 * attempt, 0.2))
    return _folder(_script_by_key(site, pool, root), root, pool)


def _script_of(pool, mark):
    for _ in range(2):
        for worker in roster_of(pool.status(), pool).workers:
            if mark in worker.query:
                return worker.script
    return ""


def _script_by_key(site, pool, root):
    """A pool with one worker overwrites its only line when asked: look at OPcache's keys instead.

    `opcache_is_script_cached` compares the exact path, so `current/…` is a key only where the
    web server hands PHP that path.
    """
    answer = pool.status()
    if len(roster_of(answer, pool).workers) > 1:
        raise StepFailed(
            f"{pool} never saw our request to {pool.plan.page_path}: set a page of the site that "
            "this pool answers.")
    entry = f"{root}/current/{site.entry}"
    if answer["opcache"].get("enabled") and pool.ask("keys", files=[entry])["keys"] == [entry]:
        return entry
    if answer["opcache"].get("enabled"):
        return f"{root}/releases/{site.release_name}/{site.entry}"
    raise StepFailed(
        f"{pool} has one worker and no OPcache, so the path it is given cannot be learned: give "
        "it pm.max_children = 2 or more.")


def _folder(script, root, pool):
    current, releases = f"{root}/current", f"{root}/releases/"
    if script.startswith(f"{current}/"):
        return current
    if script.startswith(releases):
        return releases + script.removeprefix(releases).split("/", 1)[0]
    raise StepFailed(
        f"{pool} is handed {script!r} for {pool.plan.page_path}, which is outside {root}: the "
        "web server's root must be the site's current folder.")
