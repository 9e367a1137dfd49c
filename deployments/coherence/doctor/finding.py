"""Finding: one thing the doctor has to say, for people: title, why it matters, what to do."""

from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...waves import joined

BLOCKS, WARNS, FINE = "blocks", "warns", "fine"
LEVELS = (BLOCKS, WARNS, FINE)
RENEWING = ("reset", "fpm-reload", "fpm-restart", "apache-graceful")
"""Strategies after which no worker remembers where the link led."""


@dataclass(frozen=True)
class Finding:
    """`todo` names the file that `lines` are pasted into; both are empty where all is well."""

    code: str
    level: str
    title: str
    why: str
    todo: str = ""
    lines: tuple[str, ...] = ()

    def as_json(self):
        return asdict(self) | {"lines": list(self.lines)}


def named(pools):
    """“PHP (pool www)”, “PHP (pools www and api)”: one subject, however many they are."""
    names = [pool.name for pool in pools]
    return ngettext("PHP (pool {names})", "PHP (pools {names})", len(names)).format(
        names=joined(names))


def alike(pools, key):
    """Groups of pools for which `key(pool)` is the same; those where it is empty are left out."""
    found = {}
    for pool in pools:
        if not pool.problem and key(pool):
            found.setdefault(key(pool), []).append(pool)
    return found.items()


def ini_place(pools):
    """Which file PHP's settings of these pools come from, as the end of “Put this into …”."""
    files = sorted({pool.ini_file for pool in pools if pool.ini_file})
    place = joined(files) if files else _("the php.ini that PHP-FPM reads")
    return _("{place} (or change it where the pool sets it), then reload PHP").format(place=place)


def has_preload(facts):
    return any(pool.ini.get("preload") for pool in facts.pools)


def renewing(facts):
    """The strategy that gives PHP new workers there."""
    is_mod_php = any(pool.sapi == "apache2handler" for pool in facts.pools)
    return "apache-graceful" if is_mod_php else "fpm-reload"
