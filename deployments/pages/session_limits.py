"""Every request of somebody signed in: whether the session may go on, and that it was used."""

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import F
from django.dispatch import receiver
from django.utils.translation import gettext as _

from ..models import SignIn
from ..services import sessions
from .actor import actor_of, client_address

KEY = "sign_in"
"""Under which a session knows its row; the row knows the session by a hash alone."""

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
             ("Safari/", "Safari"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS", "Mac"), ("Linux", "Linux"))


class SessionLimits:
    """Middleware: `request.sign_in` is the session's row, or None for a stranger; then
    `request.signed_out` is whose session this very request found to be over, if it did.

    A session that is over, or whose row somebody ended, is emptied before any page sees it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.sign_in = request.signed_out = None
        number, was_signed_in = request.session.get(KEY), SESSION_KEY in request.session
        if was_signed_in:
            self._look(request, number)
        return self.get_response(request)

    def process_view(self, request, view, args, names):
        """What a page asks for by itself, every second, is no sign of a person."""
        if request.sign_in and not (request.resolver_match.url_name or "").endswith("-rows"):
            sessions.seen(request.sign_in)

    def _look(self, request, number):
        is_known = request.user.is_authenticated  # empties the session itself when it is not
        rows = SignIn.objects.annotate(time_zone=F("user__account__time_zone"))  # for TimeZones
        row = rows.filter(pk=number).first()
        if row is not None and row.ended_at is None:
            why = sessions.why_over(row) if is_known else \
                _("the account was switched off, or its password was changed")
            if not why and row.user_id == request.user.pk:
                request.sign_in = row
                return
            sessions.close(row, why or _("it was another person's"))
            request.signed_out = row.user
            messages.info(request, _("You were signed out: {why}.").format(why=why) if why else _(
                "Sign in again."))
        request.session.flush()
        request.user = AnonymousUser()


@receiver(user_logged_in, dispatch_uid="deployments.session")
def _begin(sender, request, user, **kwargs):
    """Django has just given the session a new key (`login` does, against fixation)."""
    if getattr(request, "sign_in", None):
        sessions.close(request.sign_in, _("somebody signed in again in the same browser"))
    request.sign_in = sessions.begin(
        user, request.session.session_key, address=client_address(request),
        browser=browser_of(request), is_two_step=getattr(request, "is_two_step", False))
    request.session[KEY] = request.sign_in.pk


@receiver(user_logged_out, dispatch_uid="deployments.session")
def _end(sender, request, user, **kwargs):
    if getattr(request, "sign_in", None):
        sessions.close(request.sign_in, _("signed out"), actor=actor_of(request))


def browser_of(request):
    """“Firefox on Linux”; what is neither known nor a browser, in its own words."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser:
        return _("{browser} on {system}").format(
            browser=browser, system=system) if system else browser
    return "".join(char for char in agent if char.isprintable())[:60]
