"""What is different on an installation since it was examined last, in what decides about caches.

Counters, ages and free room change all the time and are no difference. What one of the two did
not read is none either.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .facts import PoolFacts

SETTINGS = (
    "enable", "validate_timestamps", "revalidate_path", "preload", "jit", "file_cache",
    "file_cache_only", "restrict_api", "use_cwd", "file_update_protection",
    "force_restart_timeout", "memory_consumption", "max_accelerated_files", "realpath_cache_size",
    "realpath_cache_ttl", "open_basedir", "disable_functions",
)
OF_PHP = {"realpath_cache_size", "realpath_cache_ttl", "open_basedir", "disable_functions"}
HANDED = {"current": _lazy("the link current"), "release": _lazy("the version's own folder"),
          "entry": _lazy("our stable entry"), "elsewhere": _lazy("a path outside the site")}


def compare(known, now):
    """Return one sentence per difference between two Facts, without a full stop; [] for none."""
    before = {pool.name: pool for pool in known.pools}
    after = {pool.name: pool for pool in now.pools}
    sentences = [
        _("PHP pool {name} is new").format(name=name) for name in after if name not in before
    ]
    sentences += [
        _("PHP pool {name} is gone").format(name=name) for name in before if name not in after
    ]
    for name in after:
        if name in before:
            sentences += _of_pool(before[name], after[name])
    return sentences + _of_masters(known, now) + _of_server(known, now)


def _of_pool(known: PoolFacts, now: PoolFacts):
    if known.problem or now.problem:
        return []
    pairs = [
        ("PHP", _minor(known.php), _minor(now.php)),
        (_("PHP's way of running"), known.sapi, now.sapi),
        ("pm", known.manager, now.manager),
        (_("what the web server hands it"),
         HANDED.get(known.handed, ""), HANDED.get(now.handed, "")),
        ("process_control_timeout", _seconds(known), _seconds(now)),
    ]
    pairs += [(name if name in OF_PHP else f"opcache.{name}", _text(known, name), _text(now, name))
              for name in SETTINGS if name in known.ini and name in now.ini]
    if None not in (known.is_cached, now.is_cached):
        pairs.append(("OPcache", *(_("on") if each.is_cached else _("off")
                                   for each in (known, now))))
    return [_("PHP pool {now}: {name} was {old}, is {new}").format(
        now=now.name, name=name, old=old, new=new)
            for name, old, new in pairs if old and new and old != new]


def _minor(version):
    return ".".join(version.split(".")[:2])


def _seconds(pool):
    return "" if pool.control_timeout_s is None else f"{pool.control_timeout_s:g} s"


def _text(pool, name):
    return str(pool.ini[name]) if pool.ini[name] not in (None, "") else _("empty")


def _of_masters(known, now):
    """Which pools share an OPcache; process numbers change with each restart."""
    sets = [_shared(facts) for facts in (known, now)]
    if None in sets or sets[0] == sets[1] or not _same_pools(known, now):
        return []
    return [_("which PHP pools share one PHP-FPM service changed")]


def _shared(facts):
    found = {}
    for pool in facts.pools:
        if not pool.memory:
            return None
        found.setdefault(pool.memory, set()).add(pool.name)
    return sorted(sorted(names) for names in found.values())


def _same_pools(known, now):
    return {pool.name for pool in known.pools} == {pool.name for pool in now.pools}


def _of_server(known, now):
    found = []
    if None not in (known.is_file_cached, now.is_file_cached) and \
            known.is_file_cached != now.is_file_cached:
        found.append(_("the web server keeps replaced files now") if now.is_file_cached else
                     _("the web server keeps no replaced files now"))
    for command, allowed in now.may.items():
        if allowed is not None and known.may.get(command) not in (None, allowed):
            sentence = _("{user} may run “{command}” as root now") if allowed else \
                _("{user} may not run “{command}” as root now")
            found.append(sentence.format(user=now.user, command=command))
    return found
