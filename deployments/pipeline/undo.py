"""Going back: cleaning up before the switch, putting every switched server back after it."""

from dataclasses import replace

from django.conf import settings

from ..coherence import proof
from ..errors import StepFailed
from . import locks, words
from .context import Release
from .crew import run_step
from .flows import SWITCH
from .steps.cohere import Cohere
from .steps.connect import Connect
from .steps.copy import Copy
from .steps.prove import Prove


class PutBack:
    """Point `current` back, after putting whatever runs now into every worker's caches."""

    name = "put back"
    verb = "put back"
    changes_server = True

    def run(self, ctx):
        Connect().open(ctx)
        if not ctx.truth.is_known:
            raise StepFailed(f"{ctx.target.server}: what was live before was never read.")
        if ctx.truth.previous:
            self._touch(ctx)
        SWITCH.undo(ctx)

    def _touch(self, ctx):
        try:
            proof.learn(ctx.site, ctx.pools, ctx.target.root)
            for pool in ctx.pools:
                proof.touch(pool, limit_s=5)
        except Exception as problem:
            # Going back must not wait for a site that does not answer; the proof afterwards does.
            ctx.say(f"Could not ask PHP before going back: {problem}")


def clean_up(run):
    """Before the first switch: take the copied release away again. Problems are log lines."""
    contexts = [ctx for ctx in run.contexts if ctx.connection and ctx.truth.is_known]
    run_step(_take_away, contexts, tick=run.tick)


def _take_away(ctx):
    Connect().open(ctx)
    Copy().undo(ctx)


def put_back(run, *, cause, status="failed"):
    """Put every server back that was or may have been switched; then end the deployment.

    In reverse order; then made coherent and proved on the release before. What cannot be reached
    or proved leaves it in `needs_attention`, the environment held. StepFailed when it took too
    long, or another site keeps the cache's lock.
    """
    touched = [ctx for ctx in run.contexts if ctx.truth.may_be_switched]
    if not touched:
        run.record.skipped()
        run.end(status, words.unchanged(run.deployment, run.contexts, cause), cause=cause)
        return
    locks.take(run.claim, run.plan, tick=run.tick, limit_s=settings.PROOF_LIMIT_S)
    outcomes = []
    for ctx in reversed(touched):
        outcomes += run.step(PutBack(), [ctx])
    outcomes = _prove_again(run, outcomes)
    stuck = [outcome for outcome in outcomes if outcome.verdict != "done"]
    for outcome in outcomes:
        if outcome.verdict == "done":
            run.record.reverted(outcome.ctx, "")
        else:
            run.record.stuck(outcome.ctx, outcome.problem)
    run.record.skipped()
    if stuck:
        names = [outcome.ctx.target.server for outcome in stuck]
        reasons = " ".join(outcome.problem for outcome in stuck)
        run.end("needs_attention", words.undecided(names, cause),
                       cause=f"{cause} {reasons}")
        return
    run.end(status, words.went_back(run.deployment, touched, cause), cause=cause)


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
