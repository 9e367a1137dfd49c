"""Read the server before anything else: what is live, is there room, are shared files there."""

import math

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ... import clock
from ...errors import StepFailed

SPARE_KB = 10 * 1024
SKEW_S = 30


class Inspect:
    """Takes the fence, prepares our own folder, and finds out what `current` names."""

    name = "inspect"
    verb = _lazy("look at")
    changes_server = True

    def run(self, ctx):
        """Fill `ctx.truth`. StepFailed in the server's own words when it cannot take a release."""
        plan = ctx.plan
        values = ctx.run_script(
            "inspect.sh", ctx.paths.root, ctx.fence, ctx.release.name, plan.digest,
            *self._room(plan), ctx.control_name, ctx.control_php, *self._entries(plan))
        truth = ctx.truth
        if not truth.is_known:
            truth.previous, truth.is_known = values["previous"], True
            truth.previous_name = values["previous_marker"]
        truth.was_placed = values["placed"] == "1"
        ctx.evidence.setdefault("was_placed", truth.was_placed)  # before a lost worker copied it
        _know_machine(ctx, values)
        ctx.site.release_name = truth.previous_name
        if truth.previous and not truth.previous_name:
            raise StepFailed(
                _("{server}: {current} names {previous}, where no version lies, so there "
                  "would be no way back. Let it name one that is there, or remove it, then "
                  "release again.").format(
                    server=ctx.target.server, current=ctx.paths.current,
                    previous=truth.previous))
        if plan.kind == "reload" and truth.previous != f"releases/{ctx.release.name}":
            raise StepFailed(
                _("{server}: current names {previous}, although {release} should be live. Release "
                  "or go back instead.").format(
                    server=ctx.target.server, previous=truth.previous or _("nothing"),
                    release=ctx.release.name))
        skew = abs(clock.now_s() - int(values["epoch"]))
        if skew > SKEW_S and ctx.target.php_door == "endpoint":
            raise StepFailed(
                _("{server}'s clock differs by {skew:.0f} s from ours: set it right, or the "
                  "guarded endpoint refuses our requests.").format(
                    server=ctx.target.server, skew=skew))
        ctx.say(f"Live: {values['previous'] or 'nothing yet'}; {values['free_kb']} KB and "
                f"{values['free_inodes']} files free")

    def _room(self, plan):
        """KB and inodes the release needs there: its archive's content twice, and some."""
        if plan.kind == "reload":
            return 0, 0
        return math.ceil(plan.size_bytes / 1024) * 2 + SPARE_KB, plan.files + 100

    def _entries(self, plan):
        return [part for sort, path in plan.entries if sort != "asset" for part in (sort, path)]


def look_again(ctx):
    """Return what inspect.sh says now, without asking for room; the machine is known from it."""
    values = ctx.run_script("inspect.sh", ctx.paths.root, ctx.fence, "", "", 0, 0,
                            ctx.control_name, ctx.control_php)
    _know_machine(ctx, values)
    return values


def _know_machine(ctx, values):
    """From now on every answer of a pool must come from the machine that inspect.sh ran on."""
    ctx.truth.identity = values["identity"]
    for pool in ctx.pools:
        pool.identity = ctx.truth.identity
