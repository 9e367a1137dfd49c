"""Where somebody is signed in: one's own sessions, and another person's with their second step."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import SignIn
from ..services import second_step, sessions
from .again import asks_again
from .door import page, see_other, show
from .forms import reason_of
from .told import mailed_words

_ALL = "others"


@page("GET", "POST")
def own(request, actor):
    """One's own sessions; one of them, or all others, can be ended."""
    refusal = None
    if request.method == "POST":
        refusal = _end(request, actor, actor.user)
        if refusal is None:
            return see_other("session-list")
    return _page(request, actor, actor.user, refusal)


@page("GET", "POST")
@asks_again(lambda request: request.POST.get("do") == "reset")
def of_person(request, actor, pk):
    """Another person's sessions and second step, for those who look after accounts."""
    person = get_user_model().objects.filter(pk=pk).first()
    if person is None:
        raise Http404
    decision = policy.may_end_sessions(actor, person)
    if not decision:
        raise PermissionDenied(f"{decision.reason} {decision.remedy}".strip())
    refusal = None
    if request.method == "POST":
        act = _reset if request.POST.get("do") == "reset" else _end
        refusal = act(request, actor, person)
        if refusal is None:
            return see_other("sign-in-of", person.pk)
    return _page(request, actor, person, refusal)


def _end(request, actor, person):
    """End the session that the pressed button names; return the refusal, or None."""
    number = request.POST.get("session", "")
    try:
        if number == _ALL and person == actor.user:
            sessions.end_others(actor, request.sign_in)
        else:
            is_one = number.isascii() and number.isdecimal() and len(number) < 16
            row = SignIn.objects.filter(user=person, pk=int(number) if is_one else 0).first()
            if row is None:
                raise Http404
            sessions.end(actor, row)
    except Refused as refusal:
        return refusal
    messages.success(request, _("The session has ended."))
    return None


def _reset(request, actor, person):
    try:
        second_step.reset(actor, person, reason_of(request))
    except Refused as refusal:
        return refusal
    words = _("{person} signs in with a password alone now.").format(person=person)
    messages.success(request, f"{words} {mailed_words(person, str(person))}")
    return None


def _page(request, actor, person, refusal):
    """The list; 403 with a refusal."""
    is_own = person == actor.user
    name = policy.name_of(person)
    return show(
        request, "sessions/list.html", status=403 if refusal else 200, refusal=refusal,
        title=_("Where you are signed in") if is_own else _("Where {name} is signed in").format(
            name=name),
        person=person, name=name, is_own=is_own, rows=sessions.open_sessions(person),
        has_step=second_step.is_on(person), current=request.sign_in,
        may_reset=policy.may_reset_second_step(actor, person), reason=reason_of(request))
