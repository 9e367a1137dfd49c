"""Moments in words as sentences of services say them."""

from django.utils import timezone

from ..freeze_windows import moment_words
from ..zones import note


def near(moment, *, at):
    """As short as it can be said at the moment `at`, with the zone where it is not the usual one:
    “Mon 08:00”."""
    there = timezone.localtime(moment)
    return f"{moment_words(moment, at=at, zone=there.tzinfo)}{note(there)}"
