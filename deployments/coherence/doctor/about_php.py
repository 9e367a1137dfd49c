"""Findings on PHP's settings: what OPcache and the realpath cache do at a switch.

Each rule takes (facts, used): `used` is the strategy in use, "" while none fits.
"""

from .facts import CURRENT
from .finding import BLOCKS, FINE, RENEWING, WARNS, Finding, alike, ini_place, named, renewing

LONG_PROTECTION_S = 10
SHORT_FORCE_S = 60


def _where(facts, test):
    return [pool for pool in facts.pools if not pool.problem and test(pool)]


def _is_handed_current(facts):
    return any(pool.handed == CURRENT for pool in facts.pools)


def preload(facts, used):
    if not (pools := _where(facts, lambda pool: pool.ini.get("preload"))):
        return
    renewed = renewing(facts)
    is_fpm = renewed == "fpm-reload"
    is_met = used == renewed or (is_fpm and used == "fpm-restart")
    service, first = ("PHP-FPM", "set process_control_timeout, ") if is_fpm else ("Apache", "")
    yield Finding(
        "preload", FINE if is_met else BLOCKS,
        f"{named(pools)} preloads classes ({pools[0].ini['preload']})",
        f"Preloaded classes stay in memory until {service} starts new workers. A reset does not "
        "replace them: every page would be made of new files and old classes.",
        "" if is_met else
        "Either take opcache.preload out of "
        f"{ini_place(pools)}, or let {service} be reloaded at each release: hand PHP paths below "
        f"current{' ($document_root)' * is_fpm}, switch opcache.validate_timestamps off, {first}"
        "and allow the reload. The lines for the first way:",
        () if is_met else ("opcache.preload =",))


def opcache_off(facts, used):
    if not (pools := _where(facts, lambda pool: pool.is_cached is False)):
        return
    level = BLOCKS if used in ("reset", "") else WARNS
    yield Finding(
        "opcache-off", level, f"OPcache is off in {named(pools)}",
        f"{pools[0].cache_problem} Every request compiles every file, and workers still remember "
        "for realpath_cache_ttl seconds where paths led: for that long some pages may be old, or "
        "made of two versions.",
        f"Put this into {ini_place(pools)}.", ("opcache.enable = 1",))


def restrict_api(facts, used):
    pools = _where(facts, lambda pool: pool.is_cached is None)
    if not pools:
        return
    below = pools[0].ini.get("restrict_api")
    yield Finding(
        "restrict-api", BLOCKS if used in ("reset", "") else WARNS,
        f"{named(pools)} does not let us use OPcache (opcache.restrict_api = {below})",
        "We can neither reset OPcache nor compile a version ahead of its visitors.",
        f"Put this into {ini_place(pools)}.", (f'opcache.restrict_api = "{facts.root}"',))


NEEDED = ("opcache_reset", "opcache_get_status", "opcache_compile_file", "opcache_invalidate",
          "opcache_is_script_cached", "fpm_get_status", "getmypid", "readlink", "realpath",
          "usleep")


def disabled_functions(facts, used):
    for text, pools in alike(facts.pools, lambda pool: pool.ini.get("disable_functions")):
        names = text.replace(" ", "").split(",")
        if missing := [name for name in NEEDED if name in names]:
            left = ",".join(name for name in names if name not in NEEDED)
            yield Finding(
                "disabled-functions", BLOCKS,
                f"{named(pools)} switches off {', '.join(missing)}",
                "We use these to make a version live and to see which one each worker runs.",
                f"Put this into {ini_place(pools)}.", (f"disable_functions = {left}",))


def timestamps(facts, used):
    """Looked at by many as the cure; measured: it is none."""
    if not (pools := _where(facts, lambda pool: pool.on("validate_timestamps"))):
        return
    freq = pools[0].ini.get("revalidate_freq") or "2"
    yield Finding(
        "timestamps", FINE,
        f"{named(pools)} looks at files again every {freq} s (opcache.validate_timestamps = 1)",
        "That does not make a switch seen: the old file is still there, unchanged. It costs a "
        "little on each request and does no harm.")


def revalidate_path(facts, used):
    if not (pools := _where(facts, lambda pool: pool.on("revalidate_path"))):
        return
    has_cache = any(pool.number("realpath_cache_size") != 0 and not pool.ini.get("open_basedir")
                    for pool in pools)
    ttl = pools[0].ini.get("realpath_cache_ttl") or "120"
    why = (f"By itself it only ends old pages after realpath_cache_ttl ({ttl} s): it replaces no "
           "strategy." if has_cache else
           "PHP resolves every path for every file: each request takes about 1 ms longer, and a "
           "request that runs during the switch may load files of both versions.")
    yield Finding(
        "revalidate-path", WARNS, f"{named(pools)} has opcache.revalidate_path = 1", why,
        f"Put this into {ini_place(pools)}.", ("opcache.revalidate_path = 0",))


def realpath_ttl(facts, used):
    if not (pools := _where(facts, lambda pool: pool.number("realpath_cache_ttl") == 0)):
        return
    is_stuck = _is_handed_current(facts) and used not in RENEWING
    level = BLOCKS if is_stuck else WARNS
    yield Finding(
        "realpath-ttl", level, f"{named(pools)} has realpath_cache_ttl = 0",
        "0 does not switch that cache off: it means that a worker never forgets where a path led.",
        f"Put this into {ini_place(pools)}.", ("realpath_cache_ttl = 120",))


def no_realpath_cache(facts, used):
    pools = _where(facts, lambda pool: pool.number("realpath_cache_size") == 0
                   and not pool.on("revalidate_path"))
    if pools:
        yield Finding(
            "no-realpath-cache", WARNS, f"{named(pools)} has realpath_cache_size = 0",
            "PHP resolves every path anew, about 1 ms for each request. OPcache keeps its own "
            "path, so the old version stays all the same.",
            f"Put this into {ini_place(pools)}.", ("realpath_cache_size = 4M",))


def open_basedir(facts, used):
    for text, pools in alike(facts.pools, lambda pool: pool.ini.get("open_basedir")):
        allowed, root = text.split(":"), f"{facts.root}/"
        if any(f"{part.rstrip('/')}/" == root[:len(part.rstrip("/")) + 1] for part in allowed):
            yield Finding(
                "open-basedir", WARNS, f"{named(pools)} has open_basedir",
                "PHP then resolves every path anew: each request takes about 1 ms longer.",
                "It keeps sites of one server apart: leave it where others are on it, else put "
                f"this into {ini_place(pools)}.", ("open_basedir =",))
        else:
            yield Finding(
                "open-basedir", BLOCKS,
                f"{named(pools)} may not read {facts.root} (open_basedir)",
                "We cannot compile the new version ahead, and PHP may refuse it after the switch.",
                f"Put this into {ini_place(pools)}.",
                (f'open_basedir = "{":".join([*allowed, root])}"',))


def use_cwd(facts, used):
    pools = _where(facts, lambda pool: "use_cwd" in pool.ini and pool.is_cached
                   and not pool.on("use_cwd"))
    if pools:
        yield Finding(
            "use-cwd", WARNS, f"{named(pools)} has opcache.use_cwd = 0",
            "Two versions, or two sites, that include a file by the same relative path would get "
            "the same one. Absolute paths are not concerned.",
            f"Put this into {ini_place(pools)}.", ("opcache.use_cwd = 1",))


def jit(facts, used):
    pools = _where(facts, lambda pool: pool.is_cached and pool.on("jit")
                   and (pool.number("jit_buffer_size") or 0) > 0)
    if pools:
        resets = used == "reset"
        yield Finding(
            "jit", WARNS if resets else FINE, f"{named(pools)} uses the JIT",
            "We saw no failure in 40 resets under load with it; PHP's developers know of crashes "
            "when OPcache is reset under load (php-src issue 14471)." if resets else
            "Nothing resets OPcache at a release here, so the JIT is not concerned.",
            f"To be on the safe side, put this into {ini_place(pools)}." if resets else "",
            ("opcache.jit = disable",) if resets else ())


def file_cache(facts, used):
    if not (pools := _where(facts, lambda pool: pool.ini.get("file_cache"))):
        return
    only = [pool for pool in pools if pool.on("file_cache_only")]
    if only:
        yield Finding(
            "file-cache", WARNS if used else BLOCKS,
            f"{named(only)} keeps compiled files on disk alone (opcache.file_cache_only = 1)",
            "There is no shared memory to reset, and nobody has measured a switch there.",
            f"Put this into {ini_place(only)}.", ("opcache.file_cache_only = 0",))
        return
    yield Finding(
        "file-cache", FINE, f"{named(pools)} also keeps compiled files in "
        f"{pools[0].ini['file_cache']}",
        "A file changed in place would stay old there, whatever is reset. Each of our versions has "
        "a folder of its own, so this does not happen. Never edit files in a version's folder.")


def file_update_protection(facts, used):
    pools = _where(facts, lambda pool: (pool.number("file_update_protection") or 0)
                   > LONG_PROTECTION_S)
    if pools:
        seconds = pools[0].ini["file_update_protection"]
        yield Finding(
            "file-update-protection", WARNS,
            f"{named(pools)} keeps no file that is younger than {seconds} s "
            "(opcache.file_update_protection)",
            "A new version cannot be compiled ahead before that, so releasing waits that long.",
            f"Put this into {ini_place(pools)}.", ("opcache.file_update_protection = 2",))


def force_restart_timeout(facts, used):
    def limit(pool):
        seconds = pool.number("force_restart_timeout")
        is_short = seconds and (seconds < SHORT_FORCE_S or seconds <= pool.longest_s)
        return seconds if is_short and pool.is_cached and used == "reset" else None

    for seconds, pools in alike(facts.pools, limit):
        longest_s = max(pool.longest_s for pool in pools)
        yield Finding(
            "force-restart-timeout", WARNS,
            f"{named(pools)} kills requests that hold a reset up for {seconds} s "
            "(opcache.force_restart_timeout)",
            f"A visitor of such a request gets an error. The longest that we saw took "
            f"{longest_s:.1f} s.",
            f"Put this into {ini_place(pools)}.", ("opcache.force_restart_timeout = 180",))


RULES = (
    opcache_off, restrict_api, disabled_functions, realpath_ttl, revalidate_path,
    no_realpath_cache, open_basedir, use_cwd, jit, file_cache, file_update_protection,
    force_restart_timeout, timestamps,
)
