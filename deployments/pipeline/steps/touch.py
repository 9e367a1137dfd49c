"""Look at what PHP runs before a server goes back, so that a stale worker shows afterwards."""


from ... import clock
from ...coherence import proof
from .connect import Connect

LIMIT_S = 5
"""Seconds that visitors of a broken version may wait for us before it goes back."""


class Touch:
    """Puts whatever runs now into every worker's caches.

    Going back must not wait for a site that does not answer: its problems are log lines.
    """

    name = "touch"
    verb = "look at PHP before going back on"
    changes_server = False

    def run(self, ctx):
        """Arm every pool anew; what it was armed with before counts for the way there alone."""
        if not ctx.truth.previous:
            return
        until = clock.monotonic() + LIMIT_S
        try:
            Connect().open(ctx)
            for pool in ctx.pools:
                pool.armed = set()
            for pool in ctx.pools:
                proof.learn(ctx.site, [pool], ctx.target.root, limit_s=until - clock.monotonic())
            for pool in ctx.pools:
                proof.touch(pool, limit_s=until - clock.monotonic())
        except Exception as problem:
            ctx.say(f"Could not ask PHP before going back: {problem}")
