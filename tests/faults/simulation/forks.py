"""Many runs from one: processes are forked at every point at which something may go wrong.

What happens before the point is computed once for all of them.
"""

import asyncio
import gc
import os
import pickle
import traceback
from collections import Counter

from . import faults


def cores():
    return os.cpu_count() or 1


class Child:
    """A forked process that sends one answer; `read` returns it, RuntimeError if it has none."""

    def __init__(self, pid, reader):
        self._pid, self._reader = pid, reader

    def read(self):
        with os.fdopen(self._reader, "rb") as pipe:
            told = pipe.read()
        os.waitpid(self._pid, 0)
        answer = pickle.loads(told) if told else "a process of the simulation was lost"
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer


def fork():
    """Return (Child, None) in the parent and (None, writer) in the child, which ends by `tell`.

    The child collects no garbage: that would copy all the memory they share.
    """
    reader, writer = os.pipe()
    loop = asyncio._get_running_loop()  # of a browser in the same process of tests
    pid = os.fork()
    asyncio._set_running_loop(loop)  # it counts for one process, and Django looks for it
    if pid:
        os.close(writer)
        return Child(pid, reader), None
    gc.disable()
    os.close(reader)
    return None, writer


def tell(writer, answer):
    """Send the answer (a list, or a sentence about what went wrong) and end this process."""
    with os.fdopen(writer, "wb") as pipe:
        pickle.dump(answer, pipe)
    os._exit(0)


def spread(work, items):
    """Return [work(item)…] of all items, in no order, computed by a forked process per core.

    Each of them has the database of this one as it was, and its own from then on.
    """
    children, count = [], min(cores(), len(items)) or 1
    for number in range(count):
        child, writer = fork()
        if writer is not None:
            tell(writer, _answer(lambda number=number: [work(i) for i in items[number::count]]))
        children.append(child)
    return [result for child in children for result in child.read()]


def _answer(work):
    try:
        return work()
    except BaseException:
        return traceback.format_exc()


class Reading:
    """Of several readings of one server in a row the first alone: nothing lies between them."""

    def __init__(self):
        self._read = set()

    def is_first(self, effect):
        if effect.kinds != faults.READING:
            self._read.clear()
            return True
        machine = effect.name.rpartition(":")[2]
        was_read = machine in self._read
        self._read.add(machine)
        return not was_read


class Branching(faults.Faults):
    """At every effect a process is forked for each kind of fault, and meets it there.

    Two faults follow each other where both are among `telling`, at effects that change something;
    `share` is how much of these pairs is tried, by the dice. `every` takes one point of so many,
    and the first at which anybody does the same.
    """

    def __init__(self, telling=(), *, dice=None, share=1.0, every=1):
        super().__init__()
        self._seconds, self._dice, self._share = telling, dice, share
        self._every, self._points = every, Counter()
        self._reading, self._running, self._results = Reading(), [], []
        self.writer = None  # of a child: where its results go

    def _kind(self, effect):
        if not self._reading.is_first(effect):
            return None
        if not self.hit and not self._is_chosen(effect):
            return None
        for kind in effect.kinds:
            if self._is_wanted(effect, kind) and self._is_child():
                return kind
        return None

    def _is_chosen(self, effect):
        act = effect.name.partition(":")[0]
        self._points[act] += 1
        return self._points[act] % self._every == 1 % self._every

    def _is_wanted(self, effect, kind):
        if not self.hit:
            return True
        first, *more = self.hit
        is_pair = not more and self._may_pair(*first) and self._may_pair(effect, kind)
        return is_pair and (self._share == 1 or self._dice.random() < self._share)

    def _may_pair(self, effect, kind):
        return kind in self._seconds and effect.kinds != faults.READING

    def _is_child(self):
        if len(self._running) >= (1 if self.hit else cores()):
            self._results += self._running.pop(0).read()
        child, writer = fork()
        if writer is None:
            self._running.append(child)
            return False
        self.writer, self._reading = writer, Reading()
        self._running, self._results = [], []
        if self._dice:
            self._dice.seed(self._dice.random() + len(self.effects))
        return True

    def results(self):
        """Return what all the children found."""
        while self._running:
            self._results += self._running.pop(0).read()
        return self._results
