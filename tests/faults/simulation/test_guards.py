"""Each guard of the engine, taken away, turns the simulation red; with it the same run is good."""

import re
from pathlib import Path

import pytest

from .guards import GUARDS

PAPER = Path(__file__).parents[3] / "docs/how-recovery-is-tested.md"


@pytest.mark.parametrize("guard", GUARDS, ids=[guard.name for guard in GUARDS])
def test_without_it_the_simulation_finds_violations(scenes, guard):
    """Else it is no guard, or the simulation is blind for what it guards against."""
    scene = scenes(guard.scene)

    assert guard.violations(scene, is_removed=False) == []
    assert guard.violations(scene, is_removed=True)


def test_the_paper_lists_exactly_these_guards():
    """Whoever changes one finds there what shows it."""
    text = PAPER.read_text().partition("## The guards")[2]
    listed = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)[1:]

    assert [name.strip() for name in listed if not set(name) <= set("- ")] == [
        guard.name for guard in GUARDS]
