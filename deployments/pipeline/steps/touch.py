"""Look at what PHP runs before a server goes back, so that a stale worker shows afterwards."""


from django.utils.translation import gettext_lazy as _lazy

from ... import clock
from ...coherence import proof
from ...errors import StepFailed
from .connect import Connect

LIMIT_S = 5
"""Seconds that visitors of a broken version may wait for us before it goes back."""
AGAIN_S = 0.3
"""An outage may be over in a moment: whoever asks once learns nothing from it."""


class Touch:
    """Puts whatever runs now into every worker's caches.

    Going back must not wait for a site that does not answer: its problems are log lines.
    """

    name = "touch"
    verb = _lazy("look at PHP before going back on")
    changes_server = False

    def run(self, ctx):
        """Arm every pool anew; what it was armed with before counts for the way there alone.

        A pool that could not be asked is asked again up to `LIMIT_S`, whatever stood in the way.
        """
        if not ctx.truth.previous:
            return
        until = clock.monotonic() + LIMIT_S
        try:
            Connect().open(ctx)
            for pool in ctx.pools:
                pool.armed = set()
            self._ask(ctx, until)
        except Exception as problem:
            ctx.say(f"Could not ask PHP before going back: {problem}")

    def _ask(self, ctx, until):
        """Ask pool by pool, those that gave no answer again; StepFailed with their problems."""
        left = list(ctx.pools)
        while left:
            problems = {}
            for pool in left:
                try:
                    proof.learn(ctx.site, [pool], ctx.target.root,
                                limit_s=until - clock.monotonic())
                    proof.touch(pool, limit_s=until - clock.monotonic())
                except StepFailed as problem:
                    problems[pool] = str(problem)
            left = list(problems)
            if left and clock.monotonic() + AGAIN_S >= until:
                raise StepFailed(" ".join(problems.values()))
            clock.sleep(AGAIN_S if left else 0)
