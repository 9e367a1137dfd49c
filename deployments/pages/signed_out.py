"""A button that somebody pressed after their session was over: nothing is sent, what they wrote
waits, and signing in leads back to the page with the button."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from .forms import KEPT, WORDS, kept_of

PRESS_AGAIN = _("Nothing was sent. Sign in, and press the button again.")
NOT_KEPT = _("The reason or comment that you wrote is gone: write it again.")


def lead_back(request):
    """To the sign-in, and from there to the page on which the button was pressed.

    What was written is kept for the one whose session has just ended, and for nobody else.
    """
    there, owner = _page_of(request), request.signed_out
    request.session[KEPT] = kept_of(request, urlsplit(there).path, owner)
    if owner is None and any(map(request.POST.get, WORDS)):
        messages.warning(request, NOT_KEPT)
    messages.warning(request, PRESS_AGAIN)
    return redirect_to_login(there, reverse("admin:login"))


def _page_of(request):
    """Where the browser says that it comes from, if that is a page of ours; else home."""
    sent_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
            sent_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return reverse("admin:index")
    parts = urlsplit(sent_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
