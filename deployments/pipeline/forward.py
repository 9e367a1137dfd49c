"""Going forward: preparing all servers, then making them live wave by wave.

Between two steps people are listened to, and a worker that is to end hands over.
"""

from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from .. import clock
from ..errors import HandedOver, StopRequested, TurnBackRequested
from ..models import Deployment
from ..waves import joined
from . import handover, locks, undo, witnesses, words
from .flows import ARM_AGAIN, finish, go_live, prepare
from .pruning import prune

PAUSE_TICK_S = 0.2


def go_forward(run):
    """Take the run to its end, or to the first step that fails.

    StepFailed when a deadline passes, or visitors met more than is allowed. TurnBackRequested when
    a person wants to go back instead, HandedOver when this worker ends.
    """
    try:
        done = _prepare(run) and all(
            _wave(run, number, contexts) for number, contexts in enumerate(_waves(run)))
        done = done and _all(run, finish(run.plan), run.contexts)
    except StopRequested as stop:
        _stop(run, _("Stopped by {stop}.").format(stop=stop))
        return
    if done:
        witnesses.judge(run)
        seen = witnesses.said(run)
        prune(run)
        run.end("succeeded", words.live(run.plan, run.deployment, run.contexts) + seen)


def _stop(run, cause):
    """Nothing is switched; where a command began that cannot be undone, a person decides."""
    undoable = run.irreversible()
    if undoable:
        run.end("needs_attention", words.irreversible(undoable, cause), cause=cause)
        return
    undo.clean_up(run)
    run.record.skipped()
    run.end("cancelled", _("{cause} Nothing was changed for visitors.").format(cause=cause))


def _prepare(run):
    return _all(run, prepare(run.plan), run.contexts)


def _all(run, steps, contexts):
    """Run these steps, until one does not end well anywhere; return whether all did."""
    for step in steps:
        if step.name != "cohere" or run.plan.kind == "reload":
            _listen(run)  # not after a switch: visitors wait for what makes PHP follow it
        if step.name == "arm":
            _take_locks(run)
        if step.name == "switch" and not _pass_return(run):
            raise StopRequested(run.claim.asked()["stop_requested_by_name"])
        run.was_reloaded = run.was_reloaded or step.name == "cohere"
        if not run.is_done(run.step(step, contexts)):
            return False
    return True


def _waves(run):
    """Return the contexts of each wave, in the plan's order."""
    by_installation = {ctx.target.installation_id: ctx for ctx in run.contexts}
    return [[by_installation[pk] for pk in wave] for wave in run.plan.waves]


def _wave(run, number, contexts):
    steps = go_live(run.plan)
    if number:
        _pause(run)
        steps = (ARM_AGAIN, *steps)
    if len(run.plan.waves) > 1:
        run.journal.say(_("Wave {number} of {waves}: ").format(
            number=number + 1, waves=len(run.plan.waves))
                        + joined([ctx.target.server for ctx in contexts]))
    witnesses.begin(run, contexts)
    if not _all(run, steps, contexts):
        return False
    witnesses.settle(run, lambda: _listen(run))
    return True


def _pause(run):
    """Leave the servers that are live to visitors for a while; other sites may have the caches."""
    pause_s = run.plan.wave_pause_s
    if not pause_s:
        return
    run.journal.say(f"Waiting {pause_s} s before the next servers follow")
    run.claim.patiently(lambda: locks.give_back(run.claim))
    run.until += pause_s
    until = clock.monotonic() + pause_s
    while clock.monotonic() < until:
        run.tick()
        _listen(run)
        clock.sleep(PAUSE_TICK_S)


def _take_locks(run):
    """Hold the caches' locks from arming on.

    Another site's reset between arming and the proof would make both worth nothing.
    """
    def tick():
        run.tick()
        _listen(run)

    locks.take(run.claim, run.plan, tick=tick, say=run.journal.say,
               limit_s=settings.DEPLOYMENT_LIMIT_S / 2)


def _listen(run):
    """Raise what people asked for meanwhile, or that this worker is to end."""
    asked = run.claim.asked()
    if asked["decision"] == Deployment.PUT_BACK:
        raise TurnBackRequested(words.decided_back(asked["decided_by_name"]))
    by = asked["stop_requested_by_name"]
    if by and not (run.may_be_switched() or run.was_reloaded):
        raise StopRequested(by)
    if handover.is_asked():
        raise HandedOver


def _pass_return(run):
    """Whoever is first wins: the stop or the switch."""
    rows = run.claim.rows().filter(stop_requested_by_name="")
    return run.claim.patiently(lambda: rows.update(switching_at=Now())) == 1
