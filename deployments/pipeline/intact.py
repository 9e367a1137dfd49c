"""Whether a version that lies on a server is as it was built, before it goes live again.

It cannot be copied anew into its folder: OPcache knows files by their paths, and would go on with
what they were. A version that is built again gets a folder of its own.
"""

import base64

from django.utils.translation import gettext as _

from ..drift_words import GRAVE
from ..errors import OutcomeUnknown, StepFailed
from .drift_records import Wanted, compare

LIMIT_S = 120
MARGIN_S = 120
"""Clocks of file systems lag behind, and may be put back a little."""
FOR_EVER = 2**33
SHOWN = 3


def check(ctx):
    """StepFailed when files of `ctx.release` on the server are not those that were approved.

    Where commands of the project may have changed them, and no look of the drift watch has seen
    them whole since, it is only said. So it is when it cannot be told: going back goes on.
    """
    try:
        found = _differences(ctx)
    except (StepFailed, OutcomeUnknown) as problem:
        ctx.say(f"Whether the files of {ctx.release.name} are as they were built was not seen: "
                f"{problem}")
        return
    if not found:
        ctx.say(f"{ctx.release.name} is there already, and its files are as they were built")
        return
    more = _(" And {found} more.").format(found=len(found) - SHOWN) if len(found) > SHOWN else ""
    told = (_("{server}: {release} is there already, but was changed since: {found}{more}").format(
        server=ctx.target.server, release=ctx.release.name, found=" ".join(found[:SHOWN]),
        more=more))
    if not ctx.intact and (ctx.plan.before or ctx.plan.after):
        ctx.say(f"{told} Commands of the project may have done it, so it goes on")
        return
    raise StepFailed(_("{told} Build that version again and release the new build: it gets a "
                       "folder of its own.").format(told=told))


def _differences(ctx):
    plan, seen = ctx.plan, ctx.intact
    since = seen["epoch"] - MARGIN_S if seen else ""
    said = ctx.run_script(
        "drift.sh", ctx.paths.root, ctx.release.name, "", since, seen.get("folder", ""), FOR_EVER,
        *[part for entry in plan.entries for part in entry], timeout_s=LIMIT_S)
    if "whole" not in said:  # the last word
        raise StepFailed(_("{server} did not answer to the end.").format(server=ctx.target.server))
    wanted = Wanted(ctx.release.name, ctx.release.name, plan.digest, plan.commit_sha, plan.entries)
    assets = tuple(f"{path}/" for sort, path in plan.entries if sort == "asset")
    rows = compare(wanted, base64.b64decode(said.get("differences", "")), user=said["user"])
    return [row["text"] for row in rows.findings if row["sort"] in GRAVE
            and not (row["sort"] == "script" and row["path"].startswith(assets))]
