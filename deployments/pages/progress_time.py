"""How far a deployment is, and how long it may still take: as it went before, never a promise."""

import math

from django.utils import timezone
from django.utils.translation import gettext as _

from ..services.expected import expected
from .expected_words import range_of


def done_of(deployment, table):
    """Percent of all servers' steps that are done, for the bar; None where it does not go on."""
    if deployment.status not in ("waiting_for_build", "queued", "running") \
            or deployment.is_going_back or deployment.decision:
        return None
    needed = [cell["name"] for row in table for cell in row["cells"] if cell["name"] != "none"]
    return 100 * needed.count("done") // len(needed) if needed else None


def left_sentence(deployment):
    """“About 2 min left; the last five took 1:40 to 2:20.”; "" without releases before it there."""
    if deployment.status != "running" or deployment.kind != "deploy" or not deployment.claimed_at \
            or deployment.is_going_back or deployment.decision or deployment.is_worker_lost:
        return ""
    before = expected(deployment.environment)
    if before is None:
        return ""
    so_far = (timezone.now() - deployment.claimed_at).total_seconds()
    return f"{_left(before, so_far)}; {range_of(before.took_s)}."


def _left(before, so_far):
    left_s = before.median_s - so_far
    if left_s > 90:
        return _("About {minutes} min left").format(minutes=math.ceil(left_s / 60))
    if left_s > 0:
        step = 5 if left_s < 30 else 10
        return _("About {seconds} s left").format(seconds=math.ceil(left_s / step) * step)
    if so_far <= max(before.took_s):
        return _("It may end any moment")
    return _("It takes longer than usual")
