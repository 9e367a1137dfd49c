"""Who was told what of a deployment, in sentences: when, or why not and what comes next."""

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import Deployment, Notice
from ..services.notices import gets_mail

AWHILE = timedelta(seconds=60)
"""So long after a notice was written, the page asks again whether it was sent."""

_WHAT = {
    "deployment.succeeded": _lazy(" that it is live"),
    "deployment.failed": _lazy(" that it failed"),
    "deployment.went_back": _lazy(" that it failed and went back"),
    "deployment.stopped": _lazy(" that it was stopped"),
    "deployment.rejected": _lazy(" that it was rejected"),
    "deployment.expired": _lazy(" that it expired"),
    "deployment.needs_decision": _lazy(" that it needs a decision"),
    "deployment.emergency": _lazy(" that it is an emergency"),
    "approval.asked": _lazy(" that it waits for approval"),
    "approval.reminded": _lazy(" that it still waits for approval"),
    "approval.given": _lazy(" that everybody agreed"),
    "freeze.overridden": _lazy(" that it was asked for in spite of the freeze"),
    "freeze.exception_used": _lazy(" that it was asked for in spite of the freeze"),
    "pause.overridden": _lazy(" that it was asked for in spite of the pause"),
}
"""What each event tells, to follow who was told."""


def notices_of(deployment):
    """The notices of the newest thing that was told of a deployment, in the order of writing."""
    rows = list(deployment.notices.defer("text").order_by("pk"))
    return [row for row in rows if row.event == rows[-1].event]


def told_sentence(notices):
    """“Told anna@shop.example at 14:02 that it is live.” for each; "" where nobody was to be told.
    """
    return " ".join(delivery(row, what=_what(row)) for row in notices)


def is_telling(notices):
    """Whether the page will read otherwise in a moment."""
    since = timezone.now() - AWHILE
    return any(row.status == Notice.WAITING and row.written_at > since for row in notices)


def mailed_words(user, name):
    """Whether a person, called so, gets a mail of what has just been done."""
    words = _("{name} gets a mail.") if gets_mail(user) else _("No mail goes to {name}: tell them.")
    return words.format(name=name)


def delivery(notice, *, what=""):
    """How far one notice has come, as a sentence or two; `what` it tells follows who is told."""
    if notice.status == Notice.SENT:
        return _("Told {address} at {time}{what}.").format(
            address=notice.address, time=_time(notice.sent_at), what=what)
    if notice.status == Notice.GIVEN_UP:
        return _("{address} was not told{what}. {problem}").format(
            address=notice.address, problem=notice.problem, what=what)
    now = timezone.now()
    is_later = notice.next_try_at and notice.next_try_at > now
    if not is_later or (notice.lease_until and notice.lease_until > now):
        return _("{address} is being told{what}.").format(address=notice.address, what=what)
    return (_("{address} could not be told yet{what}. {problem} The next try is at {time}.").format(
        address=notice.address, problem=notice.problem, time=_time(notice.next_try_at),
        what=what))


def _what(notice):
    if notice.event == "deployment.succeeded" and notice.deployment.kind == Deployment.RELOAD:
        return _(" that PHP reloaded")
    return _WHAT.get(notice.event, "")


def _time(at):
    """The time of day, and the date where it is another one."""
    at, today = timezone.localtime(at), timezone.localdate()
    return date_format(at, "H:i" if at.date() == today else "j M, H:i")
