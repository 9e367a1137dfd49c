"""Handing over: a worker process that is told to end lets go of its task at the next boundary.

Without this SIGTERM ends a worker of django-q2 in the middle of a step. Nothing here decides
where a boundary is: the runner and the builder ask, and give their row back.
"""

import os
import signal
import threading
from contextlib import contextmanager

_asked = threading.Event()


def is_asked():
    """Whether this process was told to end while it works on its task; safe from any thread."""
    return _asked.is_set()


@contextmanager
def heeding():
    """Run a task so that SIGTERM only asks for a handover; the process ends after the task then.

    It ends by SIGTERM's default action, whatever the task raised: it must take no other one.
    Outside a main thread, where Python allows no signal handlers, nothing is heeded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked.clear()
    before = signal.signal(signal.SIGTERM, _ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
        if is_asked():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)


def _ask(number, frame):
    _asked.set()
