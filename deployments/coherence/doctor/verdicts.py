"""Verdicts: for each strategy, whether it is safe on this installation, and why not.

What was measured stands in docs/strategies.md and docs/doctor.md. What could not be read never
makes a strategy safe: such a verdict says “Not known”, and a person may still choose it.
"""

from dataclasses import dataclass
from functools import wraps

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .facts import CURRENT, ELSEWHERE, ENTRY, RELEASE
from .finding import has_preload, named

FITS, FAILS, UNKNOWN, BY_HAND = "fits", "fails", "unknown", "by hand"
UNMEASURED = _lazy("nobody has measured it there")


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
    return Verdict(UNKNOWN, _("Not known: {why}").format(why=why))


def _of_php(judge):
    """A verdict on PHP's caches, given where every pool was asked and has a list of workers."""

    @wraps(judge)
    def verdict(facts):
        if not facts.has_php:
            return fails(_("No PHP runs here, so there is no cache to make new."))
        obstacle = _unproved(facts)
        return judge(facts) if obstacle is None else obstacle

    return verdict


def _unproved(facts):
    if not facts.pools:
        return unknown(_("no PHP pool is entered here."))
    silent = [pool for pool in facts.pools if pool.problem]
    if silent:
        return unknown(_("{named} could not be asked: {problem}").format(
            named=named(silent), problem=silent[0].problem))
    if blind := [pool for pool in facts.pools if not pool.manager]:
        return fails(_("{named} shows no list of its workers ({kind}), so nothing could be proved "
                       "afterwards.").format(named=named(blind), kind=_kind(blind[0])))
    if only := [pool for pool in facts.pools if pool.on("file_cache_only")]:
        return unknown(_("{named} has its cache in files alone, and {unmeasured}.").format(
            named=named(only), unmeasured=UNMEASURED))
    return None


def _kind(pool):
    return _("PHP {php} as {sapi}").format(php=pool.php or "?", sapi=pool.sapi or "?")


def _handed(facts, *kinds):
    return [pool for pool in facts.pools if pool.handed in kinds]


@_of_php
def realpath(facts):
    """The web server hands PHP the release's own folder, and nothing is preloaded."""
    if has_preload(facts):
        return fails(_("Preloaded classes stay old after the switch: every page would mix "
                       "versions."))
    if stuck := _handed(facts, CURRENT):
        sentence = _("{named} is handed {root}/current: it would keep running the old version "
                     "until nginx's fastcgi_param lines say $realpath_root.") \
            if facts.web_server == "nginx" else \
            _("{named} is handed {root}/current: it would keep running the old version.")
        return fails(sentence.format(named=named(stuck), root=facts.root))
    if other := _handed(facts, ELSEWHERE, ENTRY):
        return fails(_("{named} is handed {handed_path}, which is no version's own folder.").format(
            named=named(other), handed_path=other[0].handed_path))
    if dark := _handed(facts, ""):
        return unknown(_dark(dark))
    return SAFE


def _dark(pools):
    why = pools[0].handed_problem or _("current names no version.")
    return _("which path {named} is handed was not seen: {why}").format(
        named=named(pools), why=why)


@_of_php
def front_controller(facts):
    """Every pool is handed the stable entry."""
    if has_preload(facts):
        return fails(_("Preloaded classes stay old after the switch: every page would mix "
                       "versions."))
    if other := _handed(facts, CURRENT, RELEASE, ELSEWHERE):
        return fails(_("The web server hands {named} {handed_path}, not the stable entry.").format(
            named=named(other), handed_path=other[0].handed_path))
    if dark := _handed(facts, ""):
        return unknown(_dark(dark))
    return SAFE


@_of_php
def reset(facts):
    """OPcache is on and lets us reset it, once per PHP-FPM service."""
    if has_preload(facts):
        return fails(_("A reset leaves preloaded classes old: every page would mix versions."))
    if off := [pool for pool in facts.pools if not pool.is_cached]:
        return fails(_("{named}: {cache_problem} There is nothing to reset, and workers remember "
                       "how paths resolved.").format(
            named=named(off), cache_problem=off[0].cache_problem or _("OPcache is off.")))
    if split := split_masters(facts):
        return fails(_("“{service}” is more than one PHP-FPM service, and a reset would reach only "
                       "one of them.").format(service=split[0]))
    if dark := [pool for pool in facts.pools if not pool.memory and _shares_name(facts, pool)]:
        return unknown(_("whether {named} belongs to one PHP-FPM service was not seen.").format(
            named=named(dark)))
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
        return fails(_("{named} is not PHP-FPM.").format(named=named(other)))
    if has_preload(facts):
        obstacle = _preloads(facts)
        if obstacle is not None:
            return obstacle
    for pool in facts.pools:
        if pool.control_timeout_s is None:
            return unknown(pool.master_problem or
                           _("process_control_timeout of {master} could not be read.").format(
                               master=pool.master))
        if pool.is_config_newer:
            return unknown(_("{control_file} was changed after {master} had read it.").format(
                control_file=pool.control_file, master=pool.master))
        if pool.control_timeout_s <= pool.longest_s:
            return fails(_too_short(pool))
    return _right(facts, _reloads(facts))


def _preloads(facts):
    """Why a reload would mix versions between the switch and the new workers, or None."""
    for pool in facts.pools:
        if (pool.ini.get("preload") or "").startswith(f"{facts.root}/releases/"):
            return fails(_("{named} preloads {preload}, which is one version's own file.").format(
                named=named([pool]), preload=pool.ini["preload"]))
    if real := _handed(facts, RELEASE, ENTRY, ELSEWHERE):
        return fails(_("{named} preloads classes and is handed {handed_path}: between the switch "
                       "and new workers pages would mix versions.").format(
            named=named(real), handed_path=real[0].handed_path))
    if dark := _handed(facts, ""):
        return unknown(_dark(dark))
    if moving := [pool for pool in facts.pools if pool.on("validate_timestamps")]:
        return unknown(_("{named} preloads classes with opcache.validate_timestamps = 1, and "
                         "{unmeasured}.").format(named=named(moving), unmeasured=UNMEASURED))
    return None


def _too_short(pool):
    if not pool.control_timeout_s:
        return (_("process_control_timeout of {master} is 0: a reload kills every request that is "
                  "running.").format(master=pool.master))
    return (_("process_control_timeout of {master} is {control_timeout_s:g} s, and a request of "
              "{longest_s:.1f} s was seen: a reload would kill such ones.").format(
        master=pool.master, control_timeout_s=pool.control_timeout_s, longest_s=pool.longest_s))


def _right(facts, commands):
    """SAFE where sudo lets us run these without asking."""
    user = facts.user or _("the SSH user")
    for command in sorted(commands):
        allowed = facts.may.get(command)
        if allowed is None:
            return unknown(_("whether {user} may run “{command}” as root was not seen.").format(
                user=user, command=command))
        if not allowed:
            return fails(_("{user} may not run “{command}” as root.").format(
                user=user, command=command))
    return SAFE


def _reloads(facts):
    return {facts.command("reload", pool.master) for pool in facts.pools}


def fpm_restart(facts):
    """Never safe: requests fail meanwhile, and it mixes versions where a reload would."""
    if not facts.has_php:
        return fails(_("No PHP runs here, so there is nothing to restart."))
    if other := [pool for pool in facts.pools if pool.sapi not in ("fpm-fcgi", "")]:
        return fails(_("{named} is not PHP-FPM, so there is no PHP-FPM to restart.").format(
            named=named(other)))
    mixing = _preloads(facts) if has_preload(facts) else None
    if mixing is not None and mixing.sort == FAILS:
        return mixing
    return Verdict(BY_HAND, _("Visitors may see errors meanwhile: only a person may choose this."))


@_of_php
def apache_graceful(facts):
    """PHP lives in Apache's own processes, we may reload it, and the old version stays whole."""
    if outside := [pool for pool in facts.pools if pool.sapi != "apache2handler"]:
        return fails(_("{named} is not a part of Apache: reloading Apache does not reach "
                       "it.").format(named=named(outside)))
    if has_preload(facts) and (obstacle := _preloads(facts)) is not None:
        return obstacle
    return _right(facts, _reloads(facts))


@_of_php
def web_config(facts):
    """The included file is there, and we may reload the web server."""
    if has_preload(facts):
        return fails(_("Preloaded classes stay old after the switch: every page would mix "
                       "versions."))
    if facts.has_include is None:
        return unknown(_("whether the web server includes the file that we write was not seen."))
    if not facts.has_include:
        return fails(_("The web server includes no file that we write: it was not set up "
                       "for this."))
    if stuck := _handed(facts, CURRENT, ENTRY, ELSEWHERE):
        return fails(_("{named} is handed {handed_path}: the web server does not use the folder "
                       "that our file names.").format(
            named=named(stuck), handed_path=stuck[0].handed_path))
    return _right(facts, {facts.command("reload", facts.web_service), facts.web_test})


def none(facts):
    """Only where no PHP runs."""
    if facts.has_php:
        return fails(_("PHP runs here and would keep the old version, whole or in part."))
    return SAFE


JUDGES = {
    "realpath": realpath, "front-controller": front_controller, "web-config": web_config,
    "reset": reset, "fpm-reload": fpm_reload, "apache-graceful": apache_graceful, "none": none,
    "fpm-restart": fpm_restart,
}
"""In the order of preference; the last one is never chosen."""

def judge(facts):
    """Return {strategy: Verdict} for all of them.

    A web server that keeps files open serves old styles and scripts whatever is done to PHP; it
    forgets them where it is reloaded itself, with another folder. One that uses our included file
    stays with the folder that it names, whatever else is done.
    """
    found = {name: judged(facts) for name, judged in JUDGES.items()}
    if facts.has_include and _handed(facts, RELEASE):
        tied = unknown(_("the file that “web-config” writes names the folder, so it does not show "
                         "whether the web server would follow the link by itself."))
        found |= {name: tied for name in found if name != "web-config" and _may_act(found[name])}
    if facts.is_file_cached:
        old = fails(_("The web server would go on serving the old version's styles and scripts "
                      "(open_file_cache)."))
        found |= {name: old for name in found if name != "web-config" and _may_act(found[name])}
    return found


def _may_act(verdict):
    return verdict.sort in (FITS, BY_HAND)
