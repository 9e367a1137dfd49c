"""What a deployment says of itself in one sentence, and how soon to ask again."""

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy
from ..services.agreeing import tally
from ..services.asking import who_is_asked
from ..services.clusters import is_at_work
from ..services.gates import why_not
from ..services.line import turn_words, who_decides
from ..services.planned import is_time_come
from ..waves import either
from .progress_table import STEPS, column, is_going_back
from .progress_waiting import waiting_sentence
from .progress_waves import pause_sentence, wave_now
from .workers import nobody_works

SLOW_S, SILENT_S = 10, 60
"""After so long in line the page says that it is slow, then whether anybody is at work."""


def next_ms(deployment, *, is_more=False):
    """Milliseconds until the page should ask again; None when nothing will change any more."""
    if is_more:
        return 50
    if not deployment.is_open:
        return None
    return {"running": 500, "queued": 500, "waiting_for_build": 1000}.get(deployment.status, 2000)


def step_sentence(deployment, actor):
    """“Step 3 of 5: Switch”, or what it waits for, as `actor` reads it; "" when it has ended."""
    if deployment.status == "waiting_turn":
        return turn_words(deployment, actor)
    if deployment.needs_a_person:
        return _deciding(deployment, actor)
    if deployment.status == "awaiting_approval":
        return _approving(deployment, actor)
    describe = {
        "waiting_for_build": _building, "approved": _approved, "scheduled": _planned,
        "queued": _in_line, "running": _running,
    }.get(deployment.status)
    return describe(deployment) if describe else ""


def _building(deployment):
    what = deployment.release.title
    if deployment.release.status == "pending":
        return _("Step 1 of 5: {steps} - {what} is in line to be built.").format(
            steps=STEPS[0], what=what)
    return _("Step 1 of 5: {steps} - {what} is being built.").format(steps=STEPS[0], what=what)


def _approving(deployment, actor):
    asked, shares = who_is_asked(deployment), tally(deployment).shares
    sets_up = bool(policy.may_set_up(actor, deployment.environment.project))
    said = [_approving_by(share, asked, actor, sets_up=sets_up) for share in shares]
    if len(said) == 1:
        return said[0]
    names = [f"“{share.rule.name}”" if share.rule.name else number
             for number, share in enumerate(shares, start=1)]
    return " ".join(_("Rule {name}: {words}").format(
        name=name, words=words) for name, words in zip(names, said, strict=True))


def _approving_by(share, asked, actor, *, sets_up):
    members = {user.pk for user in policy.members_of(share.rule)}
    names = [_("You")] if any(user == actor.user for user in asked if user.pk in members) else []
    names += [policy.name_of(user) for user in asked
              if user.pk in members and user != actor.user]
    needed = share.rule.people_needed
    have = _(" {people} of {needed} said yes.").format(
        people=len(share.people), needed=needed) if needed > 1 or share.people else ""
    if not names and sets_up:
        return _("Nobody can approve it: name an approver where the environment is set up."
                 "{have}").format(have=have)
    if not names:
        return _("Nobody can approve it: ask an administrator to name an approver.{have}").format(
            have=have)
    return _("{names} can approve it.{have}").format(names=either(names), have=have)


def _approved(deployment):
    return (_("Everybody agreed who had to. {requested_by_name}, or whoever may release here, "
              "starts it.").format(requested_by_name=deployment.requested_by_name))


def _planned(deployment):
    words = (_("It starts {slot_words}. Until then it holds {environment}: stop it to let others "
               "release there.").format(
        slot_words=deployment.slot_words, environment=deployment.environment.name))
    why = why_not(deployment, at=timezone.now()) if is_time_come(deployment) else ""
    return _("{words} It waits: {why}").format(words=words, why=why) if why else words


def _deciding(deployment, actor):
    """Who can decide, for those who cannot: their page has no button."""
    if policy.may_decide(actor, deployment):
        return ""
    names = either(who_decides(deployment.environment)) or _("Nobody")
    return _("{names} can decide how it goes on.").format(names=names)


def _in_line(deployment):
    waited_s = (timezone.now() - _queued_at(deployment)).total_seconds()
    if waited_s > SILENT_S and is_at_work():
        return _("In line. The worker is busy with other releases. Your request is kept.")
    if waited_s > SILENT_S:
        return _("The release worker is not answering. Your request is kept.")
    if waited_s > SLOW_S:
        return _("In line. The worker has not picked it up yet (usual: under 1 s).")
    return _("It starts in a moment.")


def _given_back(deployment, at_once=""):
    """What one without an owner waits for; its lease ended when it was handed over or decided."""
    waited_s = (timezone.now() - deployment.lease_until).total_seconds()
    if waited_s > SILENT_S and is_at_work():
        return _("In line. The worker is busy with other releases.")
    if waited_s > SILENT_S:
        return _("The release worker is not answering. It goes on from here when one is there.")
    return _("In line. No worker has taken it over yet.") if waited_s > SLOW_S else \
        at_once or _("In line.")


def _queued_at(deployment):
    """When it came into the line: the newest of what it had to wait for."""
    times = [deployment.requested_at, deployment.release.built_at, deployment.planned_for]
    times += deployment.approvals.values_list("answered_at", flat=True)
    times.append(deployment.environment.deployments.aggregate(last=Max("finished_at"))["last"])
    return max(time for time in times if time)


def _running(deployment):
    asked = _asked(deployment)
    if deployment.is_worker_lost:
        how = _("It reads every server first, and goes on from what is true there.")
        return _("{asked}; the next worker does it.").format(asked=asked) if asked else how
    if not deployment.owner:
        return _without_owner(deployment, asked)
    if deployment.is_going_back:
        doing = _going_back(deployment)
    else:
        doing = _("{asked}; it stops at the next step.").format(
            asked=asked) if asked else _going_on(deployment)
    waits = waiting_sentence(deployment)
    return f"{doing.rstrip('.')}. {waits}" if waits else doing


def _asked(deployment):
    """What somebody asked of the worker and is not done yet; ""."""
    if deployment.stop_requested_by_name and not deployment.switching_at:
        return _("{stop_requested_by_name} asked to stop").format(
            stop_requested_by_name=deployment.stop_requested_by_name)
    if deployment.decision == deployment.PUT_BACK:
        return _("{decided_by_name} wants it back{to_before}").format(
            decided_by_name=deployment.decided_by_name, to_before=_to_before(deployment))
    return ""


def _without_owner(deployment, asked):
    """It was decided, or handed over, and nobody has taken it up."""
    if deployment.decision:
        sentence = _("{decided_by} decided to finish. {given_back}") \
            if deployment.decision == deployment.FINISH else \
            _("{decided_by} decided to put all back. {given_back}")
        return sentence.format(decided_by=deployment.decided_by_name,
                               given_back=_given_back(deployment))
    at_once = _("In line: it goes on when a worker is there.") if nobody_works() else (
        _("In line: another worker takes it over in a moment."))
    words = _given_back(deployment, at_once)
    return f"{asked}. {words}" if asked else words


def _going_back(deployment):
    by_person = deployment.decision == deployment.PUT_BACK
    if by_person and not any(map(is_going_back, deployment.targets.all())):
        return _("{asked}; it turns at the next step.").format(asked=_asked(deployment))
    why = (
        _("{decided_by_name} wants it back").format(decided_by_name=deployment.decided_by_name)
        if by_person
        else _("Something went wrong")
    )
    return _("{why}: putting every server back{to_before}.").format(
        why=why, to_before=_to_before(deployment))


def _to_before(deployment):
    return _(" to {before_title}").format(
        before_title=deployment.before_title) if deployment.before_title else ""


def _going_on(deployment):
    """Where it is; first that somebody goes back, which the state's words do not tell."""
    doing = _going_forward(deployment)
    if deployment.kind != deployment.ROLLBACK:
        return doing
    return _("Going back to {version}. {doing}").format(
        version=deployment.release.title, doing=doing)


def _going_forward(deployment):
    targets, wave = list(deployment.targets.all()), wave_now(deployment)
    pause = pause_sentence(deployment, wave) if wave else ""
    if pause:
        return pause
    steps = {target.step for target in targets}
    if wave and steps <= {"connect", "inspect", "examine", "copy"}:  # another worker took it over
        return _("Reading every server first, to go on from what is true there.")
    if "commands after" in steps:
        return _("Step {steps} of {steps}: running the project's commands.").format(
            steps=len(STEPS))
    if "commands before" in steps and not deployment.switching_at:
        return _("Step 2 of {steps}: running the project's commands.").format(steps=len(STEPS))
    if targets and all(target.status == "proved" for target in targets):
        if deployment.plan.get("after"):
            return _("Every server is checked; the project's commands follow.")
        if deployment.plan.get("witness", {}).get("rate"):
            return _("Every server is checked; test visits go on for a few seconds.")
        return _("Every server is checked; tidying up.")
    at = min((column(deployment, target) for target in (wave.targets if wave else targets)),
             default=1)
    if wave:
        at = max(at, 2)  # what it needs was copied long ago
        return _("{wave}, step {number} of {steps}: {step}").format(
            wave=wave.words, number=at + 1, steps=len(STEPS), step=STEPS[at])
    return _("Step {number} of {steps}: {step}").format(
        number=at + 1, steps=len(STEPS), step=STEPS[at])
