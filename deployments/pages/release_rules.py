"""Releasing, the third of four steps: the rules, the project's checklist, and why now."""

from django.conf import settings

from .. import policy
from ..errors import Refused
from ..models.fields import lines_of
from ..services import exception_requests
from ..services.deployments import demand_ticked
from .forms import reason_of
from .lengths import length
from .release_steps import go_to, show_step, step_page
from .release_way import CONFIRM, REVIEW, RULES, recording
from .rules import is_open, rules_for


@step_page
def rules(request, actor, environment, begun):
    """Each rule with what to do; POST keeps what was ticked and written, and leads on or back."""
    if request.method == "GET":
        return _page(request, actor, begun, ticked=begun.ticked)
    ticked = request.POST.getlist("ticked")
    is_back = request.POST.get("go") == "back"
    try:
        with recording(request, actor, environment):
            begun.demand_unmoved(request.POST.get("sha", ""))
    except Refused as refusal:
        return _page(request, actor, begun, ticked=ticked, refusal=refusal)
    known = [line for line in lines_of(environment.project.checklist) if line in ticked]
    begun.keep(actor.user, RULES if is_back else CONFIRM, reason=reason_of(request), ticked=known)
    if is_back:
        return go_to(REVIEW, begun)
    try:
        with recording(request, actor, environment):
            demand_ticked(environment.project, known)
    except Refused as refusal:
        return _page(request, actor, begun, ticked=ticked, refusal=refusal)
    return go_to(CONFIRM, begun)


def _page(request, actor, begun, *, ticked, refusal=None):
    environment = begun.environment
    decision = policy.may_release(actor, environment)
    found = rules_for(environment, actor, decision, begun.choice)
    checklist = lines_of(environment.project.checklist)
    return show_step(
        request, RULES, begun, status=409 if refusal else 200, refusal=refusal, rules=found,
        is_open=is_open(found), is_later=bool(decision) and any(
            rule.is_passable and rule.tone == "bad" for rule in found),
        may_except=any(rule.is_passable and rule.tone != "bad" for rule in found),
        checklist=[(line, line in ticked) for line in checklist],
        is_missing=bool(refusal) and any(line not in ticked for line in checklist),
        reason=reason_of(request) if request.method == "POST" else
        reason_of(request) or begun.reason,
        exception=exception_requests.of_person(actor, environment),
        idle=length(60 * settings.SESSION_IDLE_MIN),
    )
