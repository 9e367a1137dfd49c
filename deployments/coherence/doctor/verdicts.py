"""Verdicts: for each strategy, whether it is safe on this installation, and why not.

What was measured stands in docs/strategies.md and docs/doctor.md. What could not be read never
makes a strategy safe: such a verdict says “Not known”, and a person may still choose it.
"""

from dataclasses import dataclass
from functools import wraps

from .facts import CURRENT, ELSEWHERE, ENTRY, RELEASE
from .finding import has_preload, named

FITS, FAILS, UNKNOWN, BY_HAND = "fits", "fails", "unknown", "by hand"
UNMEASURED = "nobody has measured it there"


@dataclass(frozen=True)
class Verdict:
    """`why` is "" where the strategy fits, else one sentence."""

    sort: str
    why: str = ""

    def __bool__(self):
        return self.sort == FITS


SAFE = Verdict(FITS)


def fails(why):
    return Verdict(FAILS, why)


def unknown(why):
    return Verdict(UNKNOWN, f"Not known: {why}")


def _of_php(judge):
    """A verdict on PHP's caches, given where every pool was asked and has a list of workers."""

    @wraps(judge)
    def verdict(facts):
        if not facts.has_php:
            return fails("No PHP runs here, so there is no cache to make new.")
        obstacle = _unproved(facts)
        return judge(facts) if obstacle is None else obstacle

    return verdict


def _unproved(facts):
    if not facts.pools:
        return unknown("no PHP pool is entered here.")
    silent = [pool for pool in facts.pools if pool.problem]
    if silent:
        return unknown(f"{named(silent)} could not be asked: {silent[0].problem}")
    if blind := [pool for pool in facts.pools if not pool.manager]:
        return fails(f"{named(blind)} shows no list of its workers ({_kind(blind[0])}), so nothing "
                     "could be proved afterwards.")
    if only := [pool for pool in facts.pools if pool.on("file_cache_only")]:
        return unknown(f"{named(only)} has its cache in files alone, and {UNMEASURED}.")
    return None


def _kind(pool):
    return f"PHP {pool.php or '?'} as {pool.sapi or '?'}"


def _handed(facts, *kinds):
    return [pool for pool in facts.pools if pool.handed in kinds]


@_of_php
def realpath(facts):
    """The web server hands PHP the release's own folder, and nothing is preloaded."""
    if has_preload(facts):
        return fails("Preloaded classes stay old after the switch: every page would mix versions.")
    if stuck := _handed(facts, CURRENT):
        until = " until nginx's fastcgi_param lines say $realpath_root" \
            if facts.web_server == "nginx" else ""
        return fails(f"{named(stuck)} is handed {facts.root}/current: it would keep running the "
                     f"old version{until}.")
    if other := _handed(facts, ELSEWHERE, ENTRY):
        return fails(f"{named(other)} is handed {other[0].handed_path}, which is no version's own "
                     "folder.")
    if dark := _handed(facts, ""):
        return unknown(_dark(dark))
    return SAFE


def _dark(pools):
    why = pools[0].handed_problem or "current names no version."
    return f"which path {named(pools)} is handed was not seen: {why}"


@_of_php
def front_controller(facts):
    """Every pool is handed the stable entry."""
    if has_preload(facts):
        return fails("Preloaded classes stay old after the switch: every page would mix versions.")
    if other := _handed(facts, CURRENT, RELEASE, ELSEWHERE):
        return fails(f"The web server hands {named(other)} {other[0].handed_path}, not the stable "
                     "entry.")
    if dark := _handed(facts, ""):
        return unknown(_dark(dark))
    return SAFE


@_of_php
def reset(facts):
    """OPcache is on and lets us reset it, once per PHP-FPM service."""
    if has_preload(facts):
        return fails("A reset leaves preloaded classes old: every page would mix versions.")
    if off := [pool for pool in facts.pools if not pool.is_cached]:
        return fails(f"{named(off)}: {off[0].cache_problem or 'OPcache is off.'} There is nothing "
                     "to reset, and workers remember how paths resolved.")
    if split := split_masters(facts):
        return fails(f"“{split[0]}” is more than one PHP-FPM service, and a reset would reach only "
                     "one of them.")
    if dark := [pool for pool in facts.pools if not pool.memory and _shares_name(facts, pool)]:
        return unknown(f"whether {named(dark)} belongs to one PHP-FPM service was not seen.")
    return SAFE


def split_masters(facts):
    """Names that were entered for one service, behind which are several."""
    found = {}
    for pool in facts.pools:
        if pool.memory:
            found.setdefault(pool.master, set()).add(pool.memory)
    return [name for name, memories in found.items() if len(memories) > 1]


def _shares_name(facts, pool):
    return sum(other.master == pool.master for other in facts.pools) > 1


@_of_php
def fpm_reload(facts):
    """PHP-FPM waits for running requests, we may reload it, and the old version stays whole."""
    if other := [pool for pool in facts.pools if pool.sapi != "fpm-fcgi"]:
        return fails(f"{named(other)} is not PHP-FPM.")
    if has_preload(facts):
        obstacle = _preloads(facts)
        if obstacle is not None:
            return obstacle
    for pool in facts.pools:
        if pool.control_timeout_s is None:
            return unknown(pool.master_problem or
                           f"process_control_timeout of {pool.master} could not be read.")
        if pool.is_config_newer:
            return unknown(f"{pool.control_file} was changed after {pool.master} had read it.")
        if pool.control_timeout_s <= pool.longest_s:
            return fails(_too_short(pool))
    return _right(facts, _reloads(facts))


def _preloads(facts):
    """Why a reload would mix versions between the switch and the new workers, or None."""
    for pool in facts.pools:
        if (pool.ini.get("preload") or "").startswith(f"{facts.root}/releases/"):
            return fails(f"{named([pool])} preloads {pool.ini['preload']}, which is one version's "
                         "own file.")
    if real := _handed(facts, RELEASE, ENTRY, ELSEWHERE):
        return fails(f"{named(real)} preloads classes and is handed {real[0].handed_path}: between "
                     "the switch and new workers pages would mix versions.")
    if dark := _handed(facts, ""):
        return unknown(_dark(dark))
    if moving := [pool for pool in facts.pools if pool.on("validate_timestamps")]:
        return unknown(f"{named(moving)} preloads classes with opcache.validate_timestamps = 1, "
                       f"and {UNMEASURED}.")
    return None


def _too_short(pool):
    if not pool.control_timeout_s:
        return (f"process_control_timeout of {pool.master} is 0: a reload kills every request that "
                "is running.")
    return (f"process_control_timeout of {pool.master} is {pool.control_timeout_s:g} s, and a "
            f"request of {pool.longest_s:.1f} s was seen: a reload would kill such ones.")


def _right(facts, commands):
    """SAFE where sudo lets us run these without asking."""
    user = facts.user or "the SSH user"
    for command in sorted(commands):
        allowed = facts.may.get(command)
        if allowed is None:
            return unknown(f"whether {user} may run “{command}” as root was not seen.")
        if not allowed:
            return fails(f"{user} may not run “{command}” as root.")
    return SAFE


def _reloads(facts):
    return {facts.command("reload", pool.master) for pool in facts.pools}


def fpm_restart(facts):
    """Never safe: requests fail meanwhile, and it mixes versions where a reload would."""
    if not facts.has_php:
        return fails("No PHP runs here, so there is nothing to restart.")
    if other := [pool for pool in facts.pools if pool.sapi not in ("fpm-fcgi", "")]:
        return fails(f"{named(other)} is not PHP-FPM, so there is no PHP-FPM to restart.")
    mixing = _preloads(facts) if has_preload(facts) else None
    if mixing is not None and mixing.sort == FAILS:
        return mixing
    return Verdict(BY_HAND, "Visitors may see errors meanwhile: only a person may choose this.")


@_of_php
def apache_graceful(facts):
    """PHP lives in Apache's own processes, we may reload it, and the old version stays whole."""
    if outside := [pool for pool in facts.pools if pool.sapi != "apache2handler"]:
        return fails(f"{named(outside)} is not a part of Apache: reloading Apache does not reach "
                     "it.")
    if has_preload(facts) and (obstacle := _preloads(facts)) is not None:
        return obstacle
    return _right(facts, _reloads(facts))


@_of_php
def web_config(facts):
    """The included file is there, and we may reload the web server."""
    if has_preload(facts):
        return fails("Preloaded classes stay old after the switch: every page would mix versions.")
    if facts.has_include is None:
        return unknown("whether the web server includes the file that we write was not seen.")
    if not facts.has_include:
        return fails("The web server includes no file that we write: it was not set up for this.")
    if stuck := _handed(facts, CURRENT, ENTRY, ELSEWHERE):
        return fails(f"{named(stuck)} is handed {stuck[0].handed_path}: the web server does not "
                     "use the folder that our file names.")
    return _right(facts, {facts.command("reload", facts.web_service), facts.web_test})


def none(facts):
    """Only where no PHP runs."""
    if facts.has_php:
        return fails("PHP runs here and would keep the old version, whole or in part.")
    return SAFE


JUDGES = {
    "realpath": realpath, "front-controller": front_controller, "web-config": web_config,
    "reset": reset, "fpm-reload": fpm_reload, "apache-graceful": apache_graceful, "none": none,
    "fpm-restart": fpm_restart,
}
"""In the order of preference; the last one is never chosen."""

REASONS = {
    "realpath": "PHP is handed each version's own folder, so nothing can stay old after the "
                "switch.",
    "front-controller": "PHP is handed our stable entry, which reads the link for each request.",
    "web-config": "The web server includes our file, so it hands PHP the folder that we name.",
    "reset": "OPcache can be reset here, and it is done once the reset has happened.",
    "fpm-reload": "PHP-FPM waits for running requests when it is reloaded; visitors wait with "
                  "them.",
    "apache-graceful": "PHP lives in Apache, which we may reload; it is done once the old "
                       "processes are gone.",
    "none": "No PHP runs here.",
}


def judge(facts):
    """Return {strategy: Verdict} for all of them.

    A web server that keeps files open serves old styles and scripts whatever is done to PHP; it
    forgets them where it is reloaded itself, with another folder. One that uses our included file
    stays with the folder that it names, whatever else is done.
    """
    found = {name: judged(facts) for name, judged in JUDGES.items()}
    if facts.has_include and _handed(facts, RELEASE):
        tied = unknown("the file that “web-config” writes names the folder, so it does not show "
                       "whether the web server would follow the link by itself.")
        found |= {name: tied for name in found if name != "web-config" and _may_act(found[name])}
    if facts.is_file_cached:
        old = fails("The web server would go on serving the old version's styles and scripts "
                    "(open_file_cache).")
        found |= {name: old for name in found if name != "web-config" and _may_act(found[name])}
    return found


def _may_act(verdict):
    return verdict.sort in (FITS, BY_HAND)


def choose(verdicts, *, way_out):
    """Return (strategy, reason): the first that is safe; ("", why) where none is.

    Why not is told of what is only not known, else of the strategy `way_out`.
    """
    for name, verdict in verdicts.items():
        if verdict:
            return name, REASONS[name]
    hopeful = [f"“{name}”: {verdict.why}" for name, verdict in verdicts.items()
               if verdict.sort == UNKNOWN]
    why = hopeful[0] if hopeful else f"“{way_out}”: {verdicts[way_out].why}"
    return "", f"No strategy is known to be safe here. {why}"
