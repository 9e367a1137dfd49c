"""A process that is told to end while it works on a task: asked first, ended after the task."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from deployments.pipeline import handover

PROGRAM = """
import os, signal
from deployments.pipeline import handover

def tell():
    os.kill(os.getpid(), signal.SIGTERM)

with handover.heeding():
    print("before", handover.is_asked(), flush=True)
    TELL
    print("after", handover.is_asked(), flush=True)
    TASK
print("took another task", flush=True)
"""


def ended(*, tell="tell()", task="pass"):
    """(exit code, lines) of a process that ran a task like this one."""
    program = PROGRAM.replace("TELL", tell).replace("TASK", task)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=False, timeout=60)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("task", ["pass", "raise ValueError", "raise SystemExit(0)"])
def test_sigterm_ends_the_process_after_its_task(task):
    """Not in the middle of it, and however the task ended; it takes no other one."""
    assert ended(task=task) == (-signal.SIGTERM, ["before False", "after True"])


def test_a_process_that_nobody_told_to_end_goes_on():
    """The next task is taken."""
    assert ended(tell="pass") == (0, ["before False", "after False", "took another task"])


def test_the_answer_to_sigterm_is_as_it_was_after_a_task():
    """An idle worker dies of it at once; and an earlier wish is not taken for a later one."""
    before = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    told = []
    try:
        with handover.heeding():
            assert signal.getsignal(signal.SIGTERM) is handover._ask
        os.kill(os.getpid(), signal.SIGTERM)
        assert (told, handover.is_asked()) == ([signal.SIGTERM], False)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_task_in_another_thread_runs_too():
    """Python allows signal handlers in main threads alone; tests run tasks in threads."""
    before, seen = signal.getsignal(signal.SIGTERM), []

    def task():
        with handover.heeding():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=task)
    thread.start()
    thread.join(10)
    assert seen == [before]
