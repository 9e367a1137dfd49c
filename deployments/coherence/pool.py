"""Pool: one PHP-FPM pool of one server, asked through its door, and its list of workers."""

import time
from dataclasses import dataclass

from ..errors import StepFailed
from ..remote.faults import DoorUnusable, RemoteFault

BREATH_S = 0.01
PAUSES_S = (0.02, 0.1, 0.2)
NEED_ROSTER = ("status", "probe")


@dataclass(frozen=True)
class Worker:
    """One PHP worker process: `pid` and `start_time` name it, `age_s` is its running request's."""

    pid: int
    start_time: int
    is_idle: bool
    age_s: float
    script: str
    query: str
    requests: int  # answered so far, the one that shows this included

    @property
    def key(self):
        return self.pid, self.start_time


@dataclass(frozen=True)
class Roster:
    """A pool's scoreboard at one moment (fpm_get_status, PHP 7.3 and later)."""

    manager: str
    idle: int
    queued: int
    workers: tuple[Worker, ...]

    @property
    def keys(self):
        return {worker.key for worker in self.workers}


class Pool:
    """Asks control.php in one pool. Each answer carries the worker that gave it and the roster."""

    def __init__(self, plan, door, *, server):
        self.plan = plan
        self.name = plan.name
        self.master = plan.master
        self.server = server
        self.prefix = ""  # learned: the folder the web server hands PHP scripts from
        self.armed = set()  # workers that answered with the old release
        self.probe_file = ""  # a class file both releases have, relative; "" = marker alone
        self._door = door

    def __str__(self):
        return f"PHP pool {self.name} on {self.server}"

    def ask(self, act, *, deadline_s=10, **payload):
        """Return control.php's answer (dict); StepFailed in one sentence when it gave none.

        A pool that starts workers on demand is given a moment afterwards: asked again before the
        worker is back in line, FPM starts another one.
        """
        answer = self._ask(act, deadline_s, payload)
        if (answer.get("pool") or {}).get("manager") == "ondemand":
            time.sleep(BREATH_S)
        return answer

    def _ask(self, act, deadline_s, payload):
        """Ask again when PHP dropped the question, or could not read its own scoreboard just then.

        fpm_get_status() may crash the worker that runs it while FPM starts another one (php-src
        #18595; seen with ondemand pools), and gives nothing while another worker holds it. Only
        our own request is concerned, and every act may be repeated.
        """
        for pause_s in PAUSES_S:
            try:
                answer = self._door.ask(act, deadline_s=deadline_s, **payload)
            except DoorUnusable:
                time.sleep(pause_s)
                continue
            except RemoteFault as fault:
                raise StepFailed(f"{self}: {fault}") from fault
            if answer.get("pool") or act not in NEED_ROSTER:
                return answer
            time.sleep(pause_s)
        try:
            return self._door.ask(act, deadline_s=deadline_s, **payload)
        except RemoteFault as fault:
            raise StepFailed(f"{self}: {fault}") from fault

    def status(self):
        """Return the answer of `status`: opcache, ini, roster and all."""
        return self.ask("status")


def roster_of(answer, pool):
    """Return the Roster in an answer of control.php; StepFailed when PHP has no scoreboard."""
    seen = answer.get("pool")
    if not seen:
        raise StepFailed(
            f"{pool} shows no list of its workers (PHP {answer.get('php', '?')} as "
            f"{answer.get('sapi', '?')}): it must be PHP-FPM 7.3 or newer.")
    return Roster(
        manager=seen["manager"], idle=seen["idle"], queued=seen["listen_queue"],
        workers=tuple(
            Worker(row["pid"], row["start_time"], row["state"] == "Idle", row["age_s"] or 0,
                   row["script"], row["query"], row["requests"])
            for row in seen["procs"]
        ),
    )
