"""Whether PHP runs what `current` names: one question to each pool, far less than a proof."""

from .. import clock
from ..coherence.learn import learn_prefix
from ..coherence.proof import differs
from ..errors import NotConfirmed, OutcomeUnknown, StepFailed
from ..paths import DeployPaths
from ..remote.faults import RemoteFault

PATIENCE_S = 10
"""How long a busy pool is waited for: the next look comes soon."""


def ask_pools(ctx, release_name):
    """Return ({pool: what it runs instead}, notes on pools that could not be asked).

    Never more than one worker of a pool is held, and nothing is written on the server, but for
    the nonce of a request through the guarded endpoint.
    """
    ctx.site.questions = _NoQuestions()
    wrong, notes = {}, []
    for pool in ctx.pools:
        try:
            if words := _ask(ctx, pool, release_name):
                wrong[pool.name] = words
        except (StepFailed, NotConfirmed, OutcomeUnknown, RemoteFault) as fault:
            notes.append(f"PHP was not asked: {fault}")
    return wrong, notes


def _ask(ctx, pool, name):
    """Return “” when the pool runs the release, else what it does, in words."""
    root = ctx.paths.root
    real, until = DeployPaths(root).release(name), clock.monotonic() + PATIENCE_S
    try:
        prefix = learn_prefix(ctx.site, pool, root, until=until)
    except StepFailed:
        if not pool.has_entry:
            raise
        prefix = real  # the entry reads the link for each request
    if prefix not in (f"{root}/current", real):
        return f"is handed {prefix} by the web server"
    answer = pool.ask("probe", until=until, files=[], hold_ms=0,
                      marker=f"{prefix}/.releasemgr/marker.php")
    other = differs(answer, name)
    return f"runs {other}" if other else ""


class _NoQuestions:
    """In place of entry.Questions, which writes on the server."""

    def ask(self):
        raise StepFailed("the entry outside the versions is not asked by a look")
