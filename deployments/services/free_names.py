"""Names for what is new: short ones made of what people write, and the first that is free."""

import re
from itertools import count

from django.utils.text import slugify

LONGEST_SLUG = 40


def slug_of(name, longest=LONGEST_SLUG):
    """“Größe – Süd” as `groe-sud`: small letters, digits and dashes; "" where none is left."""
    return re.sub(r"[^a-z0-9]+", "-", slugify(name)).strip("-")[:longest].strip("-")


def first_free(wanted, taken, between):
    """`wanted`, or with the first number from 2 on, after `between`, that is not in `taken`."""
    numbered = (f"{wanted}{between}{number}" for number in count(2))
    return wanted if wanted not in taken else next(
        name for name in numbered if name not in taken)
