"""Stream the archive in, check it against the manifest there, and put it into `releases/`."""

from django.utils.translation import gettext_lazy as _lazy

from ...errors import StepFailed
from .. import assets, intact


class Copy:
    """Idempotent: a release that lies there already, complete and unchanged, is not sent again."""

    name = "copy"
    verb = _lazy("copy the version to")
    changes_server = True

    def run(self, ctx):
        """Leave `releases/NAME` complete on the server, shared entries linked.

        StepFailed when one that lay there before was changed by hand.
        """
        if ctx.truth.was_placed:
            if not self.may_be_begun(ctx):  # else a worker of this deployment copied it
                intact.check(ctx)
            if ctx.older and ctx.truth.previous == f"releases/{ctx.older.name}":
                assets.keep(ctx, left=ctx.older, into=ctx.release.name)
            return
        self._send(ctx)
        plan = ctx.plan
        values = ctx.run_script(
            "place.sh", ctx.paths.root, ctx.fence, ctx.release.name, plan.digest,
            plan.file_epoch, plan.commit_sha, ctx.target.web_group, ctx.truth.previous,
            assets.lists(ctx),
            *[part for entry in plan.entries for part in entry], timeout_s=300)
        ctx.say(f"Copied and checked: {values['digest'][:12]}, {values['linked']} shared entries "
                f"linked, {values['assets']} older assets kept")

    def may_be_begun(self, ctx):
        """Whether this deployment may have begun to copy the release there."""
        return ctx.plan.kind != "reload" and ctx.evidence.get("was_placed") is False

    def undo(self, ctx):
        """Take the copied release away again, and end what still runs for this deployment."""
        names = [ctx.release.name] if self.may_be_begun(ctx) else []
        ctx.run_script("prune.sh", ctx.paths.root, ctx.fence, *names)

    def _send(self, ctx):
        if not ctx.release.archive.is_file():
            raise StepFailed(_MISSING[ctx.release.is_kept_elsewhere])
        with ctx.release.archive.open("rb") as archive:
            ctx.run_script("unpack.sh", ctx.paths.root, ctx.fence, ctx.release.name,
                           stdin=archive, timeout_s=900)


_MISSING = {
    False: _lazy("What was built of this version is gone from the release manager, and it is not "
                 "on the servers. Build that commit again and release it."),
    True: _lazy("What was built of this version is on another worker's machine, which gives no "
                "sign of life. Start the worker there and try again, or build that commit again "
                "and release it."),
}
