"""How many workers a round may ask, and what a round says that did not reach everybody."""

from types import SimpleNamespace

import pytest

from deployments.coherence.pool import Roster, Worker
from deployments.coherence.rounds import PREFORK, Seen, _renewed, width


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


def test_children_of_apache_that_a_visitor_holds_are_counted_and_told_how_to_be_freed():
    """Not listed: there may be hundreds, and their numbers help nobody."""
    pool = roster(*map(worker, range(60)), manager=PREFORK, idle=60)
    seen = Seen(answers={(1, 1000): {}}, missing={(pid, 1000) for pid in range(2, 60)}, roster=pool)

    assert seen.busy_sentence().startswith(
        "58 of 60 children of Apache are held by visitors' connections: set KeepAliveTimeout 1 ")


def test_children_that_apache_starts_after_a_graceful_reload_are_new_too():
    """All from before were gone when the first of the new was seen, so none of these can be old."""
    pool = SimpleNamespace(renewed=frozenset({(7, 1000)}))
    later = Worker(9, 1200, True, 0.0, "", "", 1)
    earlier = Worker(3, 900, True, 0.0, "", "", 1)

    assert _renewed(pool, roster(worker(7), later, earlier, manager=PREFORK, idle=3)) == {
        (7, 1000), (9, 1200)}


def test_the_start_of_a_worker_of_php_fpm_proves_nothing_of_apaches():
    """With Apache before PHP-FPM the new ones are Apache's, and count another clock."""
    pool = SimpleNamespace(renewed=frozenset({(7, 100)}))

    assert _renewed(pool, roster(worker(3), total=None, idle=1)) == {(7, 100)}


@pytest.mark.parametrize(("total", "missing", "asked"), [(66, 1, 8), (66, 30, 30), (6, 1, 4)])
def test_all_idle_children_of_apache_are_asked_at_once_for_the_last_that_is_missing(
        total, missing, asked):
    """It is idle for a moment between two visitors' connections; a quarter stays free."""
    assert width(roster(total=total, manager=PREFORK, idle=total), missing) == asked
