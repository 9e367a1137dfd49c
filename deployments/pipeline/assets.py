"""Keeping the assets of the version that is left, in a version that lay on the server before.

place.sh does so for one that is copied. Nobody's going back depends on it: what cannot be kept is a
line of the log.
"""

from ..errors import StepFailed

LIMIT_S = 60
MOST = 50
"""Lists of contents that one copy may take assets from: the newest."""


def lists(ctx):
    """Return what place.sh takes older assets by: digests of our lists of contents, newest first.

    "-" where the version that is left is none of ours: no list tells what belongs to it.
    """
    if ctx.truth.previous.rpartition("releases/")[2] not in ctx.built:
        return "-"
    return " ".join([digest for digest in ctx.built.values() if digest][:MOST])


def keep(ctx, *, left, into):
    """Give `into` (a release's name) the asset files of `left` (a Release) that it lacks.

    They are files that `left`'s list of contents has; see assets.sh. OutcomeUnknown as any script.
    """
    entries = [part for sort, path in ctx.plan.entries if sort == "asset" for part in (sort, path)]
    if not entries or left is None or not left.digest or left.name == into:
        return
    try:
        values = ctx.run_script("assets.sh", ctx.paths.root, ctx.fence, into, left.name,
                                left.digest, *entries, timeout_s=LIMIT_S)
    except StepFailed as problem:
        ctx.say(f"Pages of {left.name} that are still open may miss styles or scripts: {problem}")
        return
    if values["assets"] != "0":
        ctx.say(f"{values['assets']} assets of {left.name} are kept for pages that are still open")
