"""Learning which path the web server hands to PHP: `current/…` or the release's real folder.

A probe that chose its own path would prove nothing (design 6): on a stale host the same worker
answers with the old release for `current/…` and the new one for the real path.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import clock
from ..errors import StepFailed
from . import entry
from .marked import Catch, new_mark, visit
from .pool import MOD_PHP

KEY_TRIES = 6
"""OPcache keeps nothing younger than file_update_protection (2 s), and little after a reset."""


def learn_prefix(site, pool, root, *, until):
    """Return the release folder in the script path of one ordinary request to the pool's page.

    The folder is `ROOT/current` or `ROOT/releases/NAME`. The request carries a one-time query
    string, by which the pool's scoreboard is searched (see `marked`). Where the script is our
    entry outside the releases, that is asked which one it runs. StepFailed when the page never
    reaches the pool; NotConfirmed when no worker was free up to `until`, a monotonic deadline.
    """
    script = _script(site, pool, root, until)
    pool.has_entry = script.startswith(f"{root}/{entry.FOLDER}/")
    if pool.has_entry:
        return entry.folder_run(site, pool, root, until=until)
    return _folder(script, root, pool)


def _script(site, pool, root, until):
    """Return the path that was handed to PHP for one ordinary request to the pool's page."""
    if pool.status(until=until)["sapi"] == MOD_PHP:
        return _script_by_key(site, pool, root, until, _MOD_PHP_TELLS_NOT)
    return Catch(site, pool, until).script() or \
        _script_by_key(site, pool, root, until, _ONE_TELLS_NOT)


_ONE_TELLS_NOT = (_lazy("has one worker, and OPcache does not tell which path it is given: give it "
                        "pm.max_children = 2 or more."))
_MOD_PHP_TELLS_NOT = (_lazy("is mod_php, and OPcache does not tell which path it is given: switch "
                            "OPcache on, and let the pool's page be one that the site's index.php "
                            "answers."))


def _script_by_key(site, pool, root, until, otherwise):
    """Look at OPcache's keys, where no scoreboard tells: mod_php has none, and a pool with one
    worker overwrites its only line when asked.

    A key is the exact path, so `current/…` is one only where the web server hands PHP that path.
    The release's own path may have been compiled ahead: what counts is that a page ran it. Only
    the front controller can be looked for. A stable entry runs it too, and shows itself only once
    OPcache keeps it: one that lies there and is too young for that is waited for.
    """
    current, stable = f"{root}/current/{site.entry}", f"{root}/{entry.FOLDER}/{site.entry}"
    names = {site.release_name, *site.also_known} - {""}
    real = sorted(f"{root}/releases/{name}/{site.entry}" for name in names)
    told, is_on = "", pool.status(until=until)["opcache"].get("enabled")
    for attempt in range(KEY_TRIES if is_on else 0):
        clock.sleep(0.2 * attempt)
        before = pool.ask("keys", until=until, files=[stable, *real])
        visit(site, pool, new_mark(), until)
        after = pool.ask("keys", until=until, files=[current, stable, *real])
        ran = [path for path in (stable, *real)
               if after["hits"].get(path, -1) > before["hits"].get(path, -1)]
        if stable in ran:
            return stable
        if current in after["keys"]:
            return current
        told = ran[0] if len(ran) == 1 else told
        if told and (stable in after["keys"] or stable not in after["hits"]):
            break
    if told:
        return told
    raise StepFailed(f"{pool} {otherwise}")


def _folder(script, root, pool):
    current, releases = f"{root}/current", f"{root}/releases/"
    if script.startswith(f"{current}/"):
        return current
    if script.startswith(releases):
        return releases + script.removeprefix(releases).split("/", 1)[0]
    raise StepFailed(
        _("{pool} is handed {script!r} for {page_path}, which is outside {root}: the web server's "
          "root must be the site's current folder.").format(
            pool=pool, script=script, page_path=pool.plan.page_path, root=root))
