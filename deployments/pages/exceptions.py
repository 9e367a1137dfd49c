"""Exceptions from a freeze: asking whoever it names, or who set it, and the answer to that."""

from contextlib import nullcontext

from django.contrib import messages
from django.http import Http404
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import Environment, ExceptionRequest, Grant
from ..policy import excepting
from ..services import exception_requests, exceptions, gates
from ..services.acting import recording_refusals
from . import versions
from .door import environment_page, page, see_other, show, visible_projects
from .forms import comment_of, reason_of
from .release_way import chosen

LONGEST_VERSION = 200


@environment_page("GET", "POST")
def ask(request, actor, environment):
    """Who can make an exception, and why it cannot wait; POST asks them. Then, what came of it."""
    if request.method == "GET":
        return _ask_page(request, actor, environment)
    try:
        choice = _choice(request, actor, environment)
        row = exceptions.ask(actor, environment, reason=reason_of(request),
                             version=_version(request), title=choice.title if choice else "")
    except Refused as refusal:
        return _ask_page(request, actor, environment, refusal=refusal)
    words = _("You asked {names}: it stands under “Waiting for you” there, and goes by mail. What "
              "you have begun is kept.") if row.is_mailed else _(
        "You asked {names}: it stands under “Waiting for you” there. No mail was sent: call, if it "
        "is urgent. What you have begun is kept.")
    messages.success(request, words.format(names=", ".join(row.told)))
    return see_other("release")


@page("GET", "POST")
def answer(request, actor, pk):
    """One request: release it, name somebody, or say no; whoever asked may take it back."""
    row = ExceptionRequest.objects.select_related("environment__project").filter(
        pk=pk, environment__project__in=visible_projects(actor)).first()
    if row is None:
        raise Http404
    if request.method == "GET":
        return _answer_page(request, actor, row)
    is_back = request.POST.get("answer") == "back"
    try:
        if is_back:
            exceptions.take_back(actor, row)
        else:
            exceptions.decline(actor, row, comment=comment_of(request))
    except Refused as refusal:
        return _answer_page(request, actor, row, refusal=refusal)
    messages.success(request, _said_no(row) if not is_back else _(
        "You took it back: nobody is asked any longer."))
    return see_other("approval-list")


def _said_no(row):
    """What came of a no; nobody is left to be told of it where the account of who asked is gone."""
    return _("You said no. {name} is told.").format(
        name=row.asked_by_name) if row.asked_by_id else _("You said no.")


def _version(request):
    sent = request.POST if request.method == "POST" else request.GET
    return chosen(sent)[:LONGEST_VERSION]


def _choice(request, actor, environment):
    """The version that is asked for, None without one; Refused where there is no such version."""
    is_sent = request.method == "POST"
    with recording_refusals(actor, exceptions.ASKED, environment=environment) if is_sent \
            else nullcontext():
        version = _version(request)
        return versions.choose(environment.project, version) if version else None


def _title(request, actor, environment):
    try:
        choice = _choice(request, actor, environment)
    except Refused:
        return ""
    return choice.title if choice else ""


def _ask_page(request, actor, environment, *, refusal=None):
    decision = policy.may_release(actor, environment)
    exception = exception_requests.of_person(actor, environment)
    shut = exception_requests.frozen(environment)
    return show(
        request, "freezes/ask.html", status=200 if refusal is None else 409 if decision else 403,
        title=_("Ask for an exception: {project} ({place})").format(
            project=environment.project.name, place=environment.name), refusal=refusal,
        environment=environment, decision=decision, version=_version(request),
        called=_title(request, actor, environment) if refusal is None else "",
        shut=shut, reason=reason_of(request), exception=exception,
        may_ask=refusal is not None or not exception_requests.asked_of_late(
            actor, environment, shut),
        **_whom(actor, environment, shut),
        may_through=all(gates.may_go_through(actor, gate) for gate in shut),
        to_name=next((gate.row for gate in shut if excepting.may_name(actor, gate.row)), None),
        may_emergency=bool(policy.may_release_in_emergency(actor, environment)))


def _answer_page(request, actor, row, *, refusal=None):
    exception = exception_requests.asked_of(row)
    decision = excepting.may_answer(actor, row, exception.freezes)
    may_back = excepting.may_take_back(actor, row)
    may = may_back if request.POST.get("answer") == "back" else decision
    return show(
        request, "freezes/exception.html", refusal=refusal,
        status=200 if refusal is None else 409 if may else 403,
        title=_("An exception from a freeze: {where}").format(where=row.where),
        exception=exception, decision=decision,
        to_answer=exception_requests.for_answer(actor, exception),
        is_own=bool(may_back), environment=row.environment, comment=comment_of(request),
        shut=exception_requests.frozen(row.environment))


def _whom(actor, environment, shut):
    """Whom the page asks, by name; who of them may not release here, and whose release nobody could
    approve: no exception comes from either."""
    people = exception_requests.who_is_asked(shut, besides=actor.user)
    setters = exception_requests.who_can_name(shut, besides=actor.user)
    return {
        "people": list(map(policy.name_of, people)), "setters": list(map(policy.name_of, setters)),
        "in_vain": [policy.name_of(user) for user in people
                    if not policy.has_entry(user, Grant.RELEASE, environment)],
        "unapprovable": policy.unapprovable_of(
            people, Environment.objects.filter(pk=environment.pk)),
    }
