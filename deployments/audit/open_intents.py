"""Intents and what became of them: an outcome that was told later, or none: under way now, or lost
with whoever began them."""

from bisect import bisect
from collections import defaultdict
from itertools import groupby

from django.db.models import Q

from ..models import AuditEntry

INTENT_OF = {"token.installed": "token.installing", "release.ready": "release.building",
             "release.failed": "release.building", "release.errored": "release.building"}
"""Outcomes whose intent is an entry under another name; all others end under their own."""

REACH = 2_000
"""So many entries after an intent that is shown are looked through for its outcome."""


def open_intents(*, after=0):
    """Return the numbers of the intents without an outcome, oldest first; of entries `after` one.

    An outcome belongs to the newest open intent of its action about the same row, as long as there
    is one: of two workers, the first was lost.
    """
    intended = AuditEntry.objects.filter(outcome=AuditEntry.INTENDED, seq__gt=after)
    begun, left = set(intended.order_by().values_list("action", flat=True).distinct()), set()
    for intent, end, __ in _paired(_told(begun, Q(seq__gt=after))):
        if end is None:
            left.add(intent)
        else:
            left.discard(intent)
    return sorted(left)


def outcomes_of(intents):
    """{number of an intent: (number, outcome) of the entry that tells it} of these entries, for
    those where it is told within `REACH`: by one query, however long the log is."""
    wanted, found = {row.seq for row in intents}, {}
    if not wanted:
        return found
    stretches, where = _stretches(sorted(wanted)), Q()
    for first, last in stretches:
        where |= Q(seq__range=(first, last))
    firsts = [first for first, __ in stretches]
    rows = _told({row.action for row in intents}, where)
    for __, part in groupby(rows, key=lambda row: bisect(firsts, row[0])):
        found |= {intent: (end, outcome) for intent, end, outcome in _paired(part)
                  if end is not None and intent in wanted}
    return found


def _stretches(seqs):
    """The entries to look through as (first, last): within each, none is left out between an
    intent and its outcome."""
    found = []
    for seq in seqs:
        if found and seq <= found[-1][1]:
            found[-1] = found[-1][0], seq + REACH
        else:
            found.append((seq, seq + REACH))
    return found


def _told(begun, where):
    """The columns of the intents of these actions and of all that may be their outcomes."""
    ends = {end for end, intent in INTENT_OF.items() if intent in begun}
    rows = AuditEntry.objects.filter(where, action__in=begun | ends).order_by("seq").values_list(
        "seq", "action", "outcome", "details", "about_type", "about_id")
    return rows.iterator(chunk_size=2000)


def _paired(rows):
    """(intent, None, "") as each is announced, (intent, its outcome's number, outcome) as it ends.
    """
    left = defaultdict(list)
    for seq, action, outcome, details, *about in rows:
        row = _named(details) or tuple(about)
        if outcome == AuditEntry.INTENDED:
            left[action, row].append(seq)
            yield seq, None, ""
        elif open_ones := left[INTENT_OF.get(action, action), row]:
            yield open_ones.pop(), seq, outcome


def _named(details):
    """The number of the row that an entry names in its details; an altered one may hold anything.
    """
    named = details if isinstance(details, dict) else {}
    found = named.get("deployment") or named.get("installation")
    return found if isinstance(found, int) else None
