"""A person's own new password: old ones are counted like sign-ins, and other sessions end."""

from django.db import transaction
from django.http import HttpResponseRedirect
from django.utils.translation import gettext as _

from .. import audit
from ..models import AuditEntry
from ..services import sessions, throttle
from .actor import actor_of
from .door import show
from .signing_in import count, held, refusal_of


def change(request, djangos_page, extra_context=None):
    """Django's page, and what belongs to a password that changed; refusals are in the log."""
    if request.method != "POST":
        return djangos_page(request, extra_context)
    actor, name = actor_of(request), request.user.get_username()
    attempt = count(request, name)
    if attempt.wait_s:
        return held(attempt, show(request, "sign-in/wait.html", title=_("Change password"),
                                  refusal=refusal_of(request, attempt, name)))
    with transaction.atomic():
        response = djangos_page(request, extra_context)
        if isinstance(response, HttpResponseRedirect):
            throttle.forgive(attempt)
            sessions.password_changed(actor, request.sign_in, request.session.session_key)
            return response
    reason = _("The old password is wrong, or the new one is not allowed.")
    audit.record("password.changed", _("Refused for {actor}: {reason}").format(
        actor=actor.name, reason=reason), actor=actor,
                 outcome=AuditEntry.REFUSED, reason=reason)
    return response
