"""Learning which path the web server hands to PHP: `current/…` or the release's real folder.

A probe that chose its own path would prove nothing (design 6): on a stale host the same worker
answers with the old release for `current/…` and the new one for the real path.
"""

import secrets

from .. import clock
from ..errors import StepFailed
from ..remote.faults import RemoteFault, TimedOut
from . import entry
from .pool import BREATH_S, MOD_PHP, PoolBusy, roster_of, time_for

TRIES = 20
KEY_TRIES = 6
"""OPcache keeps nothing younger than file_update_protection (2 s), and little after a reset."""
VISIT_S = 30


def learn_prefix(site, pool, root, *, until):
    """Return the release folder in the script path of one ordinary request to the pool's page.

    The folder is `ROOT/current` or `ROOT/releases/NAME`. The request carries a one-time query
    string, by which the pool's scoreboard is searched; under traffic its line may be overwritten
    before we read it, so it is tried up to `TRIES` times. Where the script is our entry outside
    the releases, that is asked which one it runs. StepFailed when the page never reaches the
    pool; NotConfirmed when no worker was free up to `until`, a monotonic deadline.
    """
    script = _script(site, pool, root, until)
    pool.has_entry = script.startswith(f"{root}/{entry.FOLDER}/")
    if pool.has_entry:
        return entry.folder_run(site, pool, root, until=until)
    return _folder(script, root, pool)


def _script(site, pool, root, until):
    """Return the path that was handed to PHP for one ordinary request to the pool's page."""
    first = pool.status(until=until)
    if first["sapi"] == MOD_PHP:
        return _script_by_key(site, pool, root, until, _MOD_PHP_TELLS_NOT)
    before = _alone(first, pool)
    for attempt in range(TRIES):
        mark = f"releasemgr={secrets.token_hex(8)}"
        _visit(site, pool, mark, until)
        script = _script_of(pool, mark, until)
        if script:
            return script
        after = _alone(pool.status(until=until), pool)
        if before and after and after.key == before.key and after.requests > before.requests + 3:
            return _script_by_key(site, pool, root, until, _ONE_TELLS_NOT)
        before = after
        clock.sleep(min(0.02 * attempt, 0.2))
    raise StepFailed(
        f"{pool} never saw our request to {pool.plan.page_path}: set a page of the site that "
        "this pool answers.")


def _visit(site, pool, mark, until):
    """Ask for the pool's page as a visitor does, and wait in the same line as they."""
    path = f"{pool.plan.page_path}?{mark}"
    while True:
        try:
            site.get(path, deadline_s=time_for(until, most_s=VISIT_S))
            break
        except TimedOut as fault:
            if clock.monotonic() >= until:
                raise PoolBusy(f"{pool}: our request to {pool.plan.page_path} was not answered "
                               "in time; all its workers may be busy.") from fault
        except RemoteFault as fault:
            raise StepFailed(f"{pool}: {fault}") from fault
    clock.sleep(BREATH_S)


def _alone(status, pool):
    """Return the pool's only worker, None where it has more."""
    workers = roster_of(status, pool).workers
    return workers[0] if len(workers) == 1 else None


def _script_of(pool, mark, until):
    for _ in range(2):
        for worker in roster_of(pool.status(until=until), pool).workers:
            if mark in worker.query:
                return worker.script
    return ""


_ONE_TELLS_NOT = ("has one worker, and OPcache does not tell which path it is given: give it "
                  "pm.max_children = 2 or more.")
_MOD_PHP_TELLS_NOT = ("is mod_php, and OPcache does not tell which path it is given: switch "
                      "OPcache on, and let the pool's page be one that the site's index.php "
                      "answers.")


def _script_by_key(site, pool, root, until, otherwise):
    """Look at OPcache's keys, where no scoreboard tells: mod_php has none, and a pool with one
    worker overwrites its only line when asked.

    A key is the exact path, so `current/…` is one only where the web server hands PHP that path.
    The release's own path may have been compiled ahead: what counts is that a page ran it. Only
    the front controller can be looked for.
    """
    current, stable = f"{root}/current/{site.entry}", f"{root}/{entry.FOLDER}/{site.entry}"
    names = {site.release_name, *site.also_known} - {""}
    real = sorted(f"{root}/releases/{name}/{site.entry}" for name in names)
    is_on = pool.status(until=until)["opcache"].get("enabled")
    for attempt in range(KEY_TRIES if is_on else 0):
        clock.sleep(0.2 * attempt)
        before = pool.ask("keys", until=until, files=[stable, *real])
        _visit(site, pool, f"releasemgr={secrets.token_hex(8)}", until)
        after = pool.ask("keys", until=until, files=[current, stable, *real])
        ran = [path for path in (stable, *real)
               if after["hits"].get(path, -1) > before["hits"].get(path, -1)]
        if stable in ran:
            return stable
        if current in after["keys"]:
            return current
        if len(ran) == 1:
            return ran[0]
    raise StepFailed(f"{pool} {otherwise}")


def _folder(script, root, pool):
    current, releases = f"{root}/current", f"{root}/releases/"
    if script.startswith(f"{current}/"):
        return current
    if script.startswith(releases):
        return releases + script.removeprefix(releases).split("/", 1)[0]
    raise StepFailed(
        f"{pool} is handed {script!r} for {pool.plan.page_path}, which is outside {root}: the "
        "web server's root must be the site's current folder.")
