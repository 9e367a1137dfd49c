"""Before the switch: look at the pages, learn the path, arm PHP, prepare the strategy."""

from django.utils.translation import gettext_lazy as _lazy

from ...coherence import proof
from ...coherence.site import look_at_pages
from ...coherence.strategies import strategy_of

TOUCH_S = 5
"""Seconds to reach who can be reached, where not every worker need be."""


class Arm:
    """Nothing visitors see changes. On a first release there is nothing to arm."""

    name = "arm"
    verb = _lazy("get ready to check")
    changes_server = False

    def run(self, ctx):
        """Leave every pool armed with the live release and the strategy ready."""
        strategy = strategy_of(ctx)
        if not ctx.truth.previous:
            strategy.check(ctx)
            ctx.say("First release here: nothing is live to compare with")
            return
        if ctx.truth.may_be_switched or ctx.plan.kind == "reload":
            self._touch(ctx, strategy)
            return
        ctx.evidence["pages_before"] = look_at_pages(ctx.site, ctx.plan.pages, say=ctx.say)
        proof.learn(ctx.site, ctx.pools, ctx.target.root, limit_s=ctx.proof_limit_s)
        strategy.check(ctx)
        ctx.evidence["prepared"] = strategy.prepare(ctx)  # may reset: so it comes before arming
        for pool in ctx.pools:
            pool.probe_file = common_class(ctx)
            if strategy.renews:
                proof.touch(pool, limit_s=TOUCH_S)
            else:
                proof.arm(pool, ctx.truth.previous_name, limit_s=ctx.proof_limit_s, say=ctx.say,
                          others=_others(ctx, strategy))

    def _touch(self, ctx, strategy):
        """Nobody knows which release runs: whatever does goes into the caches, to show if stale."""
        proof.learn(ctx.site, ctx.pools, ctx.target.root, limit_s=ctx.proof_limit_s)
        strategy.check(ctx)
        for pool in ctx.pools:
            proof.touch(pool, limit_s=TOUCH_S)


def _others(ctx, strategy):
    """Return the names of releases that PHP may run although `current` names another one.

    Where hands moved `current`, PHP may still run what we left live, and nothing but releasing or
    going back can mend that. The strategy's own evidence that PHP forgot its caches is needed then.
    """
    is_moved = ctx.older and ctx.truth.previous != f"releases/{ctx.older.name}"
    if not (is_moved and strategy.forgets):
        return ()
    ctx.say(f"current was moved by hand: it names {ctx.truth.previous}, and not "
            f"{ctx.older.name}, which was released last. Whichever of our versions PHP runs, "
            f"{strategy.name} makes it forget that")
    return tuple(ctx.built)


def common_class(ctx):
    """Return a class file that both releases have and that is safe to include; "" when none."""
    if ctx.older is None:
        return ""
    both = [path for path in ctx.release.plain_classes if path in ctx.older.plain_classes]
    return both[0] if both else ""
