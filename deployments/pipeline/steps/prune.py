"""Remove releases that nobody needs any more. Never the live one, nor the one before it."""

from ...errors import OutcomeUnknown, StepFailed


class Prune:
    """A failure here is a log line: the release is live and proved all the same."""

    name = "prune"
    verb = "remove old versions from"
    changes_server = True

    def __init__(self, names):
        self._names = names  # by installation

    def run(self, ctx):
        """Rename old releases to the trash, then remove it."""
        names = self._names.get(ctx.target.installation_id, ())
        try:
            values = ctx.run_script("prune.sh", ctx.paths.root, ctx.fence, *names, timeout_s=300)
        except (StepFailed, OutcomeUnknown) as problem:
            ctx.say(f"Old releases were not removed: {problem}")
            return
        if values.get("removed"):
            ctx.say(f"Removed {values['removed']}")
