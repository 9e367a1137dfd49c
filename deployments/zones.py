"""Times in words that say their zone wherever it is not the installation's own.

Each person reads times in a zone of their own; a sentence that one of them causes stands in the
audit log and in other people's mails, too.
"""

from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

NAMES = frozenset(name for name in available_timezones()
                  if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))) | {"UTC"}
"""What a person may choose: places, and UTC; no abbreviations, which mean several zones."""


def zone_called(name):
    """The zone of this name; the installation's own for what is none."""
    return ZoneInfo(name) if name in NAMES else timezone.get_default_timezone()


def note(at):
    """“ CET” for an aware moment in another zone than the installation's own; else ""."""
    return "" if str(at.tzinfo) == timezone.get_default_timezone_name() else f" {at:%Z}"


def shown(at, form):
    """The moment in the zone of whoever reads it, in the words of `form` (strftime)."""
    there = timezone.localtime(at)
    return f"{there:{form}}{note(there)}"
