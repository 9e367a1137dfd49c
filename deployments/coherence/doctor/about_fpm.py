"""Findings on PHP-FPM: its services, workers, long requests, and the room in OPcache."""

import math

from django.utils.translation import gettext as _

from ...waves import joined
from ..room import ROOM, footprint_of
from .finding import BLOCKS, FINE, RENEWING, WARNS, Finding, has_preload, ini_place, named
from .verdicts import split_masters

LONG_S = 10
SPARE_S = 5


def silent(facts, used):
    for pool in facts.pools:
        if pool.problem:
            yield Finding(
                "silent", BLOCKS,
                _("{named} could not be asked").format(named=named([pool])), pool.problem,
                _("Put that right, then press Examine again. Until then nothing is known of it."))


def no_pools(facts, used):
    if facts.has_php and not facts.pools:
        yield Finding(
            "no-pools", BLOCKS, _("No PHP pool is entered here"),
            _("We would not know whom to ask which version runs."),
            _("Add the server's pools under Servers, and choose them on the installation's page."))


def no_scoreboard(facts, used):
    blind = [pool for pool in facts.pools if not pool.problem and not pool.manager]
    if not blind:
        return
    is_apache = blind[0].sapi == "apache2handler"
    yield Finding(
        "no-scoreboard", BLOCKS,
        _("{named} shows no list of its workers: PHP {php} as {sapi}").format(
            named=named(blind), php=blind[0].php or "?", sapi=blind[0].sapi or "?"),
        _("We could not prove which version each worker runs, and “live” would be a guess."),
        _("Run the site's PHP through PHP-FPM instead of inside Apache, for example on Debian:")
        if is_apache else _("Use PHP-FPM 7.3 or newer."),
        ("apt-get install php-fpm", "a2dismod php8.2 && a2enmod proxy_fcgi setenvif",
         "a2enconf php8.2-fpm && systemctl restart apache2") if is_apache else ())


def masters(facts, used):
    for name in split_masters(facts):
        pools = [pool for pool in facts.pools if pool.master == name]
        pids = sorted({pool.memory for pool in pools if pool.memory})
        yield Finding(
            "two-masters", BLOCKS if used in ("", *RENEWING) else WARNS,
            _("“{name}” is entered for {count} PHP-FPM services (processes {pids})").format(
                name=name, count=len(pids), pids=", ".join(pids)),
            _("Each has an OPcache of its own: a reset or reload of one leaves the other old."),
            _("Under Servers, give {named} the name of the service that each belongs to, as these "
              "show it:").format(named=named(pools)),
            tuple(f"systemctl status {pid}" for pid in pids))
    found = {}
    for pool in facts.pools:
        if pool.memory:
            found.setdefault(pool.memory, {})[pool.master] = pool
    for names in found.values():
        if len(names) > 1:
            yield Finding(
                "one-master", WARNS,
                _("{values} are one PHP-FPM service").format(
                    values=joined([f"“{name}”" for name in names])),
                _("They share one OPcache, which would be reset or reloaded twice, and two sites "
                  "on it would not wait for each other."),
                _("Under Servers, give these pools the same name of their service."))


def hidden_masters(facts, used):
    hidden = [pool for pool in facts.pools if not pool.problem and pool.sapi == "fpm-fcgi"
              and not pool.master_pid]
    if hidden:
        yield Finding(
            "hidden-master", WARNS,
            _("We cannot see the service of {named}").format(named=named(hidden)),
            hidden[0].master_problem or _("Its processes are hidden from us."),
            _("Let the SSH user see other users' processes (no hidepid for its group)."))


def single_workers(facts, used):
    single = [pool for pool in facts.pools if pool.manager == "static" and pool.workers == 1]
    if single:
        yield Finding(
            "one-worker", WARNS, _("{named} has one worker").format(named=named(single)),
            _("While it answers us it answers nobody else, and which path it is handed is harder "
              "to see."), _("Put this into the pool's file, then reload PHP-FPM."),
              ("pm.max_children = 2",))


def busy(facts, used):
    waiting = [pool for pool in facts.pools if pool.queued]
    if waiting:
        yield Finding(
            "queue", WARNS, _("{queued} visitors wait for a worker of {named}").format(
                queued=waiting[0].queued, named=named(waiting)),
            _("We stand in the same line, so releasing takes longer and may not be confirmed."),
            _("Put this into the pool's file and reload PHP-FPM, if the server has the memory, or "
              "release in a quieter hour."), (f"pm.max_children = {2 * waiting[0].workers}",))


def long_requests(facts, used):
    slow = max(facts.pools, key=lambda pool: pool.longest_s, default=None)
    if slow is None or slow.longest_s < LONG_S or used not in ("reset", "fpm-reload",
                                                              "apache-graceful"):
        return
    takes = _("A request of {longest_s:.0f} s was seen in {named}").format(
        longest_s=slow.longest_s, named=named([slow]))
    if used == "reset":
        yield Finding(
            "long-requests", WARNS, takes,
            _("A reset waits for the requests that run. Until then OPcache is off and pages are "
              "slow and old; when that takes too long the release is not confirmed and goes back."),
            "Release when none of them runs, or hand PHP real paths ($realpath_root).")
    else:
        yield Finding(
            "long-requests", WARNS, takes,
            _("While it runs to its end after a reload, every other visitor waits."),
            _("Release when none of them runs."))


def control_timeout(facts, used):
    """Told where a reload is used, or would be the way out for preloaded classes."""
    is_used = used == "fpm-reload" or (used != "fpm-restart" and has_preload(facts))
    if not is_used:
        return
    for name in dict.fromkeys(pool.master for pool in facts.pools if not pool.problem):
        pools = [pool for pool in facts.pools if pool.master == name]
        first, longest_s = pools[0], max(pool.longest_s for pool in pools)
        seconds, wanted_s = first.control_timeout_s, max(10, math.ceil(longest_s) + SPARE_S)
        if seconds is None:
            continue
        if first.is_config_newer:
            yield Finding(
                "control-timeout", BLOCKS,
                _("{control_file} was changed after {name} had read it").format(
                    control_file=first.control_file, name=name),
                _("Nobody knows which process_control_timeout the running service keeps to."),
                _("Restart {name} once in a quiet hour, then press Examine again.").format(
                    name=name),
                (f"systemctl restart {name}",))
        elif seconds <= longest_s:
            yield Finding(
                "control-timeout", BLOCKS,
                _("{name} gives running requests {seconds:g} s when it is reloaded "
                  "(process_control_timeout)").format(name=name, seconds=seconds),
                _("Every request that runs longer is cut off with an error; with 0 all of them "
                  "are."),
                _("Put this below [global] in {control_file}, then restart {name} once in a quiet "
                  "hour.").format(control_file=first.control_file or "php-fpm.conf", name=name),
                (f"process_control_timeout = {wanted_s}s",))
        else:
            yield Finding(
                "control-timeout", FINE,
                _("{name} gives running requests {seconds:g} s when it is reloaded").format(
                    name=name, seconds=seconds),
                _("That is longer than the longest request that was seen ({longest_s:.1f} "
                  "s).").format(longest_s=longest_s))


def memory(facts, used):
    """Room for one more version, by the measured rule; told once per service."""
    seen = set()
    for pool in facts.pools:
        cache, files = pool.cache, facts.php_files
        if not pool.is_cached or not cache.get("free") or not files or pool.master in seen:
            continue
        seen.add(pool.master)
        used_bytes, kept = footprint_of(cache)
        needed = ROOM * used_bytes / kept * files
        if cache["free"] < needed:
            size = pool.number("memory_consumption") or 128 * 2**20
            size = size if size < 2**16 else size // 2**20
            wanted = math.ceil((size * 2**20 + 3 * needed) / 2**20 / 64) * 64
            yield Finding(
                "memory", WARNS,
                _("OPcache of {master} has {free} free; the next version may need {needed}").format(
                    master=pool.master, free=_mb(cache["free"]), needed=_mb(needed)),
                _("OPcache forgets nothing by itself. When it is full, every newer file is "
                  "compiled on each request, and the site becomes slow."),
                _("Put this into {ini_place}. Until then room is made before each release.").format(
                    ini_place=ini_place([pool])),
                (f"opcache.memory_consumption = {wanted}",))
        if cache.get("max_keys") and cache["max_keys"] - cache["keys"] < files:
            yield Finding(
                "keys", WARNS,
                _("OPcache of {master} has room for {max_keys} more files; the next version has up "
                  "to {files}").format(
                    master=pool.master, max_keys=cache["max_keys"] - cache["keys"], files=files),
                _("What has no place is compiled on each request."),
                _("Put this into {ini_place}.").format(ini_place=ini_place([pool])),
                (f"opcache.max_accelerated_files = {max(10_000, cache['max_keys'] * 2)}",))


def _mb(size):
    return f"{size / 2**20:.1f} MB"


def mod_php(facts, used):
    inside = [pool for pool in facts.pools if pool.sapi == "apache2handler" and pool.manager]
    if inside:
        yield Finding(
            "mod-php", FINE if used == "apache-graceful" else WARNS,
            _("{named} runs inside Apache (mod_php)").format(named=named(inside)),
            _("It has no list of what each worker does. Apache's children are counted over SSH "
              "instead, by process number and start, and a version is live when each of them has "
              "answered from it or is gone. A child that a visitor's kept connection holds answers "
              "nobody else: with Apache's defaults, and a page that asks again every few seconds, "
              "for minutes, and then no release can be checked."),
            _("If releases wait for children of Apache, put this into its configuration (mods or "
              "virtual host), or choose the strategy “apache-graceful”, which waits for none."),
            ("KeepAliveTimeout 1", "MaxKeepAliveRequests 20"))


RULES = (no_pools, silent, no_scoreboard, mod_php, masters, hidden_masters, single_workers, busy,
         long_requests, control_timeout, memory)
