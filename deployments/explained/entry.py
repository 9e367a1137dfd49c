"""One explanation of something the product says, in the language of the page and in English: what
was recorded may be in either. An entry's address is made of its English words, whatever is spoken.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import override


@dataclass(frozen=True)
class Entry:
    """`says`: the words, with `…` where names and numbers stand; what it means beside what its
    group means; what to do; who can help ("" the group's)."""

    says: str
    do: str
    means: str = ""
    who: str = ""
    name: str = ""  # of the anchor; "" it is made of the words

    @cached_property
    def anchor(self):
        words = slug_of(self.name or english(self.says))
        return words if self.name else f"said-{words[:60].strip('-')}"

    @property
    def patterns(self):
        """Its words as they are spoken now, and in English."""
        return {pieces_of(str(self.says)), pieces_of(english(self.says))}

    def is_said_in(self, sentence):
        return any(has_pieces(sentence, pieces) for pieces in self.patterns)


@dataclass(frozen=True)
class Group:
    """Entries of one kind: what they all mean, and who can help with them."""

    title: str
    means: str
    who: str
    entries: tuple

    @property
    def anchor(self):
        return slug_of(english(self.title))


def english(words):
    """What a translator was given."""
    with override(None):
        return str(words)


def slug_of(words):
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def pieces_of(words):
    """What stands between the gaps, without the points around it."""
    return tuple(piece for part in words.split("…") if (piece := part.strip(" .:;,“”’()")))


def has_pieces(sentence, pieces):
    """Whether the sentence has all the pieces, in their order."""
    at = 0
    for piece in pieces:
        at = sentence.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return bool(pieces)
