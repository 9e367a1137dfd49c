"""What a deployment says of itself in one sentence, and how soon to ask again."""

from django.db.models import Max
from django.utils import timezone

from .. import policy
from ..services.clusters import is_at_work
from ..services.line import turn_words
from .evidence import workers_sentence
from .progress_table import STEPS, column, is_going_back
from .progress_waves import pause_sentence, wave_now
from .witness import sentence_of

SLOW_S, SILENT_S = 10, 60
"""After so long in line the page says that it is slow, then whether anybody is at work."""


def next_ms(deployment, *, is_more=False):
    """Milliseconds until the page should ask again; None when nothing will change any more."""
    if is_more:
        return 50
    if not deployment.is_open:
        return None
    return {"running": 500, "queued": 500, "waiting_for_build": 1000}.get(deployment.status, 2000)


def result_of(deployment):
    """The sentence people read when it has ended or needs them; "" while it goes on."""
    if deployment.is_open and not deployment.needs_a_person:
        return ""
    if deployment.status == "succeeded":
        workers = workers_sentence(deployment)
        return f"{workers}{sentence_of(deployment)}" if workers else deployment.result
    return deployment.result or f"{deployment.words}."


def step_sentence(deployment, actor):
    """“Step 3 of 5: Switch”, or what it waits for, as `actor` reads it; "" when it has ended."""
    if deployment.status == "waiting_turn":
        return turn_words(deployment, actor)
    if deployment.needs_a_person:
        return _deciding(deployment, actor)
    describe = {
        "waiting_for_build": _building, "awaiting_approval": _approving, "queued": _in_line,
        "running": _running,
    }.get(deployment.status)
    return describe(deployment) if describe else ""


def _building(deployment):
    what = deployment.release.title
    if deployment.release.status == "pending":
        return f"Step 1 of 5: {STEPS[0]} - {what} is in line to be built."
    return f"Step 1 of 5: {STEPS[0]} - {what} is being built."


def _approving(deployment):
    rule = policy.rule_of(deployment.environment)
    if rule is None:
        return ""
    names = [user.get_full_name() or user.get_username() for user in rule.approvers.all()
             if user.pk != deployment.requested_by_id
             and policy.has_grant_to_approve(user, deployment.environment)]
    given = deployment.approvals.filter(answer="yes").count()
    have = f" {given} of {rule.people_needed} said yes." if rule.people_needed > 1 else ""
    if not names:
        return f"Nobody can approve it: ask an administrator to name an approver.{have}"
    return f"{' or '.join(names)} can approve it.{have}"


def _deciding(deployment, actor):
    """Who can decide, for those who cannot: their page has no button."""
    if policy.may_decide(actor, deployment):
        return ""
    names = [user.get_full_name() or user.get_username()
             for user in policy.who_may_decide(deployment.environment)]
    return f"{' or '.join(names) or 'Nobody'} can decide how it goes on."


def _in_line(deployment):
    waited_s = (timezone.now() - _queued_at(deployment)).total_seconds()
    if waited_s > SILENT_S and is_at_work():
        return "In line. The worker is busy with other releases. Your request is kept."
    if waited_s > SILENT_S:
        return "The release worker is not answering. Your request is kept."
    if waited_s > SLOW_S:
        return "In line. The worker has not picked it up yet (usual: under 1 s)."
    return "It starts in a moment."


def _given_back(deployment, at_once="In line."):
    """What one without an owner waits for; its lease ended when it was handed over or decided."""
    waited_s = (timezone.now() - deployment.lease_until).total_seconds()
    if waited_s > SILENT_S and is_at_work():
        return "In line. The worker is busy with other releases."
    if waited_s > SILENT_S:
        return "The release worker is not answering. It goes on from here when one is there."
    return "In line. No worker has taken it over yet." if waited_s > SLOW_S else at_once


def _queued_at(deployment):
    """When it came into the line: the newest of what it had to wait for."""
    times = [deployment.requested_at, deployment.release.built_at]
    times += deployment.approvals.values_list("answered_at", flat=True)
    times.append(deployment.environment.deployments.aggregate(last=Max("finished_at"))["last"])
    return max(time for time in times if time)


def _running(deployment):
    targets = list(deployment.targets.all())
    if deployment.is_worker_lost:
        return "It reads every server first, and goes on from what is true there."
    if deployment.is_going_back or any(map(is_going_back, targets)):
        return _going_back(deployment, targets)
    if deployment.is_decided:
        return f"{deployment.decided_by_name} decided to finish. {_given_back(deployment)}"
    if not deployment.owner:
        return _given_back(deployment, "In line: another worker takes it over in a moment.")
    if deployment.stop_requested_by_name and not deployment.switching_at:
        return f"{deployment.stop_requested_by_name} asked to stop; it stops at the next step."
    return _going_forward(deployment, targets)


def _going_back(deployment, targets):
    to = f" to {deployment.before_title}" if deployment.before_title else ""
    by_person = deployment.decision == deployment.PUT_BACK
    if by_person and not deployment.owner:
        return f"{deployment.decided_by_name} decided to put all back. {_given_back(deployment)}"
    if by_person and not any(map(is_going_back, targets)):
        return f"{deployment.decided_by_name} wants it back{to}; it turns at the next step."
    why = f"{deployment.decided_by_name} wants it back" if by_person else "Something went wrong"
    return f"{why}: putting every server back{to}."


def _going_forward(deployment, targets):
    wave = wave_now(deployment)
    pause = pause_sentence(deployment, wave) if wave else ""
    if pause:
        return pause
    steps = {target.step for target in targets}
    if "commands after" in steps:
        return f"Step {len(STEPS)} of {len(STEPS)}: running the project's commands."
    if "commands before" in steps and not deployment.switching_at:
        return f"Step 2 of {len(STEPS)}: running the project's commands."
    if targets and all(target.status == "proved" for target in targets):
        return "Every server is checked; tidying up."
    at = min((column(deployment, target) for target in (wave.targets if wave else targets)),
             default=1)
    if wave:  # what it needs was copied long ago
        return f"{wave.words}, step {max(at, 2) + 1} of {len(STEPS)}: {STEPS[max(at, 2)]}"
    return f"Step {at + 1} of {len(STEPS)}: {STEPS[at]}"
