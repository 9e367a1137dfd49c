"""One explanation of something the product says."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """`says`: the words, with `…` where names and numbers stand; what it means beside what its
    group means; what to do; who can help ("" the group's)."""

    says: str
    do: str
    means: str = ""
    who: str = ""
    name: str = ""  # of the anchor; "" it is made of the words

    @property
    def anchor(self):
        words = re.sub(r"[^a-z0-9]+", "-", (self.name or self.says).lower()).strip("-")
        return words if self.name else f"said-{words[:60].strip('-')}"

    @property
    def pieces(self):
        """What stands between the gaps, without the points around it."""
        return [piece for part in self.says.split("…") if (piece := part.strip(" .:;,“”’()"))]

    def is_said_in(self, sentence):
        """Whether the sentence has all the pieces, in their order."""
        at = 0
        for piece in self.pieces:
            at = sentence.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
        return bool(self.pieces)


@dataclass(frozen=True)
class Group:
    """Entries of one kind: what they all mean, and who can help with them."""

    title: str
    means: str
    who: str
    entries: tuple

    @property
    def anchor(self):
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")
