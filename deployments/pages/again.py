"""Asking who it is again, before what a session that was left open must not do.

`asks_again` keeps what the person wrote, asks for the password (and the code), and leads back to
the page with the words still in it: nothing is sent twice, the person presses the button again.
"""

from functools import wraps
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from .. import policy
from ..errors import Refused
from ..services import second_step, throttle
from .door import page, see, show
from .forms import KEPT, kept_of
from .signing_in import count, held, new_key, refusal_of


def asks_again(when=lambda request: True, back=None):
    """A view's POSTs for which `when(request)` holds need a fresh sign-in.

    For views that are given (request, actor, …), under the decorator that says who may see them.
    `back` says which page the form stood on (called with the view's own arguments), where that has
    another address than the form's.
    """

    def decorate(view):
        @wraps(view)
        def answer(request, actor, *rest, **names):
            if request.method != "POST" or not when(request):
                return view(request, actor, *rest, **names)
            if policy.fresh(actor):
                request.session.pop(KEPT, None)
                return view(request, actor, *rest, **names)
            path = back(*rest, **names) if back else request.path
            request.session[KEPT] = kept_of(request, path, actor.user)
            there = path if back else request.get_full_path()
            return see(f"{reverse('admin:sign-in-again')}?{urlencode({'next': there})}")

        return answer

    return decorate


@sensitive_post_parameters("password", "code")
@page("GET", "POST")
def again(request, actor):
    """Password, and code where the account has a second step; then back to `next`."""
    there = _safe(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.method == "GET":
        return _page(request, actor, there)
    attempt = count(request, actor.user.get_username())
    if attempt.wait_s:
        refusal = refusal_of(request, attempt, actor.user.get_username())
        return held(attempt, _page(request, actor, there, refusal))
    try:
        second_step.prove_again(
            actor, request.sign_in, password=request.POST.get("password", ""),
            code=request.POST.get("code", ""))
    except Refused as refusal:
        return _page(request, actor, there, refusal, status=403)
    throttle.forgive(attempt)
    new_key(request)
    return see(there)


def _safe(request, address):
    """A page of ours to go on to: never another site's, whatever the address says."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return address if is_ours else reverse("admin:index")


def _page(request, actor, there, refusal=None, *, status=200):
    return show(request, "sign-in/again.html", status=status, title=_("Is it you?"), next=there,
                has_step=second_step.is_on(actor.user), refusal=refusal)
