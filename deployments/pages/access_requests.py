"""Requests for access, and what else waits for an administrator's yes; answered in one step."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import AccessRequest, MembershipRequest
from ..services import access, grants, memberships
from .access_waiting import with_states
from .days import end_of
from .door import denied, page, see_other, show
from .forms import comment_of
from .told import mailed_words

DONE_SHOWN = 30
USUAL = timedelta(days=30)
"""What the form proposes as the end."""


@page("GET")
def inbox(request, actor):
    """What this person may answer: requests, entries and memberships that wait; and what was."""
    if not policy.reach(actor, "set_up"):
        raise PermissionDenied(_("Only who sets things up answers requests for access."))
    done = AccessRequest.objects.exclude(answer="").select_related(
        "user", "project", "environment__project", "grant").order_by("-answered_at")
    reach = policy.reach(actor, "set_up")
    if not reach.is_everything:
        done = done.filter(project__in=reach.projects)
    return show(request, "access/requests.html", title=_("Requests for access"),
                waiting_rows=access.waiting_requests(actor), entries=grants.unconfirmed(actor),
                joining=[(row, memberships.may_confirm(actor, row))
                         for row in memberships.open_requests()
                         if memberships.may_decline(actor, row)],
                done=with_states(done[:DONE_SHOWN]))


@page("GET", "POST")
def answer(request, actor, pk):
    """One request: who asks for what and why, and the answer."""
    row = AccessRequest.objects.select_related(
        "user", "project", "environment__project").filter(pk=pk).first()
    if row is None:
        raise Http404
    decision = access.may_answer(actor, row)
    if not decision and row.user_id != actor.user.pk:
        raise denied(actor, row.project, decision)
    if request.method == "GET":
        return _page(request, row, decision)
    is_granted = request.POST.get("answer") == "grant"
    try:
        entry = access.answer_access(
            actor, row, is_granted=is_granted, valid_until=_end_of(request),
            networks=request.POST.get("networks", ""), comment=comment_of(request))
    except Refused as refusal:
        row.refresh_from_db()
        return _page(request, row, decision, refusal=refusal)
    waits = entry is not None and grants.waits(entry)
    words = _("Granted. It counts once a second person has confirmed it.") if waits else \
        _("Granted.") if is_granted else _("Declined.")
    messages.success(request, f"{words} {mailed_words(row.user, row.person)}")
    return see_other("access-requests")


@page("POST")
def join(request, actor, pk):
    """Yes or no to a membership that waits for a second person."""
    row = MembershipRequest.objects.select_related("user", "group").filter(pk=pk).first()
    if row is None:
        raise Http404
    is_yes = request.POST.get("answer") == "confirm"
    try:
        (memberships.confirm if is_yes else memberships.decline)(actor, row)
    except Refused as refusal:
        if not policy.may_look_after(actor):
            raise PermissionDenied(str(refusal)) from None
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row}: {row.answer}.")
    return see_other("access-requests")


def _page(request, row, decision, *, refusal=None):
    status = 200 if refusal is None else 409 if decision else 403
    until = request.POST.get("until") or f"{timezone.localdate() + USUAL:%Y-%m-%d}"
    [row] = with_states([row])
    return show(request, "access/answer.html", status=status, refusal=refusal, row=row,
                title=_("{person} asks for access").format(person=row.person),
                decision=decision, until=until,
                networks=request.POST.get("networks", ""), comment=comment_of(request))


def _end_of(request):
    """The end of the day that was chosen; None where none was, or it is no date."""
    try:
        after = end_of(request.POST.get("until", ""))
    except ValueError:
        after = None
    return after and after - timedelta.resolution
