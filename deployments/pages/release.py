"""Releasing, in two pages: choose a version; read what would happen and confirm."""

from contextlib import nullcontext
from urllib.parse import urlencode

from django.contrib import messages
from django.urls import reverse

from .. import policy
from ..errors import Refused
from ..models import Deployment
from ..services.acting import recording_refusals
from ..services.deployments import request_deployment
from ..services.noticed import noticed
from ..services.setup import read_source_again, refresh_source
from ..services.source import changes_between
from . import versions
from .again import asks_again
from .door import environment_page, see, see_other, show
from .forms import reason_of, request_key_of
from .rules import (
    irreversible_commands,
    is_open,
    plan_lines,
    rules_for,
    server_names,
    waits_in_line,
    what_it_replaces,
)
from .terms import asked_terms, terms_of


@environment_page("GET", "POST")
def choose(request, actor, environment):
    """Which version? Asks for the list to be read again when it is old, or at once (POST)."""
    if request.method == "GET":
        return _choice_page(request, actor, environment,
                            is_reading=refresh_source(environment.project))
    try:
        read_source_again(actor, environment)
    except Refused as refusal:
        return _choice_page(request, actor, environment, refusal=refusal, status=403)
    messages.info(request, "The list of versions is being read. Load this page again in a moment.")
    page = reverse("admin:release-start", args=[environment.project.slug, environment.slug])
    return see(f"{page}?{urlencode({'other': request.POST.get('other', '')})}")


def _choice_page(request, actor, environment, *, refusal=None, status=409, is_reading=False):
    project, found = environment.project, versions.options(environment)
    return show(
        request, "release/choose.html", status=status if refusal else 200,
        title=f"Release {project.name} to {environment.name}", environment=environment,
        options=found, live=Deployment.objects.live(environment),
        is_reading=is_reading, refusal=refusal, chosen=_marked(request, found),
        other=_chosen(request.POST or request.GET) if refusal else request.GET.get("other", ""),
        may_read=bool(policy.may_release(actor, environment)),
    )


def _marked(request, found):
    """The version that is marked on the page: what was chosen before, else what is suggested."""
    return request.GET.get("version", "").strip() or found["suggested"]


@environment_page("GET", "POST")
@asks_again(lambda request: "emergency" in request.POST)
def review(request, actor, environment):
    """What changes, the rules, the plan; POST releases and leads to the progress page."""
    is_asked = request.method == "POST"
    values = request.POST if is_asked else request.GET
    try:
        with _recording(actor, environment) if is_asked else nullcontext():
            choice = versions.choose(environment.project, _chosen(values))
    except Refused as refusal:
        return _choice_page(request, actor, environment, refusal=refusal)
    if not is_asked:
        return _review_page(request, actor, environment, choice)
    try:
        with _recording(actor, environment):
            _demand_unmoved(choice, values.get("sha", ""))
            terms = asked_terms(request)
        deployment = request_deployment(
            actor, environment, request_key=request_key_of(request), release=choice.release,
            ref=choice.ref, reason=reason_of(request), **terms)
    except Refused as refusal:
        return _review_page(request, actor, environment, choice, refusal=refusal)
    return see_other("deployment-progress", deployment.pk)


def _recording(actor, environment):
    """What a form says is refused like what is asked for with it: with its entry in the log."""
    return recording_refusals(actor, "deployment.requested", environment=environment)


def _chosen(values):
    """The version typed by hand wins over the one of the list."""
    return values.get("other", "").strip() or values.get("version", "")


def _demand_unmoved(choice, seen_sha):
    if seen_sha != choice.sha:
        raise Refused(f"{choice.title} has moved since this page was opened: it is "
                      f"{choice.sha[:10]} now.", "Read what changes, then confirm again.")


def _review_page(request, actor, environment, choice, *, refusal=None):
    before, comes_first = what_it_replaces(environment, actor, choice)
    before_sha = before.release.commit_sha if before else ""
    decision = policy.may_release(actor, environment)
    rules = rules_for(environment, actor, decision, choice)
    terms = terms_of(request, actor, environment, choice)
    status = 200 if refusal is None else 409 if decision or terms.may_emergency else 403
    return show(
        request, "release/review.html", status=status,
        title=f"Release {environment.project.name} to {environment.name}",
        environment=environment, choice=choice, before=before, comes_first=comes_first,
        refusal=refusal,
        changes=changes_between(environment.project, before_sha, choice.sha),
        taken_away=_taken_away(environment, before_sha, choice), rules=rules,
        terms=terms, is_open=is_open(rules), servers=server_names(environment),
        plan_lines=plan_lines("deploy", environment, choice.release),
        needs_approval=policy.rules_of(environment), request_key=request_key_of(request),
        reason=reason_of(request), waits=waits_in_line(environment),
        irreversible=irreversible_commands(environment),
        noticed=noticed("deploy", environment, choice.release),
    )


def _taken_away(environment, before_sha, choice):
    """Changes of the version before that are not in the chosen one: it goes back in time."""
    if not before_sha:
        return []
    return changes_between(environment.project, choice.sha, before_sha)
