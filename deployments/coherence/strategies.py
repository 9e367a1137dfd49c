"""The table of strategies: name -> what it checks, prepares, does and waits for.

Later strategies join here; steps and pages know only the table.
"""

from dataclasses import dataclass

from . import realpath, reset


@dataclass(frozen=True)
class Strategy:
    """`check(ctx)` before the switch, `prepare(ctx)` too, `act(ctx)` after it (waits)."""

    name: str
    check: object
    prepare: object
    act: object
    sentence: str


def _nothing(ctx):
    return {}


def _check_realpath(ctx):
    realpath.check(ctx.pools, ctx.target.root, limit_s=ctx.proof_limit_s)


def _check_reset(ctx):
    reset.check(ctx.pools, limit_s=ctx.proof_limit_s)


def _prewarm(ctx):
    live = ctx.truth.previous
    folder = live if live.startswith("/") else f"{ctx.target.root}/{live}"
    return realpath.prewarm(
        ctx.pools, live_folder=folder if live else "",
        new_folder=f"{ctx.target.root}/releases/{ctx.release.name}",
        new_files=ctx.release.php_files, entry=ctx.site.entry,
        newest_epoch=ctx.plan.file_epoch, say=ctx.say,
        limit_s=ctx.proof_limit_s)


def _reset(ctx):
    return reset.act(ctx.pools, limit_s=ctx.proof_limit_s, say=ctx.say)


def strategy_of(ctx):
    """Return the installation's strategy. Making PHP reload resets whatever it is, where PHP is."""
    name = ctx.target.strategy
    return STRATEGIES["reset" if ctx.plan.kind == "reload" and name != "none" else name]


STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        Strategy(
            "realpath", check=_check_realpath, prepare=_prewarm, act=_nothing,
            sentence="the web server resolves the link for each request"),
        Strategy(
            "reset", check=_check_reset, prepare=_nothing, act=_reset,
            sentence="the PHP cache was reset and the reset has happened"),
        Strategy(
            "none", check=_nothing, prepare=_nothing, act=_nothing,
            sentence="no PHP worker exists to ask"),
    )
}
