"""Approvals: what waits for this person, what they asked for, what is done; yes or no."""

from django.contrib import messages

from .. import policy
from ..errors import Refused
from ..models import Deployment
from ..services import approvals
from ..services.noticed import noticed
from ..services.source import changes_between
from .differences import differences_of
from .door import deployment_page, page, see_other, show, visible_projects
from .forms import comment_of
from .rules import plan_lines

DONE_SHOWN = 30


@page("GET")
def inbox(request, actor):
    """Waiting for you, You asked, Done."""
    rows = Deployment.objects.filter(environment__project__in=visible_projects(actor))
    rows = rows.select_related("environment__project", "release__project", "previous__project")
    asked = rows.filter(status="awaiting_approval").order_by("pk")
    mine = [row for row in asked if row.requested_by_id == actor.user.pk]
    waiting = approvals.waiting_for(actor)
    known = {row.pk for row in [*mine, *waiting]}
    done = rows.exclude(approvals=None).exclude(status="awaiting_approval").distinct()
    return show(
        request, "approvals/inbox.html", title="Approvals", waiting_rows=waiting, mine=mine,
        others=[row for row in asked if row.pk not in known],
        done=done.prefetch_related("approvals").order_by("-pk")[:DONE_SHOWN],
    )


@deployment_page("GET", "POST")
def answer(request, actor, deployment):
    """Exactly what would be released, and a yes or a no bound to it."""
    if request.method == "GET":
        return _page(request, actor, deployment)
    is_yes = request.POST.get("answer") == "approve"
    verb = approvals.approve if is_yes else approvals.reject
    try:
        verb(actor, deployment, plan_hash=request.POST.get("plan_hash", ""),
             comment=comment_of(request))
    except Refused as refusal:
        deployment.refresh_from_db()
        return _page(request, actor, deployment, refusal=refusal)
    if is_yes:
        return see_other("deployment-progress", deployment.pk)
    messages.success(request, f"You said no: {deployment}.")
    return see_other("approval-list")


def _plan_before(deployment):
    """The plan by which the live version came; making PHP reload copies nothing and has less."""
    done = deployment.environment.deployments.proved().filter(pk__lt=deployment.pk)
    newest = done.exclude(kind=Deployment.RELOAD).first()
    return newest.plan if newest else {}


def _page(request, actor, deployment, *, refusal=None):
    decision = policy.may_approve(actor, deployment)
    before = deployment.previous
    project, sha = deployment.environment.project, deployment.release.commit_sha
    old_sha = before.commit_sha if before else ""
    mine = deployment.approvals.filter(user=actor.user).first()
    return show(
        request, "approvals/answer.html",
        status=200 if refusal is None else 409 if decision else 403, refusal=refusal,
        title=f"{project.name} {deployment.release.title} to {deployment.environment.name}",
        deployment=deployment, environment=deployment.environment, before=before,
        decision=decision, changes=changes_between(project, old_sha, sha),
        taken_away=changes_between(project, sha, old_sha) if before else [],
        differences=differences_of(deployment.plan, _plan_before(deployment)),
        plan_lines=plan_lines(deployment.kind, deployment.environment, deployment.release),
        noticed=noticed(deployment.kind, deployment.environment, deployment.release),
        votes=deployment.approvals.all(), mine=mine, words=deployment.words,
        is_waiting=deployment.status == "awaiting_approval",
        comment=comment_of(request), irreversible=[
            command["command"] for moment in ("before", "after")
            for command in deployment.plan.get(moment, []) if command.get("is_irreversible")],
    )
