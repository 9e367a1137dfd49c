"""When a planned deployment starts, in words."""

from django.utils.dateformat import format as in_words
from django.utils.translation import gettext as _


def slot_words(planned_for, start_until, *, zone):
    """“Wed 2 Dec, 10:00, at the latest 11:00 (Europe/Berlin)”: both are aware, `zone` is a tzinfo.

    The day is always there, and the zone: whoever planned it may have typed another one.
    """
    first, last = planned_for.astimezone(zone), start_until.astimezone(zone)
    until = f"{last:%H:%M}" if last.date() == first.date() else _moment(last)
    return _("{moment}, at the latest {until} ({zone})").format(
        moment=_moment(first), until=until, zone=zone)


def _moment(at):
    return in_words(at, "D j M, H:i")
