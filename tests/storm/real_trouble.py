"""What is done to a running release manager and its servers: one real kill or stop at a time."""

import contextlib
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from tests.sandbox.daemons import descendants, kill
from tests.storm.real_scene import LEASE_S

KINDS = {
    # kind: how often, against the others
    "worker": 6, "cluster": 3, "sentinel": 3, "cluster's child": 2, "supervisor": 3,
    "told supervisor": 1, "told group": 1, "ssh session": 4, "sshd": 3, "fpm": 3, "nginx": 1,
    "database": 2,
}
STOPPED = {"worker": 0.4, "cluster": 0.3, "sentinel": 0.3, "supervisor": 0.3, "ssh session": 0.4,
           "sshd": 0.4, "fpm": 0.4}
"""How often a kind is paused instead of killed: past the lease, and past what SSH waits."""
PAUSED_S = (LEASE_S + 1, 2 * LEASE_S)
PHP_PAUSED_S = (1, LEASE_S + 2)  # visitors wait as long


@dataclass
class Trouble:
    """One injection: what was hit, how, when, and what is to be done afterwards."""

    kind: str
    signal: str
    at: float
    pid: int = 0
    host: str = ""
    undo_at: float | None = None
    undo: object = None
    hits_run: bool = False  # the worker of the deployment went with it

    def __str__(self):
        return f"{self.signal} {self.kind}{f' of {self.host}' if self.host else ''} ({self.pid})"


class Troublemaker:
    """Injects troubles into a scene and undoes them in time; `excused` are windows in which a
    host had no PHP or no nginx."""

    def __init__(self, scene, rng):
        self.scene, self.rng = scene, rng
        self.done, self._open = [], []
        self._told = set()  # supervisors
        self.excused = []  # (host, from, until), monotonic; until is None while it lasts

    def inject(self, kind, row):
        """Do it now, to whoever fits; None when there is nobody. `row` is the deployment.

        The database, too, may be gone for everybody, ourselves included, until it is undone.
        """
        is_paused = self.rng.random() < STOPPED.get(kind, 0)
        trouble = getattr(self, f"_{kind.replace(' ', '_').replace(chr(39), '')}")(row, is_paused)
        if trouble:
            self.done.append(trouble)
            if trouble.undo:
                self._open.append(trouble)
        return trouble

    def tick(self):
        """Undo what is due."""
        for trouble in [each for each in self._open if each.undo_at <= time.monotonic()]:
            self._open.remove(trouble)
            trouble.undo()

    def undo_all(self):
        """Undo everything now, due or not: servers are up and nobody is paused any more."""
        for trouble in self._open:
            trouble.undo()
        self._open = []

    def _worker(self, row, is_paused):
        pid = pid_of(row.owner)
        return pid and self._hit("worker", pid, is_paused=is_paused, hits_run=True)

    def _cluster(self, row, is_paused):
        leaders = [pid for pid, parent in _tree(self.scene.worker.pid)
                   if parent == self.scene.worker.pid]
        return self._hit_one("cluster", leaders, row, is_paused=is_paused)

    def _sentinel(self, row, is_paused):
        return self._hit_one("sentinel", self._sentinels(), row, is_paused=is_paused)

    def _clusters_child(self, row, is_paused):
        sentinels, busy = self._sentinels(), pid_of(row.owner)
        below = [pid for pid, parent in _tree(self.scene.worker.pid)
                 if parent in sentinels and pid != busy]
        return self._hit_one("cluster's child", below, row, is_paused=False)

    def _supervisor(self, row, is_paused):
        pid = self.scene.worker.pid
        hits_run = not is_paused and bool(pid_of(row.owner))
        return self._hit("supervisor", pid, is_paused=is_paused, hits_run=hits_run)

    def _told_supervisor(self, row, is_paused):
        return self._tell("told supervisor", row, lambda pid: [pid])

    def _told_group(self, row, is_paused):
        """Everybody at once, as systemd does by default."""
        return self._tell("told group", row, lambda pid: [pid, *descendants(pid)])

    def _tell(self, kind, row, whom):
        pid = self.scene.worker.pid
        if pid in self._told or _stat(pid)[0] == "Z":
            return None
        self._told.add(pid)
        kill(whom(pid), signal.SIGTERM)
        return Trouble(kind, "TERM", time.monotonic(), pid, hits_run=bool(pid_of(row.owner)))

    def _ssh_session(self, row, is_paused):
        host = self.rng.choice(self.scene.hosts)
        sessions = [pid for pid in host.sshd.connections() if _program(pid) == "sshd"]
        return self._hit_one("ssh session", sessions, row, is_paused=is_paused, host=host.name)

    def _sshd(self, row, is_paused):
        host = self.rng.choice(self.scene.hosts)
        master = host.sshd.daemon
        if not master.running():
            return None
        if is_paused:  # whoever comes waits for a greeting; who is inside already goes on
            return self._hit("sshd", master.pid, is_paused=True, host=host.name)
        # Only sshd itself: what it had started on the server goes on without it.
        kill([master.pid, *(p for p in descendants(master.pid) if _program(p) == "sshd")])
        master.process.wait()
        now = time.monotonic()
        return Trouble("sshd", "KILL", now, master.pid, host.name,
                       undo_at=now + self.rng.uniform(0.3, 4), undo=host.sshd.start)

    def _fpm(self, row, is_paused):
        host = self.rng.choice(self.scene.hosts)
        if not host.fpm.daemon.running():
            return None
        if is_paused:
            return self._pause_fpm(host)
        pid = host.fpm.pid
        undo = self._excuse(host, host.start_fpm)
        host.kill_fpm()
        now = time.monotonic()
        return Trouble("fpm", "KILL", now, pid, host.name, undo=undo,
                       undo_at=now + self.rng.uniform(0.2, 2))

    def _pause_fpm(self, host):
        """Its master and all its workers stand still, and whoever asked them waits."""
        pid = host.fpm.pid
        if pid in {each.pid for each in self._open}:
            return None
        everybody = [pid, *descendants(pid)]
        undo = self._excuse(host, lambda: kill(everybody, signal.SIGCONT))
        kill(everybody, signal.SIGSTOP)
        now = time.monotonic()
        return Trouble("fpm", "STOP", now, pid, host.name, undo=undo,
                       undo_at=now + self.rng.uniform(*PHP_PAUSED_S))

    def _nginx(self, row, is_paused):
        host = self.rng.choice(self.scene.hosts)
        master = host.nginx.daemon
        if not master.running():
            return None
        undo = self._excuse(host, host.nginx.start)
        kill([master.pid, *descendants(master.pid)])
        master.process.wait()
        now = time.monotonic()
        return Trouble("nginx", "KILL", now, master.pid, host.name, undo=undo,
                       undo_at=now + self.rng.uniform(0.2, 2))

    def _excuse(self, host, undo):
        """From now until `undo`, which is returned, has ended, visitors of this host may fail."""
        window = [host.name, time.monotonic(), None]
        self.excused.append(window)

        def undone():
            undo()
            window[2] = time.monotonic()

        return undone

    def _database(self, row, is_paused):
        server = self.scene.postgres
        if server is None:  # SQLite is a file: nobody there to kill
            return self._worker(row, is_paused)
        pid = server.pid
        if _stat(pid)[0] == "Z":
            return None
        server.interrupt()

        def resume():
            server.resume()
            connection.close()

        now = time.monotonic()
        return Trouble("database", "INT", now, pid, undo=resume,
                       undo_at=now + self.rng.uniform(0.2, LEASE_S / 2))

    def _sentinels(self):
        tree = _tree(self.scene.worker.pid)
        leaders = {pid for pid, parent in tree if parent == self.scene.worker.pid}
        return [pid for pid, parent in tree if parent in leaders]

    def _hit_one(self, kind, pids, row, *, is_paused=False, host=""):
        if not pids:
            return None
        pid = self.rng.choice(sorted(pids))
        busy = pid_of(row.owner)
        hits_run = not is_paused and not host and busy in (pid, *descendants(pid))
        return self._hit(kind, pid, is_paused=is_paused, host=host, hits_run=hits_run)

    def _hit(self, kind, pid, *, is_paused=False, host="", hits_run=False):
        now = time.monotonic()
        is_paused_already = is_paused and pid in {each.pid for each in self._open}
        if is_paused_already or _stat(pid)[0] == "Z":
            return None
        kill([pid], signal.SIGSTOP if is_paused else signal.SIGKILL)
        if not is_paused:
            return Trouble(kind, "KILL", now, pid, host, hits_run=hits_run)
        return Trouble(kind, "STOP", now, pid, host, hits_run=hits_run,
                       undo_at=now + self.rng.uniform(*PAUSED_S),
                       undo=lambda: kill([pid], signal.SIGCONT))


def pid_of(owner):
    """The process id in a row's owner ("host:pid"), if that process lives; else 0."""
    pid = int(owner.rpartition(":")[2] or 0)
    return pid if pid and _stat(pid)[0] not in "Z" else 0


def _tree(pid):
    """[(process, its parent)] of all that run below `pid`."""
    return [(child, parent) for child in descendants(pid) if (parent := _parent(child))]


def _parent(pid):
    return int(_stat(pid)[1])


def _stat(pid):
    """(state, parent) of a process; one that is gone is a zombie without one."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return "Z", 0


def _program(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
