"""The last look before a deployment starts: is it still allowed, still what was asked for, and
does it start here?"""

from django.utils import timezone
from django.utils.translation import gettext as _

from ..services import gates, planned
from ..services.approvals import void_if_void
from ..services.turns import end_unstarted
from ..services.whereabouts import kept_elsewhere
from .contexts import archive_of


def keeper_of(deployment):
    """The machine that must run it, because the release has to be copied from there; "" = any.

    Once the switch has begun it lies on every server: whoever is free goes on, or goes back.
    """
    if deployment.switching_at or deployment.decision:
        return ""
    here = archive_of(deployment.release).is_file()
    return kept_elsewhere(deployment.release, is_here=here)


def may_start(deployment):
    """True when it may start; otherwise it has been ended with its reason."""
    if deployment.status != "queued":
        return True
    return not void_if_void(deployment) and not _is_shut(deployment)


def _is_shut(deployment):
    """End what missed its window, or stands before a gate that was shut since it was asked for;
    True when it did."""
    if planned.is_missed(deployment):
        return planned.end_missed(deployment)
    at = timezone.now()
    return bool(gates.why_not(deployment, at)) and end_unstarted(
        deployment, "expired" if deployment.planned_for else "cancelled",
        lambda: _("Not started: {why_not}").format(why_not=gates.why_not(deployment, at)))
