"""Remove releases that nobody needs any more. Never the live one, nor the one before it."""

from django.utils.translation import gettext_lazy as _lazy

from ... import clock
from ...coherence import fpm, warm
from ...errors import OutcomeUnknown, StepFailed

UNLIMITED_S = 3600
"""Where PHP tells no ages and sets no limit, a request is taken to have ended after so long."""


class Prune:
    """A failure here is a log line: the release is live and proved all the same.

    `names` gives for each installation {release: when it was last live there, epoch seconds}.
    """

    name = "prune"
    verb = _lazy("remove old versions from")
    changes_server = True

    def __init__(self, names):
        self._names = names

    def run(self, ctx):
        """Take them out of OPcache, rename them to the trash, then remove it.

        One that a request still running may have begun with stays until the next deployment.
        The evidence `removed` names those that are gone, so that none is removed twice.
        """
        names = self._names.get(ctx.target.installation_id, {})
        try:
            gone = _without_visitors(ctx, names) if names else []
            self._forget(ctx, gone)
            values = ctx.run_script("prune.sh", ctx.paths.root, ctx.fence, *gone, timeout_s=300)
        except (StepFailed, OutcomeUnknown) as problem:
            ctx.say(f"Old releases were not removed: {problem}")
            return
        if values.get("removed"):
            ctx.evidence["removed"] = values["removed"].split()
            ctx.say(f"Removed {values['removed']}")

    def _forget(self, ctx, names):
        """Files must still be there: PHP before 8.1 forgets no file that is gone."""
        keep = f"{ctx.target.root}/releases/{ctx.release.name}"
        for pools in fpm.by_master(ctx.pools).values() if names else ():
            try:
                warm.invalidate(ctx, pools[0], names, keep=keep)
            except Exception as problem:  # memory alone; the release is live and proved
                ctx.say(f"Old releases stay in OPcache: {problem}")


def _without_visitors(ctx, names):
    """Return those that no request which runs now can have begun with."""
    longest_s = max((_longest_s(pool) for pool in ctx.pools), default=0)
    now_s = clock.now_s()
    stays = [name for name, last_live in names.items() if now_s - last_live <= longest_s + 1]
    if stays and longest_s:
        ctx.say(f"{', '.join(stays)} stays for now: a request that may use it has been running "
                f"for {longest_s:.0f} s")
        return [name for name in names if name not in stays]
    return list(names)


def _longest_s(pool):
    """Return how long ago a request that still runs in the pool may have begun."""
    status = pool.status()
    if status["pool"]["manager"] == "prefork":  # Apache tells no ages
        return int(status["ini"].get("max_execution_time") or 0) or UNLIMITED_S
    return fpm.running_s(status)
