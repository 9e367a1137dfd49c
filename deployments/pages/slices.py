"""A part of a long list, cut by keys: the last part of 100,000 rows costs what the first one does.

Counting rows and skipping them (pages by number) reads all of them; rows that come meanwhile would
move others from one page to the next.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slice:
    """`rows`, newest first; `newer` and `older` are parts of an address that lead on, or ""."""

    rows: list
    newer: str = ""
    older: str = ""


def without_part(asked):
    """A copy of an address (a QueryDict) that names no part of a list: what filters say stays."""
    kept = asked.copy()
    for name in ("before", "after", "e"):  # `e`: Django's lists name a lookup that is none so
        kept.pop(name, None)
    return kept


def slice_of(rows, asked, size):
    """The part of a queryset that `asked` (a QueryDict) names by `after=KEY` or `before=KEY`.

    Without either, with what is no key, and where nothing is left there, it is the newest part.
    """
    after, before = key_of(asked, "after"), key_of(asked, "before")
    if after is not None:
        found = _first(rows.filter(pk__gt=after), "pk", size + 1)
        if len(found) > size:
            return _between(found[:size][::-1], is_newest=False, is_oldest=False)
    elif before is not None:
        found = _first(rows.filter(pk__lt=before), "-pk", size + 1)
        if found:
            return _between(found[:size], is_newest=False, is_oldest=len(found) <= size)
    found = _first(rows, "-pk", size + 1)
    return _between(found[:size], is_newest=True, is_oldest=len(found) <= size)


def _first(rows, order, count):
    """So many rows in this order, found by their keys alone: an index may hold what decides, and
    rows with all that they are joined to are wide to sort."""
    keys = list(rows.order_by(order).values_list("pk", flat=True)[:count])
    return list(rows.filter(pk__in=keys).order_by(order)) if keys else []


def _between(rows, *, is_newest, is_oldest):
    if not rows:
        return Slice([])
    return Slice(rows, newer="" if is_newest else f"after={rows[0].pk}",
                 older="" if is_oldest else f"before={rows[-1].pk}")


def key_of(asked, name):
    """The number in the address by this name; None for what is none."""
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
