"""Random runs: servers away for a while, lost and doubled messages, kills, pauses, lost replies."""

import pytest

from .forks import spread
from .seeds import Stages, run

SEEDS = 80


@pytest.fixture(scope="module")
def stages(memory):
    return Stages(memory).all()


def test_random_runs_end_well(stages):
    """`make storm SEEDS=n` makes more of them, `SEED=n` repeats one."""
    results = spread(lambda seed: run(stages.of(seed), seed), range(SEEDS))

    assert {words: found for words, found, _ in results if found} == {}
    assert sum(kills for *_, kills in results) > SEEDS / 4


def test_a_seed_repeats_exactly(stages):
    """Or a violation could be found and never looked at again."""
    first, second = (run(stages.of(298), 298) for _ in range(2))

    assert first == second
    assert " at " in first[0], "nothing went wrong in it"


def test_seeds_differ(stages):
    """So many times the same run would show nothing."""
    words = {run(stages.of(seed), seed)[0].partition(": ")[2] for seed in range(12)}

    assert len(words) > 6, "many of them have no fault, or the same"
