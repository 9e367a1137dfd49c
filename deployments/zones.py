"""Times in words that say their zone wherever it is not the installation's own.

Each person reads times in a zone of their own; a sentence that one of them causes stands in the
audit log and in other people's mails, too.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from django.utils.dateformat import format as in_words

NAMES = frozenset(name for name in available_timezones()
                  if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))) | {"UTC"}
"""What a person may choose: places, and UTC; no abbreviations, which mean several zones."""


def meant_by(text):
    """The name of the zone that somebody means by “berlin”, “new york” or “Europe/Berlin”; "" for
    none. A city that stands in the list twice has one clock."""
    wanted = text.strip().replace(" ", "_").casefold()
    found = [name for name in sorted(NAMES) if name.casefold() == wanted] or [
        name for name in sorted(NAMES) if name.casefold().rpartition("/")[2] == wanted]
    return found[0] if found else ""


_always_named = ContextVar("_always_named", default=False)


def zone_called(name):
    """The zone of this name; the installation's own for what is none."""
    return ZoneInfo(name) if name in NAMES else timezone.get_default_timezone()


@contextmanager
def named(name):
    """Words made inside say times in the zone of this name, and name it: for a mail, which is read
    wherever its reader is."""
    token = _always_named.set(True)
    try:
        with timezone.override(zone_called(name)):
            yield
    finally:
        _always_named.reset(token)


def note(at):
    """“ CET” for an aware moment in another zone than the installation's own; else "". Always the
    zone where it is `named`."""
    is_usual = str(at.tzinfo) == timezone.get_default_timezone_name()
    return "" if is_usual and not _always_named.get() else f" {at:%Z}"


def shown(at, form):
    """The moment in the zone of whoever reads it, as `form` says (letters of Django's `date`)."""
    there = timezone.localtime(at)
    return f"{in_words(there, form)}{note(there)}"
