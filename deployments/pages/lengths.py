"""Lengths of time in words, as short as they can be without telling less than what matters."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SIZES = (86_400, 3600, 60, 1)


def length(seconds):
    """“2 days 3 h”, “1 min 30 s”: the two largest units, the smaller one only where it is not 0."""
    rest = round(seconds)
    size = next((size for size in SIZES if rest >= size), 1)
    whole, rest = divmod(rest, size)
    smaller = SIZES[SIZES.index(size) + 1] if size > 1 else 1
    part = rest // smaller
    return f"{_one_unit(whole, size)} {_one_unit(part, smaller)}" if part else \
        _one_unit(whole, size)


def _one_unit(count, size):
    words = {86_400: ngettext("{count} day", "{count} days", count), 3600: _("{count} h"),
             60: _("{count} min"), 1: _("{count} s")}
    return words[size].format(count=count)
