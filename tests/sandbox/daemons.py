"""Child processes on loopback: free ports, readiness, and an end by process id only.

Other sandboxes run the same programs on this machine, so nothing here ever looks for a process by
its name.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# Below Linux's ephemeral range: no outgoing connection can take the port between choice and use.
PORTS = range(20000, 32000)


class NotReady(Exception):
    """The daemon died or stayed silent; the message holds the end of its log."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nothing listens right now."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise NotReady("no free port on 127.0.0.1")


def open_folder(prefix: str = "releasemgr-") -> Path:
    """Return a new temporary folder that other accounts may enter (pytest's own are 0700)."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder made by open_folder; what daemons still write into it is no error."""
    shutil.rmtree(folder, ignore_errors=True)


def answers(address: str | tuple[str, int]) -> bool:
    """Return whether a unix socket path, or a (host, port), accepts a connection."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes below `pid`, children before grandchildren."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, ()))
    for child in found:
        found.extend(children.get(child, ()))
    return found


def heed_signals():
    """For `preexec_fn`: a run in the background, or under nohup, ignores some signals, and what it
    starts would too."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def living(pids: Sequence[int]) -> list[int]:
    """Return those of the processes that have not ended; a zombie only waits to be collected."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                found.append(pid)
    return found


def kill(pids: Sequence[int], number: int = signal.SIGKILL) -> None:
    """Send a signal to each process; one that is gone already is no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Daemon:
    """One foreground child; `with Daemon(...)` starts it and always ends it and its children."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log_path: Path,
        ready: Callable[[], bool],
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        patience_s: float = 20,
    ):
        self.argv, self.log_path, self.ready = list(argv), log_path, ready
        self.env, self.cwd, self.patience_s = env, cwd, patience_s
        self.process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log(self) -> str:
        """Return what the daemon wrote so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self) -> "Daemon":
        """Start and wait until `ready()`; NotReady with the log's end when that never comes."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
            )
        until = time.monotonic() + self.patience_s
        while not self.ready():
            if not self.running() or time.monotonic() > until:
                self.stop()
                raise NotReady(f"{' '.join(self.argv)} did not get ready: {self.log()[-2000:]}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """End it and everything below it, by process id; a second call does nothing."""
        if not self.running():
            return
        below = descendants(self.pid)
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        kill(below)

    def __enter__(self) -> "Daemon":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()
