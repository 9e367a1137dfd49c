"""Languages that only tests speak."""

from contextlib import contextmanager
from gettext import NullTranslations

from django.utils import translation
from django.utils.translation import trans_real


class Spoken(NullTranslations):
    """A language in which `say(message)` stands for each message."""

    def __init__(self, say):
        super().__init__()
        self._say = say

    def gettext(self, message):
        return self._say(message)

    def ngettext(self, one, many, count):
        return self._say(one if count == 1 else many)

    def to_language(self):
        return "qq"


@contextmanager
def spoken(say):
    """Let this thread speak the language that `say`, a function, makes of each message."""
    trans_real._translations["qq"] = Spoken(say)
    try:
        with translation.override("qq"):
            yield
    finally:
        del trans_real._translations["qq"]
