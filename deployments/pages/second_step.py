"""A person's own second step: set it up, new recovery codes, take it away."""

import io

import segno
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.debug import sensitive_post_parameters

from ..errors import Refused
from ..services import second_step, throttle
from ..services.acting import recording_refusals
from .door import page, see_other, show
from .signing_in import count, held, new_key, refusal_of

ISSUER = _lazy("Release manager")


@sensitive_post_parameters("password", "code")
@page("GET", "POST")
def own(request, actor):
    """How it stands, and the next step; the pressed button says what is done."""
    if request.method == "GET":
        return _page(request, actor)
    try:
        with recording_refusals(actor, "page.refused"):
            verb = _pressed(request)
    except Refused as refusal:
        return _page(request, actor, refusal, status=400)
    attempt = count(request, actor.user.get_username())
    if attempt.wait_s:
        refusal = refusal_of(request, attempt, actor.user.get_username())
        return held(attempt, _page(request, actor, refusal))
    try:
        response = verb(request, actor)
    except Refused as refusal:
        return _page(request, actor, refusal, status=403)
    throttle.forgive(attempt)
    return response


@page("GET")
def picture(request, actor):
    """The QR code that the phone reads, as SVG; only while the step is being set up."""
    device = second_step.prepared(actor.user)
    if device is None:
        raise Http404
    drawn = io.BytesIO()
    segno.make(device.address(ISSUER), error="m").save(
        drawn, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=True)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def _prepare(request, actor):
    second_step.prepare(actor, request.POST.get("password", ""))
    return see_other("two-step")


def _confirm(request, actor):
    codes = second_step.confirm(actor, request.POST.get("code", ""), keep=request.sign_in)
    new_key(request)
    return _codes(request, codes)


def _renew(request, actor):
    return _codes(request, second_step.renew_codes(actor, request.POST.get("code", "")))


def _remove(request, actor):
    second_step.remove(actor, password=request.POST.get("password", ""),
                       code=request.POST.get("code", ""))
    messages.success(request, _("Two-step sign-in is off."))
    return see_other("two-step")


_VERBS = {"prepare": _prepare, "confirm": _confirm, "renew": _renew, "remove": _remove}


def _pressed(request):
    verb = _VERBS.get(request.POST.get("do"))
    if verb is None:
        raise Refused(_("This button is not known."), _("Open the page again."))
    return verb


def _codes(request, codes):
    """The recovery codes, this once: only their hashes are kept, so no other page has them."""
    return show(request, "two-step/codes.html", title=_("Your recovery codes"), codes=codes)


def _page(request, actor, refusal=None, *, status=200):
    user = actor.user
    return show(
        request, "two-step/own.html", status=status, title=_("Two-step sign-in"), refusal=refusal,
        is_on=second_step.is_on(user), device=second_step.prepared(user),
        codes_left=second_step.codes_left(user))
