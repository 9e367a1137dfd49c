"""Freezes and pauses: the page for everybody; pausing an environment and letting it go on."""

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import Freeze, Pause
from ..policy import excepting, gating
from ..services import freezes, gates, pauses
from ..services.acting import demand, recording_refusals
from .door import environment_page, page, see_other, show, visible_projects
from .forms import reason_of
from .times import here, moment_of

LINKS = 5
"""So many environments are linked beside a freeze that covers many."""


@page("GET")
def calendar(request, actor):
    """What is frozen and paused, now and to come, and where this person may pause."""
    return _calendar_page(request, actor)


@environment_page("GET", "POST")
def pause(request, actor, environment):
    """Pause releases to an environment, with a reason and an end."""
    if request.method == "GET":
        return _pause_page(request, actor, environment)
    try:
        with recording_refusals(actor, "environment.paused", environment=environment):
            demand(gating.may_pause(actor, environment))
            until = moment_of(request, "until")
        pauses.pause(actor, environment, reason=reason_of(request), until=until)
    except Refused as refusal:
        return _pause_page(request, actor, environment, refusal=refusal)
    messages.success(request,
                     _("Releases to {environment} are paused.").format(environment=environment))
    return see_other("freeze-list")


@page("POST")
def end_pause(request, actor, pk):
    """Release again: the pause ends before its time."""
    row = Pause.objects.select_related("environment__project").filter(
        pk=pk, environment__project__in=visible_projects(actor)).first()
    if row is None:
        raise Http404
    try:
        pauses.release_again(actor, row)
    except Refused as refusal:
        return _calendar_page(request, actor, refusal=refusal)
    messages.success(request, _("{environment} may be released to again.").format(
        environment=row.environment))
    return see_other("freeze-list")


def _calendar_page(request, actor, *, refusal=None):
    actor = policy.gathered(actor)
    projects = visible_projects(actor)
    rows, places = freezes.listed(projects), list(freezes.environments_of(projects))
    coming = [row.freeze for row in rows if row.window]
    excepting.gather(coming)
    releasing = excepting.releasing_under(coming)
    return show(
        request, "freezes/list.html", status=200 if refusal is None else 403, refusal=refusal,
        title=_("Freezes and pauses"),
        lasting=[(row, _who(row.freeze, releasing.get(row.freeze.pk, [])),
                  _may_ask(actor, row, places)) for row in rows if row.window],
        over=[row for row in rows if not row.window],
        pauses=[(row, bool(gating.may_pause(actor, row.environment)))
                for row in freezes.open_pauses(projects)],
        may_pause=[row for row in places if gating.may_pause(actor, row)],
        set_up=_set_up_page(request),
    )


def _who(freeze, releasing):
    """Who can make an exception, or why those whom it names cannot; "" where it names nobody."""
    return excepting.exception_words(freeze, releasing=releasing) or \
        excepting.in_vain_words(freeze, releasing)


def _may_ask(actor, row, places):
    """Environments for which this person may ask for an exception from a freeze (a `Listed`)."""
    is_others = row.setter and row.freeze.set_by_id != actor.user.pk
    if not row.is_in_force or not (excepting.people_of(row.freeze) or is_others):
        return []
    if excepting.may_override(actor, row.freeze):
        return []
    return [place for place in places if gates.covers(row.freeze, place)
            and policy.may_release(actor, place)][:LINKS]


def _set_up_page(request):
    """Address of the list where freezes are set; "" for those who may not set any."""
    from ..site import site

    may_add = site.get_model_admin(Freeze).has_add_permission(request)
    return reverse("admin:deployments_freeze_changelist") if may_add else ""


def _pause_page(request, actor, environment, *, refusal=None):
    decision = gating.may_pause(actor, environment)
    lasting = [row for row in freezes.open_pauses([environment.project])
               if row.environment_id == environment.pk]
    return show(
        request, "freezes/pause.html", status=200 if refusal is None else 409 if decision else 403,
        title=_("Pause {project} ({environment})").format(
            project=environment.project.name, environment=environment.name),
        environment=environment,
        decision=decision, refusal=refusal, lasting=lasting, may_end=bool(decision),
        reason=reason_of(request), zone=here(), until=request.POST.get("until", ""))
