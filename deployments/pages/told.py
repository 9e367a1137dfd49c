"""Who was told how a deployment ended, in sentences: when, or why not and what comes next."""

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..models import Notice

AWHILE = timedelta(seconds=60)
"""So long after a notice was written, the page asks again whether it was sent."""


def notices_of(deployment):
    """The notices of the newest thing that was told of a deployment, in the order of writing."""
    rows = list(deployment.notices.defer("text").order_by("pk"))
    return [row for row in rows if row.event == rows[-1].event]


def told_sentence(notices):
    """“Told anna@shop.example at 14:02.” for each; "" where nobody was to be told."""
    return " ".join(map(delivery, notices))


def is_telling(notices):
    """Whether the page will read otherwise in a moment."""
    since = timezone.now() - AWHILE
    return any(row.status == Notice.WAITING and row.written_at > since for row in notices)


def delivery(notice):
    """How far one notice has come, as a sentence or two."""
    if notice.status == Notice.SENT:
        return _("Told {address} at {time}.").format(
            address=notice.address, time=_time(notice.sent_at))
    if notice.status == Notice.GIVEN_UP:
        return _("{address} was not told. {problem}").format(
            address=notice.address, problem=notice.problem)
    now = timezone.now()
    is_later = notice.next_try_at and notice.next_try_at > now
    if not is_later or (notice.lease_until and notice.lease_until > now):
        return _("{address} is being told.").format(address=notice.address)
    return (_("{address} could not be told yet. {problem} The next try is at {time}.").format(
        address=notice.address, problem=notice.problem, time=_time(notice.next_try_at)))


def _time(at):
    """The time of day, and the date where it is another one."""
    at, today = timezone.localtime(at), timezone.localdate()
    return date_format(at, "H:i" if at.date() == today else "j M, H:i")
