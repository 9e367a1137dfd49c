"""Releasing, the last of four steps: what will happen, who is asked, now or later. POST asks."""

from django.contrib import messages
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..services import exception_requests
from ..services.deployments import missing_ticks, request_deployment
from ..services.expected import expected
from ..services.noticed import noticed
from .again import asks_again
from .door import see_other
from .expected_words import expected_words
from .forms import reason_of, request_key_of
from .release_review import differences_of
from .release_risks import risks_for
from .release_steps import go_to, show_step, step_page
from .release_way import CONFIRM, RULES, recording
from .rules import (
    asked_people,
    is_open,
    plan_lines,
    rules_for,
    server_names,
    waits_in_line,
    what_it_replaces,
)
from .terms import asked_terms, terms_of, terms_written


@step_page
@asks_again(lambda request: "emergency" in request.POST)
def confirm(request, actor, environment, begun):
    """What will happen; POST asks for it and leads to the progress page."""
    if request.method == "GET":
        return _page(request, actor, begun)
    if request.POST.get("go") in ("back", "draft"):
        return _put_off(request, actor, begun)
    try:
        with recording(request, actor, environment):
            begun.demand_unmoved(request.POST.get("sha", ""))
            _demand_named(request, actor, begun)
            terms = asked_terms(request)
        deployment = request_deployment(
            actor, environment, request_key=request_key_of(request), release=begun.choice.release,
            ref=begun.choice.ref, reason=_reason(request, begun), ticked=begun.ticked, **terms)
    except Refused as refusal:
        return _page(request, actor, begun, refusal=refusal)
    return see_other("deployment-progress", deployment.pk)


def _put_off(request, actor, begun):
    """Keep what the form says; one step back, or home, where the draft is offered again."""
    is_back = request.POST["go"] == "back"
    begun.keep(actor.user, RULES if is_back else CONFIRM, terms=terms_written(request))
    if is_back:
        return go_to(RULES, begun)
    messages.success(request, _("Saved as a draft: {version} to {environment}. Nothing was "
                                "asked for yet.").format(
        version=begun.choice.title, environment=begun.environment.name))
    return see_other("index")


def _reason(request, begun):
    """What was written on this page (in an emergency), else on the page of the rules."""
    return reason_of(request) or begun.reason


def _demand_named(request, actor, begun):
    """A slip must not put live what going back may not undo."""
    project = begun.environment.project
    is_named = request.POST.get("project", "").strip().casefold() == project.name.casefold()
    if "emergency" in request.POST or is_named:
        return
    if _is_grave(begun, _replacing(actor, begun)["risks"]):
        raise Refused(_("Going back may not undo this release, so it asks for the project's name."),
                      _("Type {project} in the field above the button.").format(
                          project=project.name))


def _is_grave(begun, risks):
    return begun.environment.is_protected and any(risk.is_high for risk in risks)


def _replacing(actor, begun):
    """What is replaced, the differences to it, and the `risks`: for the page."""
    environment, choice = begun.environment, begun.choice
    before, comes_first = what_it_replaces(environment, actor, choice)
    differences = differences_of(environment.project, before and before.release, choice.sha)
    return {"before": before, "comes_first": comes_first, **differences, "risks": risks_for(
        environment, before, choice, comes_first=comes_first, **differences)}


def _page(request, actor, begun, *, refusal=None):
    environment, choice = begun.environment, begun.choice
    decision = policy.may_release(actor, environment)
    found = rules_for(environment, actor, decision, choice)
    terms = terms_of(request, actor, environment, choice, begun.terms)
    replacing = _replacing(actor, begun)
    status = 200 if refusal is None else 409 if decision or terms.may_emergency else 403
    return show_step(
        request, CONFIRM, begun, status=status, refusal=refusal, rules=found,
        is_open=is_open(found), terms=terms, **replacing,
        grave=[risk for risk in replacing["risks"] if risk.is_high],
        is_grave=_is_grave(begun, replacing["risks"]), named=request.POST.get("project", ""),
        missing=missing_ticks(environment.project, begun.ticked),
        servers=server_names(environment), waits=waits_in_line(environment),
        plan_lines=plan_lines("deploy", environment, choice.release),
        needs_approval=policy.rules_of(environment), asked=asked_people(environment, actor),
        noticed=noticed("deploy", environment, choice.release),
        takes=expected_words(expected(environment), is_built=choice.is_built),
        request_key=request_key_of(request), reason=_reason(request, begun),
        exception=exception_requests.of_person(actor, environment),
    )
