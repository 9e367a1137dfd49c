"""When a freeze is in force: pure arithmetic on local times of its zone. No models, no clock.

A window is half open: it begins at its first moment and ends before its last. Where a day or an
hour can be read in two ways, the freeze is the longer one, for saying no is the safe answer:

- an hour that the clock repeats in autumn counts from its first to its second showing;
- an hour that the clock leaves out in spring is the moment of the jump;
- 29 February in other years begins on 28 February and ends on 1 March.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as in_words
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _

ONCE, WEEKLY, YEARLY = "once", "weekly", "yearly"
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Window:
    """One stretch of a freeze, from `start` until before `end`, both in UTC."""

    start: datetime
    end: datetime

    def __contains__(self, at):
        return self.start <= at < self.end


def is_in_force(freeze, at):
    """Whether the freeze says no at the moment `at` (aware)."""
    return current_window(freeze, at) is not None


def current_window(freeze, at):
    """The `Window` that `at` lies in, the one that ends last where two meet; None: in none."""
    if not freeze.is_active:
        return None
    return max((window for window in _around(freeze, at) if at in window),
               key=lambda window: window.end, default=None)


def next_window(freeze, at):
    """The `Window` that `at` lies in, else the first one after it; None: there is none to come."""
    if not freeze.is_active:
        return None
    return current_window(freeze, at) or min(
        (window for window in _around(freeze, at) if window.start > at),
        key=lambda window: window.start, default=None)


def moment(day, time, zone, *, last=False):
    """The UTC moment at which clocks of `zone` show `time` on `day`.

    The first such moment, or the `last`; the moment of the jump where they never show it.
    PEP 495: of the two readings, fold=0 goes by the offset before the change, fold=1 by the later.
    """
    readings = [datetime.combine(day, time.replace(fold=fold), zone).astimezone(UTC)
                for fold in (0, 1)]
    if readings[0] <= readings[1]:  # shown once, or twice
        return readings[1] if last else readings[0]
    return _jump(readings[1], readings[0], zone)


def _jump(before, after, zone):
    """The moment between two at which clocks are put forward, to the second."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _around(freeze, at):
    """Windows near enough to `at` that the one it lies in, and the next, are among them."""
    zone = ZoneInfo(freeze.time_zone)
    here = at.astimezone(zone).date()
    days = {ONCE: _once, WEEKLY: _weekly, YEARLY: _yearly}[freeze.repeats](freeze, here)
    windows = [Window(moment(first, freeze.from_time, zone),
                      moment(last, freeze.until_time, zone, last=True)) for first, last in days]
    return [window for window in windows if window.start < window.end]


def _once(freeze, _):
    return [(freeze.from_date, freeze.until_date)]


def _weekly(freeze, here):
    """(first day, last day) of the windows that begin in the weeks around `here`."""
    length = timedelta(days=(freeze.until_weekday - freeze.from_weekday) % 7)
    if not length and freeze.until_time <= freeze.from_time:
        length = _WEEK
    monday = here - timedelta(days=here.weekday())
    first = monday + timedelta(days=freeze.from_weekday)
    return [(first + week * _WEEK, first + week * _WEEK + length) for week in (-2, -1, 0, 1)]


def _yearly(freeze, here):
    """The same for the years around `here`; a window may lead across New Year."""
    begins = (freeze.from_month, freeze.from_day, freeze.from_time)
    ends = (freeze.until_month, freeze.until_day, freeze.until_time)
    years = range(max(here.year - 2, 1), here.year + 2)
    return [(_day(year, *begins[:2], leap_day=(2, 28)),
             _day(year + (ends <= begins), *ends[:2], leap_day=(3, 1))) for year in years]


def _day(year, month, day, *, leap_day):
    """The date, or `leap_day` for 29 February in a year that has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, *leap_day)


# -- words ---------------------------------------------------------------------------------------


def until_words(window, reason, *, at, zone, is_named=False):
    """“until Mon 08:00 (Black Friday)”, as clocks of `zone` (where it is read) show it; `is_named`
    with its name, where the freeze was written for another."""
    name = f" {window.end.astimezone(zone):%Z}" if is_named else ""
    return _("until {moment_words} ({reason})").format(
        moment_words=f"{moment_words(window.end, at=at, zone=zone)}{name}", reason=reason)


def moment_words(moment, *, at, zone):
    """“08:00”, “Mon 08:00” within six days of `at`, “24 Dec 08:00”, with the year in another."""
    there, here = moment.astimezone(zone), at.astimezone(zone)
    days = (there.date() - here.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    if 0 < days < 7:
        return in_words(there, "D H:i")
    return in_words(there, "j M H:i" if there.year == here.year else "j M Y H:i")


def times_words(freeze):
    """“every Friday 16:00 until Monday 07:00, Europe/Berlin”: when it is in force, for lists."""
    begins, ends = f"{freeze.from_time:%H:%M}", f"{freeze.until_time:%H:%M}"
    if freeze.repeats == WEEKLY:
        words = _("every {from_weekday} {begins} until {until_weekday} {ends}").format(
            from_weekday=WEEKDAYS[freeze.from_weekday], begins=begins,
            until_weekday=WEEKDAYS[freeze.until_weekday], ends=ends)
    elif freeze.repeats == YEARLY:
        words = _("every year, {from_day} {from_month} {begins} until {until_day} {until_month} "
                  "{ends}").format(
            from_day=freeze.from_day, from_month=MONTHS[freeze.from_month], begins=begins,
            until_day=freeze.until_day, until_month=MONTHS[freeze.until_month], ends=ends)
    else:
        words = _("{from_date} {begins} until {until_date} {ends}").format(
            from_date=_date(freeze.from_date), begins=begins, until_date=_date(freeze.until_date),
            ends=ends)
    return f"{words}, {freeze.time_zone}"


def _date(day):
    return f"{day.day} {MONTHS[day.month]} {day.year}"
