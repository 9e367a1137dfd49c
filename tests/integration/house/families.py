"""The processes of a running worker by what they are: supervisor, leaders, sentinels, workers."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox.daemons import descendants, living

from .processes import wait_until


@dataclass(frozen=True)
class Family:
    """One cluster's processes by id. The sentinel starts the workers first, the pusher last."""

    leader: int
    sentinel: int
    workers: tuple
    monitor: int
    pusher: int

    @property
    def all(self):
        return [self.leader, self.sentinel, *self.workers, self.monitor, self.pusher]


def families(worker, *, workers=1):
    """{queue: Family} of a worker, once its clusters are complete."""
    found = {}

    def look():
        found.clear()
        with contextlib.suppress(ValueError, TypeError, OSError):  # one is just being replaced
            found.update((_queue_of(leader), _family(leader, workers))
                         for leader in _children(worker.pid))
        return len(found) == 2

    wait_until(look, limit_s=15)
    return found


def _family(leader, workers):
    sentinel, = _children(leader)
    below = _children(sentinel)
    return Family(leader, sentinel, tuple(below[:workers]), *below[workers:])


def _children(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return sorted(int(each) for each in text.split())


def _queue_of(leader):
    words = Path(f"/proc/{leader}/cmdline").read_bytes().decode().split("\0")
    return words[words.index("--only") + 1]


def wait_until_gone(pids, *, limit_s=30):
    wait_until(lambda: not living(pids), limit_s=limit_s,
               story=lambda: [_describe(pid) for pid in living(pids)])


def _describe(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return f"{pid} is gone"


def everybody(worker):
    """The worker's process and all below it."""
    return [worker.pid, *descendants(worker.pid)]
