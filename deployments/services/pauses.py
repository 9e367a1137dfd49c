"""Verbs on pauses: stop releases to an environment for a time, and let them go on."""

from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

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
            raise Refused(_("{paused_by_name} paused {environment} already ({reason}).").format(
                paused_by_name=open_one.paused_by_name, environment=environment.name,
                reason=open_one.reason), _("End that pause first: “Release again”."))
        row = Pause.objects.create(environment=environment, reason=reason, until=until,
                                   paused_by=actor.user, paused_by_name=actor.name)
        words = near(until, at=timezone.now())
        audit.record("environment.paused",
                     _("{actor} paused releases to {environment} until {words}: {reason}").format(
                         actor=actor.name, environment=environment, words=words, reason=reason),
                     actor=actor, environment=environment, about=row,
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
                         _("{actor} lets {environment} be released to again, paused by "
                           "{paused_by_name}: {reason}").format(
                             actor=actor.name, environment=row.environment,
                             paused_by_name=row.paused_by_name, reason=row.reason), actor=actor,
                         environment=row.environment, about=row)


def _check(reason, until):
    now = timezone.now()
    if not reason:
        raise Refused(_("A pause needs a reason."), _("Write one sentence: everybody reads it."))
    if until is None:
        raise Refused(_("A pause needs an end."), _("Write until when it lasts."))
    if until <= now:
        raise Refused(_("That end is past already."), _("Choose a later one."))
    if until > now + LONGEST:
        raise Refused(_("A pause lasts at most {days} days.").format(days=LONGEST.days),
                      _("Choose an earlier end, or ask an administrator for a freeze."))
