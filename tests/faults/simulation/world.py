"""World: one run of the whole house in simulated time: people, queue, workers, reaper, servers."""

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from unittest import mock

from django.utils import timezone

from deployments import clock, queue
from deployments.models import Deployment
from deployments.pipeline import claim, crew, handover, runner
from deployments.pipeline.ports import Ports
from deployments.services import lost

from . import faults as kind_of
from . import people
from .connection import Door, Site, opener
from .loop import Killed, Loop, Process, Threads, wait_for

REAP_S = 20
PAUSE_S = 400  # far longer than the lease, the reaper's turn and what a successor needs
LATE_S = 90
SKEWS_S = (0.0, 0.0, -300.0, 300.0)
"""How wrong the clocks of workers' machines are; an hour or a second would change no more."""
DAY_S = 86_400
HOLDS_WITHOUT_LOCK = """
    SELECT 1 FROM deployments_deployment AS row
    WHERE row.id = %s AND row.owner = %s AND row.lease_until > %s AND NOT EXISTS (
        SELECT 1 FROM deployments_cachelock AS lock
        JOIN deployments_server AS server ON server.id = lock.server_id
        WHERE lock.deployment_id = row.id AND server.name = %s AND lock.master = %s)"""
START = 1_800_000_000.0


class World:
    """`machines` by name; `faults` decides what goes wrong; `rng` makes it all uneven, if given."""

    def __init__(self, memory, machines, faults, rng=None, *, now=START):
        self.memory, self.machines, self.faults, self.rng = memory, machines, faults, rng
        self.loop, self.began_at = Loop(now), now
        self.supervisor = Process("supervisor")
        self.workers, self.violations, self.losses = [], [], []
        self.people, self.decisions = 0, 0  # still at work
        self.choice = Deployment.PUT_BACK  # what people decide without dice
        self.skew_s = 0.0  # of the machine of whoever takes a message, without dice
        self.kills, self.loss = 0, 0.0  # share of messages that get lost, and that come twice
        self.wakes, self.takings = [], []  # (time, deployment): by the reaper; by a worker
        self._unsent, self._on_their_way, self._watches_writes = [], 0, True
        self.ports = Ports(
            open_connection=opener(self), site=Site, fastcgi_door=Door,
            threads=lambda count: Threads(self.loop, self.rng),
            witness=lambda ctx: None)

    @contextmanager
    def in_charge(self):
        """Time, queue and process identity are ours."""
        with ExitStack() as stack:
            for module, name, value in (
                    (clock, "monotonic", lambda: self.loop.now),
                    (clock, "now_s", self._clock),
                    (clock, "sleep", self.loop.wait),
                    (timezone, "now", lambda: datetime.fromtimestamp(self._clock(), UTC)),
                    (crew, "wait", lambda futures, timeout: wait_for(self.loop, futures, timeout)),
                    (queue, "async_task", self._send),
                    (claim, "worker_name", lambda: self.loop.current.process.name),
                    (handover, "is_asked", lambda: self.loop.current.process.is_asked)):
                stack.enter_context(mock.patch.object(module, name, value))
            self.memory.observer = self
            try:
                yield self
            finally:
                self.memory.observer = None

    def run(self, *people, limit_s=DAY_S):
        """Let these people (functions) act, and go on until everything has ended."""
        with self.in_charge():
            self.loop.spawn(self._reap, self.supervisor)
            for number, person in enumerate(people):
                self.people += 1
                self.loop.spawn(lambda person=person: self._live(person),
                                Process(f"person {number}"))
            if not self.loop.run(self._is_quiet, until=self.began_at + limit_s):
                self.violations.append(f"not everything ended within {limit_s / 3600:g} h")
        return self

    def _live(self, person):
        person(self)
        self.people -= 1

    def _is_quiet(self):
        if self.people or self._on_their_way or any(not worker.is_over for worker in self.workers):
            return False
        return not Deployment.objects.active().exists()

    def _clock(self):
        """The time of the process's own machine; the database's is the true one."""
        task = self.loop.current
        return self.loop.now + (task.process.skew_s if task else 0.0)

    def _now(self):
        return datetime.fromtimestamp(self.loop.now, UTC)

    def _reap(self):
        while True:
            lost.wake_lost()
            self.loop.wait(REAP_S)

    def _send(self, task, pk, **options):
        """A message is sent when its transaction is written."""
        self._unsent.append((task, pk))
        if self.loop.current and self.process is self.supervisor:
            self.wakes.append((self.loop.now, pk))
        if not self.memory.in_atomic_block:
            self.written()

    def written(self):
        for task, pk in self._unsent:
            if task == queue.DEPLOY and not (self.rng and self.rng.random() < self.loss):
                for _ in range(1 + bool(self.rng and self.rng.random() < self.loss)):
                    self.deliver(pk, after_s=self.latency_s())
        self._unsent = []

    def undone(self):
        self._unsent = []

    def deliver(self, pk, *, after_s=0.0):
        """A worker takes the message."""
        worker = Process(f"worker {len(self.workers) + 1}")
        worker.deployment, worker.may_fail = pk, True
        worker.skew_s = self.rng.choice(SKEWS_S) if self.rng else self.skew_s
        self.workers.append(worker)
        self.loop.spawn(lambda: self._work(pk), worker, after_s=after_s)
        return worker

    def _work(self, pk):
        runner.run_deployment(pk, self.ports)

    @property
    def process(self):
        return self.loop.current.process

    def latency_s(self):
        return self.rng.uniform(0.005, 0.3) if self.rng else 0.02

    def alive(self):
        """Killed, when the process that asks is dead: so nothing it still tries takes effect."""
        if self.is_unwinding():
            raise Killed

    def is_unwinding(self):
        return self.loop.current is not None and self.loop.current.process.is_dead

    def perform(self, name, effect, *, kinds, lost, machine):
        """Do something on another machine, with whatever goes wrong there."""
        process = self.process
        self._acts(process)
        kind = self.faults.meet(name, kinds)
        self._befall(kind, process, machine)
        if kind == kind_of.LOST_BEFORE:
            raise lost()
        if kind in (kind_of.KILL_LATE, kind_of.LOST_LATE):
            self._on_their_way += 1
            self.loop.spawn(lambda: self._late(effect, machine), Process(f"late {name}"),
                            after_s=self.late_s())
            if kind == kind_of.KILL_LATE:
                self.kill(process)
            raise lost()
        result = effect()
        machine.let_visitors_in()
        self.look(machine)
        if kind == kind_of.LOST_AFTER:
            raise lost()
        return result

    def _late(self, effect, machine):
        self._on_their_way -= 1
        effect()
        machine.let_visitors_in()
        self.look(machine)

    def late_s(self):
        return self.rng.choice((0.5, 5, LATE_S)) if self.rng else LATE_S

    def meet_write(self, name):
        """A transaction, or a write of its own, is about to begin; return its fault."""
        task = self.loop.current
        if task is None or task.process not in self.workers or not self._watches_writes:
            return None
        if self.rng:
            self.loop.wait(self.rng.uniform(0, 0.01))
        if name != "claim.take":  # a second message may try that, and no more
            self._acts(task.process)
        kind = self.faults.meet(f"db {name}", kind_of.ROWS)
        self._befall(kind, task.process)
        return kind

    def _acts(self, process):
        """Of one deployment's workers one acts; others were killed, asked to end, or stopped.

        Who was stopped may try: the fences are there for that.
        """
        if process.is_acting or process.was_stopped or process.is_asked:
            return
        for other in self.workers:
            if other.deployment == process.deployment and other.is_acting and \
                    not other.is_dead and not other.is_over and not other.is_asked:
                self.violations.append(f"{process.name} took over from {other.name}, which lives")
        process.is_acting = True
        self.takings.append((self.loop.now, process.deployment))

    def _befall(self, kind, process, machine=None):
        if kind == kind_of.KILL:
            self.kill(process)
        elif kind == kind_of.PAUSE:
            self.pause(process)
        elif kind == kind_of.TWICE:
            self.deliver(process.deployment)
            self.loop.wait(1)
        elif kind == kind_of.TERM:
            process.is_asked = True
        elif kind == kind_of.WISH:
            self._watches_writes = False  # it is a person's
            people.wishes(process.deployment)
            self._watches_writes = True
        elif kind == kind_of.BY_HAND:
            machine.switch_by_hand()

    def kill(self, process):
        self.kills += 1
        if process.is_acting:
            self.losses.append((self.loop.now, process.deployment))
        self.loop.kill(process)

    def pause(self, process):
        process.is_acting, process.was_stopped = False, True
        self.loop.stop(process, self.rng.uniform(20, PAUSE_S) if self.rng else PAUSE_S)

    def look(self, machine):
        """Visitors never get a page from a release that is not there."""
        for folder in machine.folders.values():
            if folder.live and folder.live not in folder.releases:
                self.violations.append(
                    f"{machine.name} {folder.root}: current names {folder.live}, which is not "
                    "there")

    def note_use(self, machine, master, act):
        """Who holds a deployment acts on an OPcache only under the lock of its master."""
        process = self.process
        if act in ("status", "scripts"):
            return
        with self.memory.cursor() as cursor:  # not through models: this happens at each question
            cursor.execute(HOLDS_WITHOUT_LOCK, [process.deployment, process.name, self._now(),
                                                machine.name, master.name])
            holds_without_lock = cursor.fetchone()
        if holds_without_lock:
            self.violations.append(f"{process.name} sent {act} to {master.name} of "
                                   f"{machine.name} without holding its lock")
