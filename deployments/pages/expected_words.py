"""How long a release will take, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .lengths import length

_COUNTED = {
    1: _lazy("the last one took {took}"), 2: _lazy("the last two took {took}"),
    3: _lazy("the last three took {took}"), 4: _lazy("the last four took {took}"),
    5: _lazy("the last five took {took}"),
}


def expected_words(expected, *, is_built=True):
    """“It takes about 2 min (the last five took 1:40 to 2:20).”; "" where none was measured."""
    if expected is None:
        return ""
    words = _("It takes about {length} ({each}).") if is_built else \
        _("After its build it takes about {length} ({each}).")
    return words.format(length=length(_rounded(expected.median_s)),
                        each=range_of(expected.took_s))


def range_of(took):
    """“the last five took 1:40 to 2:20”."""
    low, high = clock(min(took)), clock(max(took))
    return _COUNTED[len(took)].format(
        took=low if low == high else _("{low} to {high}").format(low=low, high=high))


def _rounded(seconds):
    """As exact as an office person wants it: to 5 s, from two minutes on to whole minutes."""
    step = 5 if seconds < 120 else 60
    return max(step, round(seconds / step) * step)


def clock(seconds):
    """“1:40”, with hours where there are some; below a minute “6 s”."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
