"""One request for approval: exactly what would be released, and what people may say to it."""

from django.contrib import messages
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import Deployment
from ..services import approvals, built_files
from ..services.noticed import noticed
from ..services.notices import title_of
from .again import asks_again
from .agreement import asked_lines, idle_names, rule_lines, vote_lines
from .differences import differences_of
from .door import deployment_page, see_other, show
from .forms import comment_of
from .release_review import differences_of as changes_of
from .release_risks import risks_for
from .rules import plan_lines

_YES = ("approve", "approve_by_hand")


@deployment_page("GET", "POST")
@asks_again(lambda request: request.POST.get("answer") in _YES)
def answer(request, actor, deployment):
    """Exactly what would be released, and a yes or a no bound to it."""
    if request.method == "GET":
        return _page(request, actor, deployment)
    said, about = request.POST.get("answer"), {
        "plan_hash": request.POST.get("plan_hash", ""), "comment": comment_of(request)}

    def say():
        if said in _YES:
            approvals.approve(actor, deployment, starts_by_hand=said == "approve_by_hand", **about)
        else:
            approvals.reject(actor, deployment, **about)

    refused = _try(request, actor, deployment, say)
    if refused:
        return refused
    if said not in _YES:
        messages.success(request, _("You said no: {deployment}.").format(deployment=deployment))
        return see_other("approval-list")
    if deployment.status in ("awaiting_approval", "approved"):
        messages.success(request, _("Your yes is noted."))
        return see_other("approval-answer", deployment.pk)
    return see_other("deployment-progress", deployment.pk)


@deployment_page("POST")
def withdraw(request, actor, deployment):
    """Take one's yes back."""
    refused = _try(request, actor, deployment, lambda: approvals.withdraw(
        actor, deployment, comment=comment_of(request)), approvals.may_withdraw)
    if refused:
        return refused
    messages.success(request, _("Your yes is taken back."))
    return see_other("approval-answer", deployment.pk)


@deployment_page("POST")
def start(request, actor, deployment):
    """Start what everybody agreed to who had to."""
    refused = _try(request, actor, deployment, lambda: approvals.start(actor, deployment),
                   approvals.may_start)
    return refused or see_other("deployment-progress", deployment.pk)


def _try(request, actor, deployment, act, may=policy.may_approve):
    """Do it; where it is refused, the page that says why."""
    allowed = may(actor, deployment)
    try:
        act()
    except Refused as refusal:
        deployment.refresh_from_db()
        return _page(request, actor, deployment, refusal=refusal, status=409 if allowed else 403)
    return None


def _plan_before(deployment):
    """The plan by which the live version came; making PHP reload copies nothing and has less."""
    done = deployment.environment.deployments.proved().filter(pk__lt=deployment.pk)
    newest = done.exclude(kind=Deployment.RELOAD).first()
    return newest.plan if newest else {}


def _page(request, actor, deployment, *, refusal=None, status=200):
    decision, before = policy.may_approve(actor, deployment), deployment.previous
    is_waiting = deployment.status == "awaiting_approval"
    return show(
        request, "approvals/answer.html", status=status, refusal=refusal,
        title=title_of(deployment), is_return=deployment.kind == Deployment.ROLLBACK,
        deployment=deployment, environment=deployment.environment, before=before,
        decision=decision, **_what_changes(deployment),
        differences=differences_of(deployment.plan, _plan_before(deployment)),
        plan_lines=plan_lines(deployment.kind, deployment.environment, deployment.release),
        noticed=noticed(deployment.kind, deployment.environment, deployment.release),
        words=deployment.words, is_waiting=is_waiting, comment=comment_of(request),
        **_agreement(actor, deployment),
    )


def _what_changes(deployment):
    """The changes, files and risks that whoever asked was shown; commands are those of the plan."""
    release, before = deployment.release, deployment.previous
    found = changes_of(deployment.environment.project, before, release.commit_sha)
    commands = [
        command["command"] for moment in ("before", "after")
        for command in deployment.plan.get(moment, []) if command.get("is_irreversible")]
    is_reload = deployment.kind == Deployment.RELOAD  # which brings no other files
    return found | {
        "built": built_files.between(before, release) if before and not is_reload else None,
        "risks": [] if is_reload else risks_for(
            deployment.environment, before, release, commands=commands, **found)}


def _agreement(actor, deployment):
    """What the page says of votes: rules and delivery while they matter, buttons, and all votes."""
    is_open = deployment.status in ("awaiting_approval", "approved", "scheduled", "queued")
    return {
        "votes": vote_lines(deployment), "is_open": is_open,
        "rules": rule_lines(deployment) if is_open else [],
        "idle": idle_names(deployment) if is_open else [],
        "asked": asked_lines(deployment) if deployment.approval_until else [],
        "mine": approvals.vote_of(actor.user, deployment),
        "may_withdraw": bool(approvals.may_withdraw(actor, deployment)),
        "may_start": bool(approvals.may_start(actor, deployment)),
        "is_approved": deployment.status == "approved",
    }
