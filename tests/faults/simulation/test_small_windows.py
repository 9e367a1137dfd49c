"""Moments that are too short, or too rare, for the tests of every point to aim at."""

import pytest

from deployments.models import Deployment

from . import properties
from .faults import LOST_BEFORE, PAUSE, WISH, InOrder, Named


@pytest.mark.parametrize("skew_s", [-300.0, 300.0])
def test_what_is_live_does_not_depend_on_the_workers_clock(scenes, skew_s):
    """The first version was released by the database's time, the second by a wrong clock."""
    scene = scenes("a release over an earlier one")
    world = scene.stage.start()
    world.skew_s = skew_s

    world.run(*scene.people)

    assert properties.violations(scene.stage, world) == []
    assert Deployment.objects.latest("pk").status == "succeeded"


def test_a_stop_that_comes_just_before_php_reloads_is_honoured(scenes):
    """It was accepted, so nothing may reload: whoever holds the row first wins."""
    world, found = scenes("making PHP reload").run(Named("db record.starting", (WISH,), nth=3))

    assert len(world.faults.hit) == 1
    assert found == []
    assert Deployment.objects.latest("pk").status == "cancelled"


def test_a_replaced_worker_writes_no_outcome_after_the_end(scenes):
    """It slept while it cleaned up, and its successor released the version meanwhile."""
    asleep = ("db record.conclude", 0, PAUSE)
    world, found = scenes("a release over an earlier one").run(
        InOrder(*[("unpack.sh", 0, LOST_BEFORE)] * 4, asleep))

    assert world.faults.hit[-1][1] == PAUSE
    assert found == []
