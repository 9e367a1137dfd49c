"""How many workers a round may ask, and what a round says that did not reach everybody."""

import pytest

from deployments.coherence.pool import Roster, Worker
from deployments.coherence.rounds import Seen, width


def worker(pid, *, is_idle=True, age_s=0.0):
    return Worker(pid, 1000, is_idle, age_s, "", "", 1)


def roster(*workers, manager="static", idle=None, total=None):
    """A pool's list; the worker that shows it is busy with that, so it is never among the idle."""
    workers = workers or tuple(worker(pid) for pid in range(total))
    return Roster(manager, idle, 0, workers)


@pytest.mark.parametrize(("total", "most"), [(2, 1), (3, 2), (4, 3), (5, 3), (8, 6), (12, 9)])
def test_a_quarter_of_the_workers_stays_free_and_one_at_least(total, most):
    """However many are missing; visitors find somebody all the same."""
    pool = roster(total=total, idle=total - 1)

    assert width(pool, total) == most
    assert [width(pool, missing) for missing in range(1, most + 1)] == list(range(1, most + 1))


@pytest.mark.parametrize(("idle", "most"), [(7, 6), (6, 5), (2, 1), (1, 0), (0, 0)])
def test_workers_that_are_busy_with_visitors_are_not_counted_on(idle, most):
    """The quarter is of all workers; where nobody is to spare, nobody is asked yet."""
    assert width(roster(total=8, idle=idle), 8) == most


@pytest.mark.parametrize("manager", ["dynamic", "ondemand"])
@pytest.mark.parametrize("idle", [0, 7])
def test_pools_that_start_workers_when_asked_are_asked_one_at_a_time(manager, idle):
    """Two questions at once could make FPM start a worker that visitors do not need."""
    assert width(roster(total=8, idle=idle, manager=manager), 8) == 1


def test_the_only_worker_is_asked():
    """There is nobody to leave free."""
    assert width(roster(total=1, idle=0), 1) == 1


def test_a_round_that_missed_somebody_says_whom_and_why():
    """By process number, with the age of what keeps it busy."""
    pool = roster(worker(1), worker(2, is_idle=False, age_s=12.3), worker(3), idle=1)
    seen = Seen(answers={(1, 1000): {}}, missing={(2, 1000), (3, 1000)}, roster=pool)

    assert seen.busy_sentence() == (
        "worker 2 has been busy for 12 s, worker 3 never took our request")


def test_a_round_that_only_lacks_a_witness_says_so():
    """Everybody of the first list answered or left; those who came later were not met."""
    pool = roster(worker(1), worker(8), worker(9), idle=2)
    seen = Seen(answers={(1, 1000): {}}, later={(8, 1000), (9, 1000)}, roster=pool)

    assert seen.busy_sentence() == (
        "none of the workers that PHP-FPM has started since we began took our request")


def test_a_round_that_nobody_took_says_so():
    """There is no list then that could name anybody."""
    assert Seen(is_nobody_free=True).busy_sentence() == "no worker was free to answer"
