"""Releasing later: when, how late at most, and what becomes of it when its time comes.

A planned deployment holds its environment, like every one that was asked for. When its time comes
everything is looked at again; what stands in the way may go until the latest start, and then the
window was missed and the deployment has expired.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, states
from ..errors import Refused
from ..models import Deployment
from ..zones import shown
from . import gates
from .agreeing import void_if_void
from .moments import near
from .turns import end_unstarted, into_line

WINDOW = timedelta(hours=1)
"""How long after its time it may start, unless somebody says otherwise."""

LONGEST_AHEAD = timedelta(days=31)
LONGEST_WINDOW = timedelta(days=7)

_WHY_MISSED = {
    "waiting_turn": _lazy("its turn had not come."),
    "waiting_for_build": _lazy("its version was not built."),
    "awaiting_approval": _lazy("not everybody had agreed who had to."),
    "approved": _lazy("nobody had started it."),
    "scheduled": _lazy("no worker was there in time."),
    "queued": _lazy("no worker was free in time."),
}


@dataclass(frozen=True)
class Slot:
    """From when and until when a deployment may start (aware)."""

    planned_for: datetime
    start_until: datetime


def slot(planned_for, start_until=None):
    """The `Slot`, an hour long by default; Refused where it is past, too far away or too long."""
    now = timezone.now()
    start_until = start_until or planned_for + WINDOW
    if planned_for <= now:
        raise Refused(_("That time is past already."), _("Choose a later one, or release now."))
    if planned_for > now + LONGEST_AHEAD:
        raise Refused(_("That is more than {days} days away.").format(days=LONGEST_AHEAD.days),
                      _("Choose an earlier time."))
    if start_until <= planned_for:
        raise Refused(_("The latest start lies before the planned time."),
                      _("Choose a latest start after it."))
    if start_until > planned_for + LONGEST_WINDOW:
        raise Refused(_("The latest start is more than {days} days after the planned time.").format(
            days=LONGEST_WINDOW.days), _("Choose an earlier latest start."))
    return Slot(planned_for, start_until)


def start_due():
    """Put into the line what is planned for now, and end what missed its window.

    For a task that runs every minute. Each moves by compare and swap: run twice, or by two
    workers, nothing starts twice.
    """
    for deployment in _rows(start_until__lte=Now(), status__in=states.BEFORE_START):
        end_missed(deployment)
    for deployment in _rows(planned_for__lte=Now(), start_until__gt=Now(), status="scheduled"):
        _start(deployment)


def end_missed(deployment):
    """End a planned deployment that did not start in time, and tell what stood in its way; True
    when this call ended it."""
    return end_unstarted(deployment, "expired", partial(_words, deployment, deployment.status))


def _words(deployment, status):
    last = near(deployment.start_until, at=deployment.planned_for)
    stood = status in ("scheduled", "queued") and gates.why_not(
        deployment, at=deployment.start_until - timedelta(seconds=1))
    why = stood or _WHY_MISSED[status]
    return _("Not started between {shown} and {last}: {why}").format(
        shown=shown(deployment.planned_for, "d M H:i"), last=last, why=why)


def is_time_come(deployment):
    """Whether it is planned for a time that has come."""
    return deployment.planned_for is not None and deployment.planned_for <= timezone.now()


def is_missed(deployment):
    """Whether its latest start is past."""
    return deployment.start_until is not None and deployment.start_until <= timezone.now()


def missed_in(environments):
    """Deployments there that missed their window, and that nobody has asked anything of after."""
    rows = Deployment.objects.filter(
        environment__in=environments, status="expired", planned_for__isnull=False)
    later = Deployment.objects.filter(environment=OuterRef("environment"), pk__gt=OuterRef("pk"))
    rows = rows.filter(~Exists(later))
    if not rows.exists():  # as nearly always, and the long row costs more than the question
        return []
    rows = rows.select_related("environment__project", "release__project")
    return list(rows.defer("plan", "release__contents").order_by("pk"))


def _rows(**which):
    rows = Deployment.objects.filter(planned_for__isnull=False, **which)
    return rows.select_related("environment__project", "release__project", "requested_by")


def _start(deployment):
    """A gate that is shut may open before the latest start: it is asked again in a minute."""
    if void_if_void(deployment) or gates.why_not(deployment):
        return
    with transaction.atomic():
        if into_line(deployment):
            audit.record("deployment.planned_time_came",
                         _("Its time came: {deployment}").format(deployment=deployment),
                         environment=deployment.environment, about=deployment,
                         deployment=deployment.pk)
