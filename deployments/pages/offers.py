"""The buttons of a progress page: which make sense now and are allowed, and what they say."""

from .. import policy
from ..models import Deployment
from ..services.deployments import release_before
from ..waves import listed

_TRIED = ("failed", "errored", "cancelled", "expired", "voided")


def offers_of(actor, deployment):
    """{name: whether it is offered}."""
    environment, status = deployment.environment, deployment.status
    runs = status == "running"
    can_turn = runs and bool(deployment.switching_at) and not (
        deployment.is_going_back or deployment.decision)
    return {
        "stop": deployment.is_open and not deployment.needs_a_person
        and not deployment.is_past_return and not deployment.stop_requested_by_name
        and not deployment.is_going_back and bool(policy.may_stop(actor, deployment)),
        "decide": deployment.needs_a_person and bool(policy.may_decide(actor, deployment)),
        "turn_back": can_turn and bool(policy.may_turn_back(actor, deployment)),
        "go_back": status == "succeeded" and _is_live_now(deployment)
        and release_before(environment) is not None
        and bool(policy.may_go_back(actor, environment)),
        "try_again": status in _TRIED and deployment.release.status == "ready"
        and deployment.kind == "deploy" and bool(policy.may_release(actor, environment)),
        "review": status == "awaiting_approval" and bool(policy.may_approve(actor, deployment)),
        "too_late": runs and deployment.is_past_return and not deployment.is_going_back,
    }


def labels_of(deployment):
    """{name: the words on the button}, for those that depend on servers and versions."""
    before = deployment.before_title
    undone = [row.server_name for row in deployment.targets.all() if row.status != "proved"]
    return {
        "finish": f"Finish {listed(list(dict.fromkeys(undone)))}" if undone else "Finish",
        "put_back": f"Put all back to {before}" if before else "Take it off again",
        "turn_back": f"Go back to {before} now" if before else "Take it off again now",
        "go_back": f"Go back to {_way_back(deployment)}",
    }


def warning_of(deployment):
    """What going back does not undo: a command that an administrator called so and that ran."""
    if not deployment.needs_a_person and not (deployment.is_open and deployment.is_past_return):
        return ""
    ran = [row.evidence["irreversible"] for row in deployment.targets.all()
           if row.evidence.get("irreversible")]
    if not ran:
        return ""
    before = deployment.before_title or "The version before"
    return f"“{ran[0]}” has begun, and cannot be undone: {before} may not work after it."


def _way_back(deployment):
    """The version that *Go back* leads to, once this one is live."""
    release = deployment.previous if deployment.kind == Deployment.DEPLOY and (
        deployment.is_open) else release_before(deployment.environment)
    return release.title if release else "the version before"


def _is_live_now(deployment):
    live = Deployment.objects.live(deployment.environment)
    return live is not None and live.release_id == deployment.release_id
