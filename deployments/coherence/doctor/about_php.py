"""Findings on PHP's settings: what OPcache and the realpath cache do at a switch.

Each rule takes (facts, used): `used` is the strategy in use, "" while none fits.
"""

from django.utils.translation import gettext as _

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
    service, first = ("PHP-FPM", _("set process_control_timeout, ")) if is_fpm else ("Apache", "")
    yield Finding(
        "preload", FINE if is_met else BLOCKS,
        _("{named} preloads classes ({preload})").format(
            named=named(pools), preload=pools[0].ini["preload"]),
        _("Preloaded classes stay in memory until {service} starts new workers. A reset does not "
          "replace them: every page would be made of new files and old classes.").format(
            service=service),
        "" if is_met else
        _("Either take opcache.preload out of {ini_place}, or let {service} be reloaded at each "
          "release: hand PHP paths below current{variable}, switch opcache.validate_timestamps "
          "off, {first}and allow the reload. The lines for the first way:").format(
            ini_place=ini_place(pools), service=service, variable=" ($document_root)" * is_fpm,
            first=first),
        () if is_met else ("opcache.preload =",))


def opcache_off(facts, used):
    if not (pools := _where(facts, lambda pool: pool.is_cached is False)):
        return
    level = BLOCKS if used in ("reset", "") else WARNS
    yield Finding(
        "opcache-off", level, _("OPcache is off in {named}").format(named=named(pools)),
        _("{cache_problem} Every request compiles every file, and workers still remember for "
          "realpath_cache_ttl seconds where paths led: for that long some pages may be old, or "
          "made of two versions.").format(cache_problem=pools[0].cache_problem),
        _("Put this into {ini_place}.").format(ini_place=ini_place(pools)), ("opcache.enable = 1",))


def restrict_api(facts, used):
    pools = _where(facts, lambda pool: pool.is_cached is None)
    if not pools:
        return
    below = pools[0].ini.get("restrict_api")
    yield Finding(
        "restrict-api", BLOCKS if used in ("reset", "") else WARNS,
        _("{named} does not let us use OPcache (opcache.restrict_api = {below})").format(
            named=named(pools), below=below),
        _("We can neither reset OPcache nor compile a version ahead of its visitors."),
        _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
        (f'opcache.restrict_api = "{facts.root}"',))


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
                _("{named} switches off {missing}").format(
                    named=named(pools), missing=", ".join(missing)),
                _("We use these to make a version live and to see which one each worker runs."),
                _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
                (f"disable_functions = {left}",))


def timestamps(facts, used):
    """Looked at by many as the cure; measured: it is none."""
    if not (pools := _where(facts, lambda pool: pool.on("validate_timestamps"))):
        return
    freq = pools[0].ini.get("revalidate_freq") or "2"
    yield Finding(
        "timestamps", FINE,
        _("{named} looks at files again every {freq} s (opcache.validate_timestamps = 1)").format(
            named=named(pools), freq=freq),
        _("That does not make a switch seen: the old file is still there, unchanged. It costs a "
          "little on each request and does no harm."))


def revalidate_path(facts, used):
    if not (pools := _where(facts, lambda pool: pool.on("revalidate_path"))):
        return
    has_cache = any(pool.number("realpath_cache_size") != 0 and not pool.ini.get("open_basedir")
                    for pool in pools)
    ttl = pools[0].ini.get("realpath_cache_ttl") or "120"
    why = (_("By itself it only ends old pages after realpath_cache_ttl ({ttl} s): it replaces no "
             "strategy.").format(ttl=ttl) if has_cache else
           _("PHP resolves every path for every file: each request takes about 1 ms longer, and a "
             "request that runs during the switch may load files of both versions."))
    yield Finding(
        "revalidate-path", WARNS,
        _("{named} has opcache.revalidate_path = 1").format(named=named(pools)), why,
        _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
        ("opcache.revalidate_path = 0",))


def realpath_ttl(facts, used):
    if not (pools := _where(facts, lambda pool: pool.number("realpath_cache_ttl") == 0)):
        return
    is_stuck = _is_handed_current(facts) and used not in RENEWING
    level = BLOCKS if is_stuck else WARNS
    yield Finding(
        "realpath-ttl", level, _("{named} has realpath_cache_ttl = 0").format(named=named(pools)),
        _("0 does not switch that cache off: it means that a worker never forgets where a path "
          "led."),
        _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
        ("realpath_cache_ttl = 120",))


def no_realpath_cache(facts, used):
    pools = _where(facts, lambda pool: pool.number("realpath_cache_size") == 0
                   and not pool.on("revalidate_path"))
    if pools:
        yield Finding(
            "no-realpath-cache", WARNS,
            _("{named} has realpath_cache_size = 0").format(named=named(pools)),
            _("PHP resolves every path anew, about 1 ms for each request. OPcache keeps its own "
              "path, so the old version stays all the same."),
            _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
            ("realpath_cache_size = 4M",))


def open_basedir(facts, used):
    for text, pools in alike(facts.pools, lambda pool: pool.ini.get("open_basedir")):
        allowed, root = text.split(":"), f"{facts.root}/"
        if any(f"{part.rstrip('/')}/" == root[:len(part.rstrip("/")) + 1] for part in allowed):
            yield Finding(
                "open-basedir", WARNS, _("{named} has open_basedir").format(named=named(pools)),
                _("PHP then resolves every path anew: each request takes about 1 ms longer."),
                _("It keeps sites of one server apart: leave it where others are on it, else put "
                  "this into {ini_place}.").format(ini_place=ini_place(pools)), ("open_basedir =",))
        else:
            yield Finding(
                "open-basedir", BLOCKS,
                _("{named} may not read {root} (open_basedir)").format(
                    named=named(pools), root=facts.root),
                _("We cannot compile the new version ahead, and PHP may refuse it after the "
                  "switch."),
                _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
                (f'open_basedir = "{":".join([*allowed, root])}"',))


def use_cwd(facts, used):
    pools = _where(facts, lambda pool: "use_cwd" in pool.ini and pool.is_cached
                   and not pool.on("use_cwd"))
    if pools:
        yield Finding(
            "use-cwd", WARNS, _("{named} has opcache.use_cwd = 0").format(named=named(pools)),
            _("Two versions, or two sites, that include a file by the same relative path would get "
              "the same one. Absolute paths are not concerned."),
            _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
            ("opcache.use_cwd = 1",))


def jit(facts, used):
    pools = _where(facts, lambda pool: pool.is_cached and pool.on("jit")
                   and (pool.number("jit_buffer_size") or 0) > 0)
    if pools:
        resets = used == "reset"
        yield Finding(
            "jit", WARNS if resets else FINE, _("{named} uses the JIT").format(named=named(pools)),
            _("We saw no failure in 40 resets under load with it; PHP's developers know of crashes "
              "when OPcache is reset under load (php-src issue 14471).") if resets else
            _("Nothing resets OPcache at a release here, so the JIT is not concerned."),
            _("To be on the safe side, put this into {ini_place}.").format(
                ini_place=ini_place(pools)) if resets else "",
            ("opcache.jit = disable",) if resets else ())


def file_cache(facts, used):
    if not (pools := _where(facts, lambda pool: pool.ini.get("file_cache"))):
        return
    only = [pool for pool in pools if pool.on("file_cache_only")]
    if only:
        yield Finding(
            "file-cache", WARNS if used else BLOCKS,
            _("{named} keeps compiled files on disk alone (opcache.file_cache_only = 1)").format(
                named=named(only)),
            _("There is no shared memory to reset, and nobody has measured a switch there."),
            _("Put this into {ini_place}.").format(ini_place=ini_place(only)),
            ("opcache.file_cache_only = 0",))
        return
    yield Finding(
        "file-cache", FINE, _("{named} also keeps compiled files in {file_cache}").format(
            named=named(pools), file_cache=pools[0].ini["file_cache"]),
        _("A file changed in place would stay old there, whatever is reset. Each of our versions "
          "has a folder of its own, so this does not happen. Never edit files in a version's "
          "folder."))


def file_update_protection(facts, used):
    pools = _where(facts, lambda pool: (pool.number("file_update_protection") or 0)
                   > LONG_PROTECTION_S)
    if pools:
        seconds = pools[0].ini["file_update_protection"]
        yield Finding(
            "file-update-protection", WARNS,
            _("{named} keeps no file that is younger than {seconds} s "
              "(opcache.file_update_protection)").format(named=named(pools), seconds=seconds),
            _("A new version cannot be compiled ahead before that, so releasing waits that long."),
            _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
            ("opcache.file_update_protection = 2",))


def force_restart_timeout(facts, used):
    def limit(pool):
        seconds = pool.number("force_restart_timeout")
        is_short = seconds and (seconds < SHORT_FORCE_S or seconds <= pool.longest_s)
        return seconds if is_short and pool.is_cached and used == "reset" else None

    for seconds, pools in alike(facts.pools, limit):
        longest_s = max(pool.longest_s for pool in pools)
        yield Finding(
            "force-restart-timeout", WARNS,
            _("{named} kills requests that hold a reset up for {seconds} s "
              "(opcache.force_restart_timeout)").format(named=named(pools), seconds=seconds),
            _("A visitor of such a request gets an error. The longest that we saw took "
              "{longest_s:.1f} s.").format(longest_s=longest_s),
            _("Put this into {ini_place}.").format(ini_place=ini_place(pools)),
            ("opcache.force_restart_timeout = 180",))


RULES = (
    opcache_off, restrict_api, disabled_functions, realpath_ttl, revalidate_path,
    no_realpath_cache, open_basedir, use_cwd, jit, file_cache, file_update_protection,
    force_restart_timeout, timestamps,
)
