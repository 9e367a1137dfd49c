"""Threads at work on a step: all of them end before the step does, and the lease goes on."""

import threading
import time
from types import SimpleNamespace

import pytest

from deployments.errors import OutcomeUnknown, StepFailed
from deployments.pipeline.crew import run_step


class Line:
    """A connection as the crew sees one: closed, whoever waits on it gets an error."""

    def __init__(self):
        self.is_closed = threading.Event()

    def close(self):
        self.is_closed.set()

    def alive(self):
        return not self.is_closed.is_set()

    def wait(self):
        """A command that nothing else ends."""
        if self.is_closed.wait(30):
            raise OutcomeUnknown("The connection was lost.")


@pytest.fixture
def contexts():
    return [SimpleNamespace(connection=Line(), say=lambda text: None) for _ in range(2)]


def _late(_=None):
    raise StepFailed("It took longer than 1 s.")


def test_a_deadline_ends_the_threads_by_closing_their_connections(contexts):
    """Nothing of ours works on a server after the step has been given up."""
    began, left = time.monotonic(), []

    def work(ctx):
        try:
            ctx.connection.wait()
        finally:
            left.append(ctx)

    with pytest.raises(StepFailed, match="longer than"):
        run_step(work, contexts, tick=_late, beat=lambda: None)
    assert len(left) == 2
    assert time.monotonic() - began < 20


def test_the_lease_is_extended_until_the_last_thread_has_ended(contexts):
    """A worker that waits for its threads is not gone, and must not look so."""
    beats = []

    def work(ctx):
        while len(beats) < 3:
            time.sleep(0.01)

    with pytest.raises(StepFailed):
        run_step(work, contexts, tick=_late, beat=lambda: beats.append(1))
    assert len(beats) >= 3


def test_a_lease_that_is_lost_meanwhile_does_not_hide_why_it_ended(contexts):
    """The first reason is the one that is told."""
    with pytest.raises(StepFailed, match="longer than"):
        run_step(lambda ctx: time.sleep(0.3), contexts, tick=_late,
                 beat=lambda: 1 / 0)


def test_every_kind_of_end_is_told_apart(contexts):
    """Failed, unknown and our own fault lead to different ends."""
    contexts += [SimpleNamespace(connection=None, say=lambda text: None) for _ in range(2)]
    problems = dict(zip(map(id, contexts), (
        None, StepFailed("no"), OutcomeUnknown("perhaps"), KeyError("us")), strict=True))

    def work(ctx):
        if problems[id(ctx)]:
            raise problems[id(ctx)]

    outcomes = run_step(work, contexts, tick=lambda: None, beat=lambda: None)
    assert [row.verdict for row in outcomes] == ["done", "failed", "unknown", "errored"]
    assert [row.ctx for row in outcomes] == contexts


def test_what_failed_over_a_dead_connection_is_not_known(contexts):
    """The server may have done it: it must be asked again before anything is decided."""
    def work(ctx):
        if ctx is contexts[0]:
            ctx.connection.close()
        raise StepFailed("PHP did not answer")

    outcomes = run_step(work, contexts, tick=lambda: None, beat=lambda: None)
    assert [row.verdict for row in outcomes] == ["unknown", "failed"]
