"""Servers that must not be made new at the same moment."""

import threading
import time
from types import SimpleNamespace

import pytest

from deployments.coherence.in_turn import ALL, SERVER, InTurn
from deployments.errors import NotConfirmed, StepFailed


def _target(turns, name, **evidence):
    return SimpleNamespace(target=SimpleNamespace(server=name), turns=turns, evidence=evidence)


def _at_once(turns, whose, names, work):
    threads = [threading.Thread(target=work, args=(_target(turns, name), whose))
               for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(("whose", "names", "most"), [
    (ALL, ("web-1", "web-2", "web-3"), 1), (SERVER, ("web-1", "web-1", "web-1"), 1),
    (SERVER, ("web-1", "web-2", "web-3"), 3), ("", ("web-1", "web-1", "web-1"), 3)])
def test_servers_have_their_turn_one_after_the_other(whose, names, most):
    """Visitors of the others are served meanwhile; sites of one server share its PHP-FPM."""
    busy, seen, turns = [], [], InTurn()
    together = threading.Barrier(most)  # however late a thread begins

    def work(ctx, whose):
        with turns.wait(ctx, whose):
            busy.append(ctx)
            together.wait(60)
            time.sleep(0.1)
            seen.append(len(busy))
            busy.remove(ctx)

    _at_once(turns, whose, names, work)
    assert max(seen) == most


def test_where_one_fails_those_behind_it_are_left_as_they_are():
    """One server down is bad; all of them would be an outage. Going back reaches everybody."""
    turns = InTurn()
    with pytest.raises(NotConfirmed), turns.wait(_target(turns, "web-1"), ALL):
        raise NotConfirmed("web-1: PHP does not answer.")
    with pytest.raises(StepFailed, match="web-2 was left as it is, because web-1 did not come"), \
            turns.wait(_target(turns, "web-2"), ALL):
        raise AssertionError("it acted")
    with turns.wait(_target(turns, "web-2", went_back_to="2.8.1"), ALL):
        pass
