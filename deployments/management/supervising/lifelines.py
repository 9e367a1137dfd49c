"""No process of a cluster outlives the one that started it: Linux sends it a signal then.

A killed parent of django-q2 leaves orphans that go on taking tasks (measured). prctl(2),
PR_SET_PDEATHSIG: the signal comes when the parent's starting thread ends; a fork clears it.
"""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_forking = {}


def die_with_parent(parent):
    """Have this process killed when its parent ends; it ends at once when that is not `parent`."""
    _ask_for(signal.SIGKILL)
    _insist_on(parent)


def pass_on():
    """Every process forked from here on, and theirs, gets SIGTERM when its own parent ends."""
    os.register_at_fork(before=_remember, after_in_child=_tie)


def _remember():
    _forking["parent"] = os.getpid()


def _tie():
    # The cluster's own answer to SIGTERM would stop the cluster from within its child.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _ask_for(signal.SIGTERM)
    _insist_on(_forking["parent"])


def _insist_on(parent):
    if os.getppid() != parent:  # it ended before we asked: nobody will tell us
        os._exit(1)


def _ask_for(number):
    if _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
