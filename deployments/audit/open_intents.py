"""Intents that nobody has said the outcome of: under way now, or lost with whoever began them."""

from collections import defaultdict

from ..models import AuditEntry

INTENT_OF = {"token.installed": "token.installing", "release.ready": "release.building",
             "release.failed": "release.building", "release.errored": "release.building"}
"""Outcomes whose intent is an entry under another name; all others end under their own."""


def open_intents(*, after=0):
    """Return the numbers of the intents without an outcome, oldest first; of entries `after` one.

    An outcome belongs to the newest open intent of its action about the same row, as long as there
    is one: of two workers, the first was lost.
    """
    intended = AuditEntry.objects.filter(outcome=AuditEntry.INTENDED, seq__gt=after)
    begun = set(intended.order_by().values_list("action", flat=True).distinct())
    ends = {end for end, intent in INTENT_OF.items() if intent in begun}
    left = defaultdict(list)
    told = AuditEntry.objects.filter(action__in=begun | ends, seq__gt=after)
    rows = told.order_by("seq").values_list(
        "seq", "action", "outcome", "details", "about_type", "about_id")
    for seq, action, outcome, details, *about in rows.iterator(chunk_size=2000):
        row = details.get("deployment") or details.get("installation") or tuple(about)
        if outcome == AuditEntry.INTENDED:
            left[action, row].append(seq)
        elif open_ones := left[INTENT_OF.get(action, action), row]:
            open_ones.pop()
    return sorted(seq for open_ones in left.values() for seq in open_ones)
