"""Simulated time, and processes that live in it: killed as a whole, stopped as a whole.

Each thread of a process is a greenlet. One runs at a time, until it waits; the loop then lets the
one run whose time comes next. Nothing depends on the real clock.
"""

import heapq
import itertools
from contextvars import copy_context

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The process got SIGKILL: nothing of it runs any more, no `except` and no `finally`."""


class Process:
    """One process of the operating system. `is_asked` is a SIGTERM that it has to heed itself."""

    def __init__(self, name):
        self.name, self.is_dead, self.is_asked = name, False, False
        self.stopped_until = 0.0
        self.skew_s = 0.0  # how far its machine's clock is ahead
        self.tasks = []
        self.deployment = None  # the row that it works for
        self.is_acting = False  # it has done something for it, and is in force
        self.was_stopped = False
        self.may_fail = False  # what it raises is its own business

    @property
    def is_over(self):
        return all(task.is_over for task in self.tasks)


class Task:
    """One thread of a process."""

    def __init__(self, call, process, hub):
        self.call, self.process = call, process
        self.turn, self.is_over, self.problem = 0, False, None
        self.greenlet = greenlet(self._run, parent=hub)
        self.greenlet.gr_context = copy_context()  # beside an event loop, connections are there
        process.tasks.append(self)

    def _run(self):
        try:
            self.call()
        except Killed:
            pass
        except BaseException as problem:
            self.problem = problem
        self.is_over = True


class Loop:
    """The clock, and whose turn it is. `now` is in seconds since 1970."""

    def __init__(self, now):
        self.now, self.current = now, None
        self._waiting, self._count, self._hub = [], itertools.count(), getcurrent()

    def spawn(self, call, process, *, after_s=0.0):
        """Start a thread of `process`; return its Task."""
        task = Task(call, process, self._hub)
        self._line_up(task, self.now + after_s)
        return task

    def wait(self, seconds):
        """Let others run until then; Killed when this process is killed meanwhile."""
        task = self.current
        if task is None:  # whoever checks from outside stands outside of time
            return
        self._line_up(task, self.now + max(seconds, 0.0))
        self._hub.switch()
        if task.process.is_dead:
            raise Killed

    def wake(self, task):
        """Let a waiting task run now."""
        self._line_up(task, self.now)

    def kill(self, process):
        """SIGKILL: its threads unwind without a chance to do anything (see `World.alive`)."""
        process.is_dead, process.stopped_until = True, 0.0
        for task in process.tasks:
            if task is not self.current and not task.is_over:
                self._line_up(task, self.now)
        if self.current and self.current.process is process:
            raise Killed

    def stop(self, process, seconds):
        """SIGSTOP, and SIGCONT so many seconds later."""
        process.stopped_until = self.now + seconds
        if self.current and self.current.process is process:
            self.wait(0)

    def run(self, is_over, *, until):
        """Run until `is_over()`, or nobody has anything to do; False when `until` came first."""
        while not is_over():
            if not self._waiting:
                return True
            at, _, turn, task = heapq.heappop(self._waiting)
            if task.is_over or task.turn != turn:
                continue
            if task.process.stopped_until > max(at, self.now):
                self._line_up(task, task.process.stopped_until)
                continue
            if at > until:
                return False
            self.now = max(self.now, at)
            self._switch(task)
        return True

    def _switch(self, task):
        if task.process.is_dead and not task.greenlet:  # killed before it began
            task.is_over = True
            return
        self.current = task
        task.greenlet.switch()
        self.current = None
        if task.problem is not None and not task.process.may_fail:
            raise task.problem

    def _line_up(self, task, at):
        task.turn += 1
        heapq.heappush(self._waiting, (at, next(self._count), task.turn, task))


class Threads:
    """What `concurrent.futures.ThreadPoolExecutor` is to the engine; see `wait_for`."""

    def __init__(self, loop, rng=None):
        self._loop, self._rng, self._futures = loop, rng, []

    def submit(self, call, *args):
        future = Future(self._loop)
        after_s = self._rng.uniform(0, 0.05) if self._rng else 0.0
        self._loop.spawn(lambda: future.work(call, args), self._loop.current.process,
                         after_s=after_s)
        self._futures.append(future)
        return future

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        while not self._loop.current.process.is_dead and wait_for(
                self._loop, self._futures, timeout=60).not_done:
            pass


class Future:
    """The outcome of one call in a thread."""

    def __init__(self, loop):
        self._loop, self.is_done, self.waiter = loop, False, None
        self._result = self._problem = None

    def work(self, call, args):
        try:
            self._result = call(*args)
        except Exception as problem:
            self._problem = problem
        self.is_done = True
        if self.waiter:
            self._loop.wake(self.waiter)

    def result(self):
        if self._problem:
            raise self._problem
        return self._result


class Waited:
    """What `concurrent.futures.wait` returns, as far as the engine looks at it."""

    def __init__(self, futures):
        self.done = [future for future in futures if future.is_done]
        self.not_done = [future for future in futures if not future.is_done]


def wait_for(loop, futures, timeout):
    """Wait in simulated time until all are done, or `timeout` seconds have passed."""
    until = loop.now + timeout
    while loop.now < until and (missing := [f for f in futures if not f.is_done]):
        for future in missing:
            future.waiter = loop.current
        loop.wait(until - loop.now)
        for future in missing:
            future.waiter = None
    return Waited(futures)
