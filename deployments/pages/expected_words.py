"""How long a release will take, in words."""

from .lengths import length


def expected_words(expected, *, is_built=True):
    """“It takes about 2 min (the last 5: 1:40 to 2:20).”; "" where none was measured."""
    if expected is None:
        return ""
    took = sorted(expected.took_s)
    each = f"the last {len(took)}: {clock(took[0])} to {clock(took[-1])}" if took[1:] else \
        f"the last one: {clock(took[0])}"
    first = "" if is_built else "After its build it"
    return f"{first or 'It'} takes about {length(_rounded(expected.median_s))} ({each})."


def _rounded(seconds):
    """As exact as an office person wants it: to 5 s, from two minutes on to whole minutes."""
    step = 5 if seconds < 120 else 60
    return max(step, round(seconds / step) * step)


def clock(seconds):
    """“1:40”, with hours where there are some."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
