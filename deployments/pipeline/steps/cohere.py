"""Make PHP execute what `current` names, by the installation's strategy, and wait for it."""

from django.utils.translation import gettext_lazy as _lazy

from ...coherence.strategies import strategy_of
from ...witness_words import ACT, BACK_COHERENT, COHERENT
from .inspect import look_again


class Cohere:
    """Acts on a cache that other sites may share: the runner holds its lock around this."""

    name = "cohere"
    verb = _lazy("make PHP use it on")
    changes_server = True

    def run(self, ctx):
        """Act and wait; the counters go into the evidence.

        A worker that only puts back what another one began has not inspected the server yet.
        """
        if ctx.pools and not ctx.truth.identity:
            look_again(ctx)
        strategy = strategy_of(ctx)
        with ctx.turns.wait(ctx, strategy.turn):
            ctx.mark(ACT)
            ctx.evidence["cache"] = strategy.act(ctx)
        ctx.mark(BACK_COHERENT if "went_back_to" in ctx.evidence else COHERENT)
        ctx.evidence["strategy"] = strategy.name
