"""What a complete round has shown, in figures that agree with each other."""

from types import SimpleNamespace

from deployments.coherence.proof import evidence
from deployments.coherence.rounds import Seen

from .test_rounds import roster, worker

POOL = SimpleNamespace(name="www", master="php-fpm", prefix="/srv/shop/current", probe_file="",
                       armed={(1, 1000), (2, 1000)})


def _evidence(*present, answered, **seen):
    answers = {(pid, 1000): {"sapi": "fpm-fcgi", "php": "8.2"} for pid in answered}
    pool = roster(*map(worker, present), idle=1)
    keys = {name: {(pid, 1000) for pid in pids} for name, pids in seen.items()}
    row = evidence(POOL, Seen(answers=answers, roster=pool, **keys))
    return {name: row[name] for name in ("workers", "proved", "exited", "later", "pids")}


def test_all_workers_answered():
    """The usual case."""
    assert _evidence(1, 2, answered=[1, 2]) == {
        "workers": 2, "proved": 2, "exited": 0, "later": 0, "pids": [1, 2]}


def test_a_worker_that_answered_and_exited_is_not_counted_as_running_it():
    """It would make nine of eight."""
    assert _evidence(1, 3, answered=[1, 2, 3], exited=[2], later=[3]) == {
        "workers": 2, "proved": 2, "exited": 1, "later": 1, "pids": [1, 3]}


def test_a_worker_that_was_started_later_and_not_asked_is_named_apart():
    """One witness of those is enough, so the others were no part of what had to answer."""
    assert _evidence(1, 2, 8, 9, answered=[1, 2, 9], later=[8, 9]) == {
        "workers": 3, "proved": 3, "exited": 0, "later": 2, "pids": [1, 2, 9]}
