"""The table of strategies: name -> what it checks, prepares, does and waits for.

Steps and pages know only the table. What people are told of each is in ../strategy_words.py.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ..errors import StepFailed
from ..strategy_words import WORDS, StrategyWords
from . import (
    apache_graceful,
    fpm_reload,
    fpm_restart,
    front_controller,
    in_turn,
    realpath,
    reset,
    warm,
    web_config,
)


def _nothing(ctx):
    return {}


@dataclass(frozen=True)
class Strategy:
    """`check(ctx)` before the switch, `prepare(ctx)` too, `act(ctx)` after it (waits).

    `turn` says whose turn it must be while it acts, "" nobody's (see `in_turn`). With `renews` the
    act leaves no process from before, so not all of them need be armed. With `forgets` what it
    waits for shows by itself that PHP's caches were emptied.
    """

    name: str
    check: object
    act: object = _nothing
    prepare: object = _nothing
    turn: str = ""
    renews: bool = False
    forgets: bool = False
    words: StrategyWords = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "words", WORDS[self.name])


def _check_realpath(ctx):
    realpath.check(ctx.pools, ctx.target.root, limit_s=ctx.proof_limit_s)


def _check_reset(ctx):
    reset.check(ctx.pools, limit_s=ctx.proof_limit_s)


def _reset(ctx):
    return reset.act(ctx.pools, limit_s=ctx.proof_limit_s, say=ctx.say)


def strategy_of(ctx):
    """Return the installation's strategy; for `auto`, what the doctor chose for this deployment.

    Making PHP reload acts also where a switch needs nothing done (`reloads_as`). StepFailed when
    nothing was chosen.
    """
    name = ctx.target.strategy
    if name == "auto":
        name = ctx.evidence.get("strategy_chosen", {}).get("strategy", "")
        if name not in STRATEGIES:
            raise StepFailed(_("{server}: no strategy is known to be safe here: look at the "
                               "doctor's findings, or choose one on the installation's "
                               "page.").format(server=ctx.target.server))
    if ctx.plan.kind == "reload":
        name = STRATEGIES[name].words.reloads_as or name
    return STRATEGIES[name]


STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        Strategy("realpath", check=_check_realpath, prepare=warm.prepare),
        Strategy("reset", check=_check_reset, act=_reset, forgets=True),
        Strategy("fpm-reload", check=fpm_reload.check, act=fpm_reload.act, turn=in_turn.SERVER,
                 forgets=True),
        Strategy("fpm-restart", check=fpm_restart.check, act=fpm_restart.act, turn=in_turn.ALL,
                 forgets=True),
        Strategy("front-controller", check=front_controller.check, prepare=warm.prepare),
        Strategy("web-config", check=web_config.check, prepare=warm.prepare, act=web_config.act,
                 turn=in_turn.SERVER),
        Strategy("apache-graceful", check=apache_graceful.check, act=apache_graceful.act,
                 turn=in_turn.SERVER, renews=True),
        Strategy("none", check=_nothing),
    )
}
