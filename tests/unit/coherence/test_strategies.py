"""The table of strategies: which one counts where."""

from types import SimpleNamespace

import pytest

from deployments.coherence.strategies import STRATEGIES, strategy_of
from deployments.errors import StepFailed
from deployments.strategy_words import WORDS


@pytest.mark.parametrize(("strategy", "kind", "chosen", "name"), [
    ("realpath", "deploy", "", "realpath"), ("realpath", "reload", "", "reset"),
    ("fpm-reload", "reload", "", "fpm-reload"), ("fpm-restart", "reload", "", "fpm-restart"),
    ("none", "reload", "", "none"), ("auto", "deploy", "fpm-reload", "fpm-reload"),
    ("auto", "reload", "realpath", "reset"),
])
def test_the_strategy_is_the_installations_or_what_the_doctor_chose(
        strategy, kind, chosen, name):
    """Making PHP reload acts also where a switch needs nothing done."""
    ctx = SimpleNamespace(
        target=SimpleNamespace(strategy=strategy, server="web-1"),
        plan=SimpleNamespace(kind=kind),
        evidence={"strategy_chosen": {"strategy": chosen, "reason": ""}} if chosen else {})
    assert strategy_of(ctx) is STRATEGIES[name]


def test_without_a_choice_nothing_is_done():
    """No strategy is safe there, or the doctor has not looked."""
    ctx = SimpleNamespace(target=SimpleNamespace(strategy="auto", server="web-1"),
                          plan=SimpleNamespace(kind="deploy"), evidence={})
    with pytest.raises(StepFailed, match="web-1: no strategy is known to be safe"):
        strategy_of(ctx)


def test_every_strategy_can_be_told_in_words():
    """What it needs, cannot do, waits for and undoes, as data."""
    assert {name: strategy.words for name, strategy in STRATEGIES.items()} == WORDS
