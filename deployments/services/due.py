"""What time does to requests for approval: a reminder, their end, and entries that ran out; and to
requests for an exception."""

from functools import partial

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from ..models import Deployment
from . import agreeing, asking, exceptions
from .turns import end_unstarted


def look_after_requests():
    """Void what no longer holds, let expire what took too long, remind of the rest, and let go of
    what a freeze was asked about that is over."""
    agreeing.reevaluate()
    expire()
    asking.remind()
    exceptions.end_over()


def expire():
    """End what nobody has agreed to, or started, in time; return how many."""
    rows = Deployment.objects.filter(
        status__in=("awaiting_approval", "approved"), approval_until__lte=Now())
    rows = rows.select_related("environment__project", "release__project")
    return sum(end_unstarted(row, "expired", partial(_words, row.status, row.approval_until))
               for row in rows)


def _words(status, until):
    why = {"awaiting_approval": _("Not everybody had agreed who had to"),
           "approved": _("It was approved, and nobody started it")}[status]
    return _("{why} before {moment}. Ask for it again.").format(
        why=why, moment=asking.moment(until))
