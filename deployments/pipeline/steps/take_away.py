"""Remove what was copied for nothing, and end what a lost worker left running."""

from django.utils.translation import gettext_lazy as _lazy

from .connect import Connect
from .copy import Copy


class TakeAway:
    """Before the switch only: nobody's pages come from it."""

    name = "take away"
    verb = _lazy("clean up on")
    changes_server = True

    def run(self, ctx):
        """Move the copied release to the trash and remove it."""
        Connect().open(ctx)
        Copy().undo(ctx)
