"""One deployment from its first second to its evidence: the page, its rows, stop and decide."""

from django.http import JsonResponse

from .. import policy
from ..errors import Refused
from ..services import deployments, stopping
from . import log
from .door import deployment_page, see_other, show
from .evidence import evidence_of
from .progress_table import STEPS, table_of
from .progress_words import next_ms, result_of, step_sentence
from .rules import server_names


@deployment_page("GET")
def watch(request, actor, deployment):
    """The page; works without scripts (it loads itself again), permalink for whoever may look."""
    return _page(request, actor, deployment)


@deployment_page("GET")
def rows(request, actor, deployment):
    """What has changed, for `progress.js`: state, table, and log lines after `?after=N`."""
    lines = log.after(deployment.log.all(), log.cursor(request))
    words = deployment.words
    wait = next_ms(deployment, is_more=len(lines) == log.AT_ONCE)
    return JsonResponse({
        "words": words, "tone": words.tone, "icon": words.icon, "step": step_sentence(deployment),
        "result": result_of(deployment), "evidence": evidence_of(deployment),
        "targets": table_of(deployment), "lines": lines, "offers": _offers(actor, deployment),
        "approved": _approved(deployment), "next_ms": wait,
    })


@deployment_page("POST")
def stop(request, actor, deployment):
    """Stop it, up to the first switch."""
    try:
        stopping.stop(actor, deployment)
    except Refused as refusal:
        deployment.refresh_from_db()
        return _page(request, actor, deployment, refusal=refusal,
                     decision=policy.may_stop(actor, deployment))
    return see_other("deployment-progress", deployment.pk)


@deployment_page("POST")
def decide(request, actor, deployment):
    """Finish it or put all back, where it needs a decision."""
    try:
        stopping.decide(actor, deployment, request.POST.get("decision", ""))
    except Refused as refusal:
        deployment.refresh_from_db()
        return _page(request, actor, deployment, refusal=refusal,
                     decision=policy.may_decide(actor, deployment))
    return see_other("deployment-progress", deployment.pk)


@deployment_page("GET")
def download(request, actor, deployment):
    """The technical log as a text file, masked as it was stored."""
    name = f"{deployment.environment.project.slug}-R-{deployment.pk}"
    return log.as_file(deployment.log.all(), name)


def _approved(deployment):
    """“, approved by Ben”, or ""."""
    names = [vote.user_name for vote in deployment.approvals.filter(answer="yes")]
    return f", approved by {', '.join(names)}" if names else ""


def _back_to(deployment):
    """The version that *Go back* leads to, once this one is live."""
    if deployment.kind == "deploy" and deployment.is_active:
        return deployment.previous
    return deployments.release_before(deployment.environment)


def _offers(actor, deployment):
    """Which buttons make sense now and are allowed, by name."""
    is_live = deployment.status == "succeeded"
    needs_a_person = deployment.needs_a_person
    can_stop = deployment.is_active and not needs_a_person and not _has_switched(deployment)
    return {
        "stop": can_stop and not deployment.stop_requested_by_name
        and bool(policy.may_stop(actor, deployment)),
        "decide": needs_a_person and bool(policy.may_decide(actor, deployment)),
        "go_back": is_live and _is_live_now(deployment)
        and deployments.release_before(deployment.environment) is not None
        and bool(policy.may_go_back(actor, deployment.environment)),
        "try_again": deployment.status in ("failed", "errored", "cancelled", "expired", "voided")
        and deployment.release.status == "ready" and deployment.kind == "deploy"
        and bool(policy.may_release(actor, deployment.environment)),
        "review": deployment.status == "awaiting_approval"
        and bool(policy.may_approve(actor, deployment)),
        "too_late": deployment.status == "running" and _has_switched(deployment)
        and not needs_a_person,
    }


def _has_switched(deployment):
    return bool(deployment.switching_at) or any(
        target.switched_at for target in deployment.targets.all())


def _is_live_now(deployment):
    live = type(deployment).objects.live(deployment.environment)
    return live is not None and live.release_id == deployment.release_id


def _page(request, actor, deployment, *, refusal=None, decision=None):
    status = 200 if refusal is None else 409 if decision else 403
    lines = log.newest(deployment.log.all())
    return show(
        request, "progress/progress.html", status=status, deployment=deployment, refusal=refusal,
        environment=deployment.environment, title=_title(deployment), words=deployment.words,
        step=step_sentence(deployment), result=result_of(deployment),
        evidence=evidence_of(deployment), steps=STEPS, targets=table_of(deployment), lines=lines,
        last=lines[-1]["number"] if lines else 0, offers=_offers(actor, deployment),
        approved=_approved(deployment), is_moving=next_ms(deployment) is not None,
        back_to=_back_to(deployment),
        servers=server_names(deployment.environment),
        plan=deployment.plan,
    )


def _title(deployment):
    project, place = deployment.environment.project.name, deployment.environment.name
    version = deployment.release.title
    return {
        "deploy": f"{project} {version} to {place}",
        "rollback": f"{project} back to {version} in {place}",
        "reload": f"PHP reload of {project} {version} in {place}",
    }[deployment.kind]
