"""Going back: cleaning up before the switch, putting every switched server back after it."""

from dataclasses import replace

from django.conf import settings

from ..errors import StepFailed
from . import locks, words
from .context import Release
from .steps.cohere import Cohere
from .steps.copy import Copy
from .steps.prove import Prove
from .steps.put_back import PutBack
from .steps.restart_again import RestartAgain
from .steps.take_away import TakeAway
from .steps.touch import Touch


def clean_up(run):
    """Before the first switch: take the copied release away again, where one was copied.

    Where a worker was lost, something of it may still run. The servers' rows keep the step that
    they stopped in.
    """
    followed = run.deployment.attempts > 1 and run.deployment.kind != "reload"
    begun = [ctx for ctx in run.contexts
             if Copy().may_be_begun(ctx) or (followed and "was_placed" in ctx.evidence)]
    if not begun:
        return
    try:
        run.record.intend(TakeAway(), begun)
        run.record.conclude(TakeAway(), run.work(TakeAway(), begun))
    except StepFailed as problem:  # out of time: nothing changed for visitors all the same
        run.journal.say(f"The copied version was left where it is: {problem}")


def put_back(run, *, cause, status="failed"):
    """Put every server back that was or may have been switched; then end the deployment.

    In reverse order; then made coherent and proved on the release before. What cannot be reached
    or proved leaves it in `needs_attention`, the environment held. StepFailed when it took too
    long, or another site keeps the cache's lock.
    """
    touched = [ctx for ctx in run.contexts if ctx.truth.may_be_switched]
    if not touched:
        clean_up(run)
        run.record.skipped()
        run.end_unswitched(status, cause)
        return
    locks.take(run.claim, run.plan, tick=run.tick, limit_s=settings.PROOF_LIMIT_S,
               say=run.journal.say)
    run.step(Touch(), touched)
    outcomes = []
    for ctx in reversed(touched):
        outcomes += run.step(PutBack(), [ctx])
    outcomes = _prove_again(run, outcomes)
    stuck = [outcome for outcome in outcomes if outcome.verdict != "done"]
    left = "" if stuck else _restart_again(run, [outcome.ctx for outcome in outcomes])
    for outcome in outcomes:
        if outcome.verdict == "done":
            run.record.reverted(outcome.ctx, "")
        else:
            run.record.stuck(outcome.ctx, outcome.problem)
    run.record.skipped()
    if stuck:
        names = [outcome.ctx.target.server for outcome in stuck]
        told = [cause]
        told += [o.problem for o in stuck if o.problem not in cause]  # mostly it is the cause
        waiting = words.programs_wait(run.deployment) if any(map(_restarted, run.contexts)) else ""
        run.end("needs_attention", words.undecided(names, " ".join(told)) + waiting, cause=cause)
        return
    others = [ctx.target.server for ctx in run.contexts if not ctx.truth.may_be_switched]
    run.end(status, words.went_back(run.deployment, touched, cause, others=others) + left,
            cause=cause)


def _restart_again(run, contexts):
    """Restart what commands restarted; return what is to be said of those that may be left.

    Visitors are served, whatever becomes of it, so it changes no server's state. It waits until no
    server is stuck: somebody may decide to finish instead.
    """
    begun = [ctx for ctx in contexts if _restarted(ctx)]
    if not begun:
        return ""
    step = RestartAgain()
    try:
        run.record.intend(step, begun)
        outcomes = run.work(step, begun)
        run.record.conclude(step, outcomes)
    except StepFailed as problem:  # out of time
        return words.programs_left(run.deployment, [ctx.target.server for ctx in begun], [problem])
    bad = [outcome for outcome in outcomes if outcome.verdict != "done"]
    return words.programs_left(
        run.deployment, [outcome.ctx.target.server for outcome in bad],
        [outcome.problem for outcome in bad]) if bad else ""


def _restarted(ctx):
    return bool(ctx.evidence.get("restarted"))


def _prove_again(run, outcomes):
    """Cohere and prove on the release before, where one was; return the worst per target."""
    done = [outcome for outcome in outcomes if outcome.verdict == "done"]
    rest = [outcome for outcome in outcomes if outcome.verdict != "done"]
    backs = [_looking_back(outcome.ctx) for outcome in done if outcome.ctx.truth.previous]
    firsts = [outcome for outcome in done if not outcome.ctx.truth.previous]
    for step in (Cohere(), Prove()):
        results = run.step(step, backs)
        rest += [outcome for outcome in results if outcome.verdict != "done"]
        backs = [outcome.ctx for outcome in results if outcome.verdict == "done"]
    return rest + firsts + [outcome for outcome in results if outcome.verdict == "done"]


def _looking_back(ctx):
    """The same server, with the release before as the one that must be proved."""
    older = ctx.older if ctx.older and ctx.older.name == ctx.truth.previous_name else None
    return replace(ctx, release=older or Release(ctx.truth.previous_name), older=ctx.release,
                   evidence={**ctx.evidence, "went_back_to": ctx.truth.previous_name})
