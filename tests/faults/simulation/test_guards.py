"""Each guard of the engine, taken away, turns the simulation red; with it the same run is good."""

import pytest

from .guards import GUARDS


@pytest.mark.parametrize("guard", GUARDS, ids=[guard.name for guard in GUARDS])
def test_without_it_the_simulation_finds_violations(scenes, guard):
    scene = scenes(guard.scene)

    assert guard.violations(scene, is_removed=False) == []
    assert guard.violations(scene, is_removed=True)


def test_each_guard_is_listed_once():
    names = [guard.name for guard in GUARDS]

    assert len(names) == len(set(names)) > 15
