"""Point `current` back at what it named before this deployment."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ...errors import StepFailed
from ...witness_words import BACK
from .. import assets
from .connect import Connect
from .switch import Switch

FORWARD = ("pools", "pages", "static", "link", "cache", "strategy", "release")
"""Parts of the evidence that speak of the release the server is taken back from."""


class PutBack:
    """What was proved on the way there counts no more."""

    name = "put back"
    verb = _lazy("put back")
    changes_server = True

    def run(self, ctx):
        """StepFailed when nobody knows what was live before."""
        for name in FORWARD:
            ctx.evidence.pop(name, None)
        ctx.evidence["was_put_back"] = True
        Connect().open(ctx)
        if not ctx.truth.is_known:
            raise StepFailed(_("{server}: what was live before was never read.").format(
                server=ctx.target.server))
        ctx.mark(BACK)
        Switch().undo(ctx)
        if ctx.truth.previous == f"releases/{ctx.truth.previous_name}":  # now nobody waits for it
            assets.keep(ctx, left=ctx.release, into=ctx.truth.previous_name)
