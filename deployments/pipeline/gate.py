"""The last look before a deployment starts: is it still allowed, still what was asked for, and
does it start here?"""

from .. import policy
from ..services.approvals import is_agreed, void_if_changed
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
    if void_if_changed(deployment):
        return False
    decision = policy.requester_may(deployment)
    if not decision:
        end_unstarted(deployment, "cancelled",
                      f"Not started: {deployment.requested_by_name} may no longer do this. "
                      f"{decision.reason}")
        return False
    if not is_agreed(deployment):
        end_unstarted(deployment, "voided",
                      "An approval no longer counts: whoever gave it may not approve any more.")
        return False
    return True
