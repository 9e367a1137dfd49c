"""How surely we know who is asking (by a second step, not too long ago), and who may change how."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ..errors import TWO_STEP
from ..models import Authenticator, Grant
from .actor import Decision
from .people import may_look_after

PROVED = (Grant.RELEASE, Grant.GO_BACK, Grant.APPROVE, Grant.EMERGENCY)
"""Actions for which an environment may demand a sign-in with a second step."""


def second_step(actor, environment):
    """Whether the person signed in with a second step, where the environment demands one."""
    if not environment.needs_two_step:
        return Decision(True,
                        _("{environment} asks for no second step.").format(environment=environment))
    if actor.is_two_step:
        return Decision(True, _("You signed in with a second step."))
    reason = _("{environment} needs two-step sign-in").format(environment=environment)
    if actor.system_account:
        return Decision(False, _("{reason}, which a command cannot show.").format(reason=reason),
                        _("Do it in a browser."))
    return Decision(False,
                    _("{reason}, and you signed in with a password alone.").format(reason=reason),
                    _("Open “Two-step sign-in” in the menu under your name."), TWO_STEP)


def with_second_step(people):
    """The keys of those whose account has a second step that was tried out."""
    rows = Authenticator.objects.filter(user__in=people, confirmed=True)
    return set(rows.values_list("user", flat=True))


def fresh(actor, *, at=None):
    """Whether the person proved who they are at most `FRESH_SIGN_IN_MIN` minutes ago.

    For what a session somebody left open, or stole, must not do: services demand it before they
    act. Nothing is hidden for want of it, because the page asks for the password and goes on.
    """
    minutes = settings.FRESH_SIGN_IN_MIN
    if not minutes:
        return Decision(True, _("No fresh sign-in is asked for."))
    since = (at or timezone.now()) - timedelta(minutes=minutes)
    if actor.fresh_at is not None and actor.fresh_at > since:
        return Decision(True, _("You signed in a short while ago."))
    return Decision(False, _("This needs a sign-in of the last {minutes} minutes.").format(
        minutes=minutes),
                    _("Show that it is you, with your password, and try again."))


def may_end_sessions(actor, user):
    """One's own; those of others by whoever sets everything up, a superuser's by a superuser."""
    if actor.user == user and user.is_active:
        return Decision(True, _("These sessions are yours."))
    return may_look_after(actor, user)


def may_reset_second_step(actor, user):
    """Whether the person may take the second step away from somebody else's account."""
    if actor.user == user:
        return Decision(False, _("You cannot reset your own second step."),
                        _("Remove it under “Two-step sign-in”, or ask another administrator."),
                        TWO_STEP)
    return may_look_after(actor, user)
