"""What everything that the product says means, what to do, and who can help: the page Help, and
what leads there. Words only: nothing here reads a row."""

from functools import cache

from django.utils.translation import get_language

from . import adopting, asking, building, kinds, proving, reaching, refusals, screens, stepping
from .entry import Entry, Group, has_pieces
from .states import STATES, State, state_anchor

__all__ = ["GROUPS", "STATES", "Entry", "Group", "State", "anchor_of", "found", "state_anchor"]

GROUPS = (*refusals.GROUPS, *reaching.GROUPS, *asking.GROUPS, *proving.GROUPS, *stepping.GROUPS,
          *building.GROUPS, *screens.GROUPS, *adopting.GROUPS, *kinds.GROUPS)
ALSO = {"rollback": "go back", "revert": "go back", "deploy": "release", "deployment": "release",
        "opcache": "php", "hung": "worker", "permission": "allowlist", "locked": "frozen"}
"""What people search for, and what it is called here."""


@cache
def _longest_first(language):
    """(pieces, anchor) of all that is explained, in this language, which is spoken, and English."""
    found = [(pieces, entry.anchor) for group in GROUPS[:-1] for entry in group.entries
             for pieces in entry.patterns]
    return sorted(found, key=lambda row: -sum(map(len, row[0])))


def anchor_of(sentence):
    """Where Help explains what this sentence says; "" where it has no entry. Of several that fit,
    the one with the most words."""
    return next((anchor for pieces, anchor in _longest_first(get_language())
                 if has_pieces(sentence, pieces)), "")


def found(query):
    """(states, groups) that have every word of the query somewhere in them, or are what it quotes;
    all for "". A group whose title has the words keeps all its entries."""
    words = [(word, ALSO.get(word, word)) for word in query.lower().split()]

    def has(*texts):
        text = " ".join(map(str, texts)).lower()
        return all(word in text or other in text for word, other in words)

    states = [row for row in STATES if row.is_said_in(query)
              or has(*row.words, row.status, row.means, row.do)]
    groups = []
    for group in GROUPS:
        entries = group.entries if has(group.title) else tuple(
            row for row in group.entries if row.is_said_in(query)
            or has(group.title, row.says, row.means or group.means, row.do))
        if entries:
            groups.append(Group(group.title, group.means, group.who, entries))
    return states, groups
