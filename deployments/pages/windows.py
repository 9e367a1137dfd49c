"""A part of a very long list that is looked through a number of keys at a time.

A filter that no index answers reads row after row until it has found enough: where little matches,
that would be all of them. So it says how far it looked, and a link goes on from there.
"""

from dataclasses import dataclass

from .slices import Slice, key_of


@dataclass(frozen=True)
class Window(Slice):
    """`first` and `last` are the keys between which `rows` are all that there are."""

    first: int = 0
    last: int = 0


def window_of(rows, asked, size, *, newest, reach):
    """The part of a queryset that `asked` (a QueryDict) names by `after=KEY` or `before=KEY`, by
    default the newest one, looked for among `reach` keys at most; `newest` is the last key."""
    after, before = key_of(asked, "after"), key_of(asked, "before")
    if after is not None:
        end = after + reach
        found = list(rows.filter(pk__gt=after, pk__lte=end).order_by("pk")[:size + 1])
        if len(found) > size:
            return _part(found[:size][::-1], after + 1, found[size - 1].pk, newest)
        if end < newest:
            return _part(found[::-1], after + 1, end, newest)
    top = newest if before is None or after is not None else min(before - 1, newest)
    low = max(top - reach + 1, 1)
    found = list(rows.filter(pk__lte=top, pk__gte=low).order_by("-pk")[:size + 1])
    if len(found) > size:
        return _part(found[:size], found[size - 1].pk, top, newest)
    return _part(found, low, top, newest)


def _part(rows, first, last, newest):
    return Window(rows, newer=f"after={last}" if last < newest else "",
                  older=f"before={first}" if first > 1 else "", first=first, last=last)
