"""Days as a filter's form sends them."""

from datetime import datetime, time, timedelta

from django.utils import timezone


def begin_of(text):
    """The first moment of the day “2026-03-14”, as clocks of the reader show it; None for "".
    ValueError for what is no day."""
    return _midnight(_day(text)) if text else None


def end_of(text):
    """The first moment after that day; None for ""."""
    return _midnight(_day(text) + timedelta(days=1)) if text else None


def _day(text):
    return datetime.strptime(text, "%Y-%m-%d").date()


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time()))
