"""Servers that must not be made new at the same moment: one after the other, within one run.

A step works on all its targets at once, in threads. Who wants to act here waits for its turn; where
one fails, those behind it are left as they are.
"""

import threading
from contextlib import contextmanager

from django.utils.translation import gettext as _

from ..errors import StepFailed

ALL, SERVER = "all", "server"
"""Whose turn it is to be: one server of all, or one site of each server."""


class InTurn:
    """Shared by all targets of one run."""

    def __init__(self):
        self._guard = threading.Lock()
        self._locks = {}
        self._failed = ""

    @contextmanager
    def wait(self, ctx, whose):
        """Hold the turn of this target while the block runs; "" as `whose` waits for nobody.

        StepFailed when one before it failed, except on the way back: that must reach everybody.
        """
        if not whose:
            yield
            return
        with self._lock("" if whose == ALL else ctx.target.server):
            if self._failed and "went_back_to" not in ctx.evidence:
                raise StepFailed(_("{server} was left as it is, because {failed} did not come back "
                                   "as it should.").format(
                    server=ctx.target.server, failed=self._failed))
            try:
                yield
            except BaseException:
                self._failed = self._failed or ctx.target.server
                raise

    def _lock(self, name):
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())
