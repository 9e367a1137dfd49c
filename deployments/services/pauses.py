"""Verbs on pauses: stop releases to an environment for a time, and let them go on."""

from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from .. import audit
from ..errors import Refused
from ..models import Pause
from ..policy import gating
from .acting import acting, demand, hold
from .gates import pauses_of
from .moments import near

LONGEST = timedelta(days=92)


def pause(actor, environment, *, reason, until):
    """Let nothing be released there until then; return the Pause. The same click twice is one.

    What runs already goes on: who wants to stop that says so on its own page.
    """
    with acting(actor, "environment.paused", environment=environment):
        demand(gating.may_pause(actor, environment))
        reason = reason.strip()[:200]
        _check(reason, until)
        hold(environment)
        open_one = pauses_of(environment).first()
        if open_one and (open_one.paused_by_id, open_one.reason, open_one.until) == (
                actor.user.pk, reason, until):
            return open_one
        if open_one:
            raise Refused(f"{open_one.paused_by_name} paused {environment.name} already "
                          f"({open_one.reason}).", "End that pause first: “Release again”.")
        row = Pause.objects.create(environment=environment, reason=reason, until=until,
                                   paused_by=actor.user, paused_by_name=actor.name)
        words = near(until, at=timezone.now())
        audit.record("environment.paused", f"{actor.name} paused releases to {environment} until "
                     f"{words}: {reason}", actor=actor, environment=environment, about=row,
                     reason=reason)
        return row


def release_again(actor, row):
    """End a pause before its time. Nothing changes where it has ended already."""
    with acting(actor, "environment.released_again", environment=row.environment):
        demand(gating.may_pause(actor, row.environment))
        ended = Pause.objects.filter(pk=row.pk, ended_at=None).update(
            ended_at=Now(), ended_by_name=actor.name)
        if ended:
            audit.record("environment.released_again",
                         f"{actor.name} lets {row.environment} be released to again, paused by "
                         f"{row.paused_by_name}: {row.reason}", actor=actor,
                         environment=row.environment, about=row)


def _check(reason, until):
    now = timezone.now()
    if not reason:
        raise Refused("A pause needs a reason.", "Write one sentence: everybody reads it.")
    if until is None:
        raise Refused("A pause needs an end.", "Write until when it lasts.")
    if until <= now:
        raise Refused("That end is past already.", "Choose a later one.")
    if until > now + LONGEST:
        raise Refused(f"A pause lasts at most {LONGEST.days} days.",
                      "Choose an earlier end, or ask an administrator for a freeze.")
