"""The supervisor: keeps a cluster per queue alive, sees that they answer, and wakes lost rows.

It does no work of its own and talks to no other machine. It must outlive what its clusters do not:
a database that is away for a while, and a cluster that hangs or ends.
"""

import contextlib
import logging
import os
import signal
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections

from ... import queue as messages
from ...services import clusters, lost, whereabouts
from .cluster import Cluster, Ending

TICK_S = 0.2
LOOK_S = 0.5
MOST_S = 2.0
"""A look that comes later was held up, or we were stopped: a cluster is not to blame for that."""
STEADY_S = 60
LONGEST_PAUSE_S = 30
KILL_S = 10
"""A process that waits for a disk does not even end when it is killed: nobody waits for it."""

logger = logging.getLogger(__name__)


def pause_after(crashes):
    """Seconds before a cluster starts anew that ended so often, soon after each start."""
    return min(2**crashes - 1, LONGEST_PAUSE_S)


class Supervisor:
    """Runs until SIGTERM, SIGINT or SIGHUP; `say` and `complain` take a sentence each."""

    def __init__(self, *, say, complain):
        self.machine = clusters.name_of(os.getpid())
        self._say, self._complain = say, complain
        self._data_folder = whereabouts.data_folder()
        self._running, self._endings, self._pulses = {}, [], {}
        self._crashes = dict.fromkeys(messages.QUEUES, 0)
        self._start_at = dict.fromkeys(messages.QUEUES, 0.0)
        self._looked_at = self._life_at = self._reaped_at = -float("inf")
        self._is_asked = self._is_away = self._is_ready = False

    def run(self):
        """Keep everything running; return when everything has ended."""
        with self._heeding_signals():
            clusters.register(self.machine, data_folder=self._data_folder)
            self._warn_of_other_folders()
            while not self._is_asked:
                self._look_after()
                time.sleep(TICK_S)
            self._end()

    @contextlib.contextmanager
    def _heeding_signals(self):
        before = {number: signal.getsignal(number)
                  for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        for number, answer in before.items():
            if answer != signal.SIG_IGN:  # nohup
                signal.signal(number, self._ask)
        try:
            yield
        finally:
            for number, answer in before.items():
                signal.signal(number, answer)

    def _ask(self, number, frame):
        self._is_asked = True

    @contextlib.contextmanager
    def _database(self):
        """Do something with the database; while it is away, say so once and leave it."""
        try:
            yield
        except (DatabaseError, InterfaceError) as fault:
            with contextlib.suppress(DatabaseError, InterfaceError):
                connection.close()
            if not self._is_away:
                self._complain("The database does not answer; the supervisor goes on asking. "
                               f"{type(fault).__name__}: {str(fault).strip()}")
            self._is_away = True
        else:
            if self._is_away:
                self._complain("The database answers again.")
            self._is_away = False

    def _look_after(self):
        now = time.monotonic()
        for name in messages.QUEUES:
            self._keep(name, now)
        if now - self._looked_at >= LOOK_S:
            since_s, self._looked_at = min(now - self._looked_at, MOST_S), now
            with self._database():
                self._look(since_s, now)
        self._see_off()

    def _keep(self, name, now):
        cluster = self._running.get(name)
        if cluster is None:
            if now >= self._start_at[name]:
                self._start(name)
        elif (code := cluster.process.poll()) is not None:
            self._replace(cluster, f"ended by itself (exit code {code})")

    def _start(self, name):
        with self._database():
            clusters.take_back(self.machine, name)
        connections.close_all()  # no process may share a connection
        self._running[name] = Cluster(self.machine, name, pulse_at=self._pulses.get(name))

    def _replace(self, cluster, why):
        """End what is left of it, and start it anew: at once, or later when it never lives long."""
        now = time.monotonic()
        lived_s = now - cluster.started_at
        self._crashes[cluster.name] = 0 if lived_s > STEADY_S else self._crashes[cluster.name] + 1
        pause_s = pause_after(self._crashes[cluster.name])
        when = f"in {pause_s} s" if pause_s else "now"
        self._complain(f"The cluster of the queue “{cluster.name}” {why}; it starts anew {when}.")
        self._start_at[cluster.name] = now + pause_s
        self._tell_to_end(cluster)

    def _tell_to_end(self, cluster):
        self._endings.append(Ending(cluster))
        del self._running[cluster.name]
        with self._database():
            messages.drop(cluster.pulses)

    def _look(self, since_s, now):
        self._pulses = clusters.pulses(self.machine)
        for cluster in list(self._running.values()):
            cluster.listen(self._pulses.get(cluster.name), since_s=since_s)
            cluster.ask()
            if cluster.quiet_s >= cluster.limit_s:
                self._judge(cluster)
        if now - self._life_at >= min(settings.PULSE_S, clusters.ALIVE_S / 4):
            clusters.show_life(self.machine, data_folder=self._data_folder)
            self._life_at = now
        if now - self._reaped_at >= settings.REAP_S:
            self._reaped_at = now
            self._reap()
        self._greet()

    def _judge(self, cluster):
        if len(cluster.busy()) >= cluster.workers:
            cluster.forgive()  # all are at work: nobody is free to answer
        else:
            self._replace(cluster, f"has not answered for {cluster.silent_s:.0f} s")

    def _reap(self):
        try:
            lost.wake_lost()
        except (DatabaseError, InterfaceError):
            raise
        except Exception:  # a fault of ours there must not end what keeps everything running
            logger.exception("Lost rows could not be woken")

    def _greet(self):
        is_answered = len(self._running) == len(messages.QUEUES) and all(
            cluster.has_answered for cluster in self._running.values())
        if is_answered and not self._is_ready:
            self._is_ready = True
            self._say("The worker takes tasks now.")

    def _see_off(self):
        self._endings = [each for each in self._endings if not each.is_over(self._lease_holders)]

    def _lease_holders(self, pids):
        with self._database():
            return clusters.lease_holders(pids)
        return set(pids)  # while nobody can tell, each may hold something

    def _warn_of_other_folders(self):
        if others := whereabouts.folders_apart(self.machine):
            self._complain(
                f"{', '.join(others)} works with another data folder than this worker: share "
                "DATA_DIR between all machines, or each can only release what was built there "
                "(docs/operating.md).")

    def _end(self):
        for cluster in list(self._running.values()):
            self._tell_to_end(cluster)
        until = time.monotonic() + settings.STOP_LIMIT_S + KILL_S
        while self._endings and time.monotonic() < until:
            self._see_off()
            time.sleep(TICK_S)
        with self._database():
            clusters.forget(self.machine)
