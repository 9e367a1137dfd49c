"""A form without its own secret (CSRF): a page that is too old, or one of another site."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.csrf import csrf_failure

from .. import audit
from .actor import actor_of
from .log_filters import without_token

WHY = _lazy("This page was too old to be sent, or another site sent it.")


def answer(request, reason=""):
    """The page that says so. Where somebody is signed in it is in the audit log: it was meant to
    happen in their name; without anybody it was nobody's, and would fill the log."""
    if getattr(request, "user", None) and request.user.is_authenticated:
        actor, path = actor_of(request), without_token(request.path)[:300]
        audit.record("page.refused", _("Refused for {actor} at {path}: {why}").format(
            actor=actor.name, path=path, why=WHY), actor=actor,
                     outcome="refused", reason=WHY, path=path)
    return csrf_failure(request, reason)
