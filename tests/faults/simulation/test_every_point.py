"""Every point of four deployments times every kind of fault; and a share of the pairs."""

import random

import pytest

from .explore import spread
from .scenes import CALLS

PAIRS_PER_CENT = 2
SEED = 20261126


def _bad(results):
    return {words: found for words, found, _ in results if found}


@pytest.mark.parametrize("name", CALLS)
def test_whatever_goes_wrong_once_ends_well(scenes, name):
    scene = scenes(name)

    results = spread(scene.check, scene.singles())

    assert len(results) > 250
    assert _bad(results) == {}


@pytest.mark.parametrize("name", CALLS)
def test_two_faults_in_one_deployment_end_well(scenes, name):
    """A seeded share of all pairs: of those that begin with a fault, so many per cent."""
    scene, dice = scenes(name), random.Random(f"{SEED} {name}")
    firsts = [(first, dice.random()) for first in scene.firsts()]

    results = [result for group in spread(lambda first: _some_pairs(scene, *first), firsts)
               for result in group]

    assert len(results) > len(firsts)
    assert _bad(results) == {}


def _some_pairs(scene, first, seed):
    dice = random.Random(seed)
    pairs = [pair for pair in scene.pairs_after(first) if dice.random() * 100 < PAIRS_PER_CENT]
    return [scene.check(pair) for pair in pairs]


def test_a_run_without_faults_has_no_violation_and_the_same_points_each_time(scenes):
    scene = scenes(CALLS[1])

    first, second = scene.run(), scene.run()

    assert first[1] == second[1] == []
    assert first[0].faults.effects == second[0].faults.effects
