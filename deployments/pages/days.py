"""Days as a filter's form sends them, and those that people ask for most."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .slices import without_part


def begin_of(text):
    """The first moment of the day “2026-03-14”, as clocks of the reader show it; None for "".
    ValueError for what is no day."""
    return _midnight(_day(text)) if text else None


def end_of(text):
    """The first moment after that day; None for ""."""
    return _midnight(_day(text) + timedelta(days=1)) if text else None


def quick_spans():
    """(words, first day, last day), as a form sends days: “Last month”, as the reader's clocks
    show the date."""
    today = timezone.localdate()
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    yesterday = today - timedelta(days=1)
    return [(words, begin.isoformat(), end.isoformat()) for words, begin, end in (
        (_("Today"), today, today), (_("Yesterday"), yesterday, yesterday),
        (_("Last 7 days"), today - timedelta(days=6), today),
        (_("This month"), first, last), (_("Last month"), before.replace(day=1), before))]


def linked_spans(sent):
    """(words, address, whether it is shown) of the same; what else the filters `sent` (a QueryDict)
    say stays, but for the place in the list."""
    found = []
    for words, since, until in quick_spans():
        address = without_part(sent)
        address["since"], address["until"] = since, until
        is_here = (sent.get("since"), sent.get("until")) == (since, until)
        found.append((words, f"?{address.urlencode()}", is_here))
    return found


def _day(text):
    day = datetime.strptime(text, "%Y-%m-%d").date()
    if not date.min.year < day.year < date.max.year:
        raise ValueError(f"nobody can say when {day} is in every zone")
    return day


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time()))
