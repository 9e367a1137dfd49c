"""Points of five deployments times every kind of fault; and a share of the pairs.

One point of six, and the first of each act: all of them are `make storm POINTS=1`.
"""

import random

import pytest

from deployments.models import Deployment

from . import sessions
from .explore import Scene
from .faults import KILL, Named
from .people import stops, waits
from .scenes import CALLS

EVERY = 6
SHARE = 0.01
SEED = 20261126


def _bad(results):
    return {words: found for words, found, _ in results if found}


@pytest.mark.parametrize("name", CALLS)
def test_whatever_goes_wrong_ends_well(scenes, name):
    """Single faults, and a seeded share of the pairs."""
    results = scenes(name).every_fault(every=EVERY, dice=random.Random(SEED), share=SHARE)

    pairs = [words for words, *_ in results if ", " in words]
    assert len(results) - len(pairs) > 50
    assert len(pairs) > 5
    assert _bad(results) == {}


def test_a_command_of_a_lost_worker_does_not_outlive_the_stop(scenes, monkeypatch):
    """The successor hears of the stop first, and ends on the server what is left all the same."""
    monkeypatch.setattr(sessions, "COMMAND_S", 600)
    scene = scenes(CALLS[1])
    busy = Scene(scene.name, scene.stage, waits, stops(after_s=30))

    world, found = busy.run(Named("db claim.update", (KILL,)))

    assert (world.kills, found) == (1, [])
    assert Deployment.objects.latest("pk").status == "cancelled"


def test_a_run_without_faults_has_no_violation_and_the_same_points_each_time(scenes):
    """Points are named by their number: it must mean the same in every run."""
    scene = scenes(CALLS[1])

    first, second = scene.run(), scene.run()

    assert first[1] == second[1] == []
    assert first[0].faults.effects == second[0].faults.effects
