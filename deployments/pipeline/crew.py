"""One step on all targets at the same time: threads work, the caller's thread keeps the clock.

Threads hold plain values and never touch the database. The caller's `tick` (lease, journal,
deadline) runs every `TICK_S` while they work.
"""

import contextlib
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from ..errors import OutcomeUnknown, StepFailed

TICK_S = 0.1


@dataclass(frozen=True)
class Outcome:
    """How a step ended on one target: "done", "failed", "unknown" or "errored", and why."""

    ctx: object
    verdict: str
    problem: str = ""


def run_step(call, contexts, *, tick, beat, threads=ThreadPoolExecutor):
    """Run `call(ctx)` for every context; return their Outcomes, in the order given.

    What `tick` raises ends the step: the connections are closed, so that the threads end soon;
    `beat` alone (the lease) goes on until they have. Nothing of ours runs on after this returned.
    """
    with threads(max(1, len(contexts))) as pool:
        futures = [pool.submit(_outcome, call, ctx) for ctx in contexts]
        try:
            while wait(futures, timeout=TICK_S).not_done:
                tick()
        except BaseException:
            _see_out(futures, contexts, beat)
            raise
    tick()
    return [future.result() for future in futures]


def _see_out(futures, contexts, beat):
    for ctx in contexts:
        if ctx.connection:
            ctx.connection.close()
    while wait(futures, timeout=TICK_S).not_done:
        with contextlib.suppress(Exception):  # the reason why we end is on its way already
            beat()


def _outcome(call, ctx):
    try:
        call(ctx)
    except StepFailed as problem:
        if ctx.connection and not ctx.connection.alive():  # it may have failed because of that
            ctx.say(f"Cannot tell, the connection was lost: {problem}")
            return Outcome(ctx, "unknown", str(problem))
        ctx.say(f"Failed: {problem}")
        return Outcome(ctx, "failed", str(problem))
    except OutcomeUnknown as problem:
        ctx.say(f"Cannot tell: {problem}")
        return Outcome(ctx, "unknown", str(problem))
    except Exception as problem:
        ctx.say(f"Our fault: {type(problem).__name__}: {problem}")
        return Outcome(ctx, "errored", f"{type(problem).__name__}: {problem}")
    return Outcome(ctx, "done")
