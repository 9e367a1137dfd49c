"""One django-q2 cluster as a process group of its own: its start, its pulses, and its end."""

import os
import signal
import subprocess
import sys
import time

from django.conf import settings

from ... import queue as messages
from ...services import clusters
from . import processes

START_S = 60
"""A cluster that starts may be quiet for so long, however small PULSE_LIMIT_S is."""
AT_WORK_S = 900
"""A task without a lease may keep a worker for so long. The longest, reading a git host, gives up
after FETCH_S, ten minutes; one that never ends would otherwise take its worker away for ever."""
GRACE_S = 1.5
KEPT = 5


def workers_of(name):
    """How many workers the cluster of this queue has."""
    other = settings.Q_CLUSTER["ALT_CLUSTERS"].get(name, {})
    return other.get("workers", settings.Q_CLUSTER["workers"])


class Cluster:
    """A running cluster; its leader is a child of this process and the first of its group."""

    def __init__(self, machine, name, *, pulse_at=None):
        self.name, self.workers = name, workers_of(name)
        self.started_at = time.monotonic()
        self.silent_s = self.quiet_s = 0.0
        self.has_answered = False
        self.pulses = []
        self._machine, self._asked_at, self._pulse_at = machine, -float("inf"), pulse_at
        self.process = subprocess.Popen(
            [sys.executable, *sys.orig_argv[1:], "--skip-checks", "--only", name],
            stdin=subprocess.DEVNULL, process_group=0,
            env={**os.environ, "Q_CLUSTER_NAME": name})

    @property
    def group(self):
        return self.process.pid

    @property
    def limit_s(self):
        """How long it may be quiet before somebody looks at what its workers do."""
        least = 0 if self.has_answered else START_S
        return max(settings.PULSE_LIMIT_S, least)

    def listen(self, pulse_at, *, since_s):
        """Count how long no task was begun: `silent_s`; and `quiet_s`, of it since forgive()."""
        if pulse_at in (None, self._pulse_at):
            self.silent_s += since_s
            self.quiet_s += since_s
        else:
            self._pulse_at, self.has_answered = pulse_at, True
            self.silent_s = self.quiet_s = 0.0

    def forgive(self):
        """It is quiet for a reason: somebody looks again after limit_s."""
        self.quiet_s = 0.0

    def ask(self):
        """Send a pulse when it is time to, and the last one is not in line any more."""
        if time.monotonic() - self._asked_at < settings.PULSE_S:
            return
        if self.pulses and messages.is_in_line(self.pulses[-1]):
            return
        self.pulses = [*self.pulses[1 - KEPT:], clusters.ask(self._machine, self.name)]
        self._asked_at = time.monotonic()

    def busy(self):
        """Its processes that hold a row, or work on a task without a lease, but not for ever.

        While it is silent no task is begun: whoever is at work has been so for longer.
        """
        left = processes.members(self.group)
        holders = clusters.lease_holders(left)
        if self.silent_s >= AT_WORK_S:
            return holders
        return holders | {
            pid for pid, each in left.items()
            if each.name.startswith(clusters.AT_WORK) and not each.is_stopped}


class Ending:
    """A cluster that was told to end: who is idle ends at once, who holds a row hands it over."""

    def __init__(self, cluster):
        self._process, self._group = cluster.process, cluster.group
        self._told_at = time.monotonic()
        processes.send(self._group, signal.SIGTERM)

    def is_over(self, lease_holders):
        """Whether no process is left; the last ones are killed when they hold nothing any more,
        or when STOP_LIMIT_S is over. `lease_holders(pids)` says who holds a row."""
        self._process.poll()
        left = processes.members(self._group)
        if not left:
            return True
        took_s = time.monotonic() - self._told_at
        if took_s >= settings.STOP_LIMIT_S or (took_s >= GRACE_S and not lease_holders(left)):
            processes.send(self._group, signal.SIGKILL)
        return False
