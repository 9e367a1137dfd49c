"""Remove a release that was copied for nothing."""

from .connect import Connect
from .copy import Copy


class TakeAway:
    """Before the switch only: nobody's pages come from it."""

    name = "take away"
    verb = "take the copied version away from"
    changes_server = True

    def run(self, ctx):
        """Move it to the trash and remove it."""
        Connect().open(ctx)
        Copy().undo(ctx)
