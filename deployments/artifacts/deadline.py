"""One limit for a whole build: what its parts may take together, fetching and packing included."""

import time
from collections.abc import Callable
from typing import BinaryIO

from deployments.artifacts.faults import BuildTooLong
from deployments.errors import TakenOver


class Deadline:
    """Each part asks left() before it begins: how long may it take?

    `is_held` says whether the build is still this worker's; nothing more may begin when not.
    """

    def __init__(self, limit_s: float, *, is_held: Callable[[], bool] = lambda: True):
        self.limit_s, self.is_held = limit_s, is_held
        self._ends_at = time.monotonic() + limit_s

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def left(self, most_s: float) -> float:
        """Return the time left, at most `most_s`; BuildTooLong when there is none."""
        if not self.is_held():
            raise TakenOver
        if self.is_over:
            raise BuildTooLong(self.limit_s)
        return min(most_s, self._ends_at - time.monotonic())

    def watch(self, stream: BinaryIO) -> "_Watched":
        """Return the stream; reading it ends with the deadline."""
        return _Watched(stream, self)


class _Watched:
    def __init__(self, stream: BinaryIO, deadline: Deadline):
        self._stream, self._deadline = stream, deadline

    def read(self, size: int = -1) -> bytes:
        self._deadline.left(0)
        return self._stream.read(size)
