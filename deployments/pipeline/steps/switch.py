"""Point `current` at the release, atomically, on one server. The point of no return."""

from django.utils.translation import gettext_lazy as _lazy

from ...witness_words import SWITCH

LIMIT_S = 40
"""Enough to wait for the lock, then for a command of the project to end; see lock.sh."""


class Switch:
    """Reversible. Two commands at most: one there, one back."""

    name = "switch"
    verb = _lazy("switch")
    changes_server = True

    def run(self, ctx):
        """Switch; afterwards visitors' new requests resolve to the new release."""
        ctx.truth.may_be_switched = True
        ctx.mark(SWITCH)
        target = f"releases/{ctx.release.name}"
        values = ctx.run_script(
            "switch.sh", ctx.paths.root, ctx.fence, target, ctx.truth.previous, timeout_s=LIMIT_S)
        ctx.evidence["switched_at_ms"] = int(values["epoch_ms"])
        ctx.say(f"current now points at {values['current']}")

    def undo(self, ctx):
        """Point `current` back at what it named before (no link at all on a first release)."""
        expected = f"releases/{ctx.release.name}"
        values = ctx.run_script(
            "switch.sh", ctx.paths.root, ctx.fence, ctx.truth.previous, expected, timeout_s=LIMIT_S)
        ctx.say(f"current points at {values['current'] or 'nothing'} again")
