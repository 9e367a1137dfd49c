"""A process that outlives its parent just long enough to remove what the parent left.

Ctrl-C and exceptions are handled where they happen; a killed process can handle nothing. So each
sandbox tells its keeper what it is about to make, and the keeper removes it once the parent is gone
or says that it has finished. It runs as `python -m tests.sandbox.keeper PARENT_PID`.
"""

import contextlib
import os
import pwd
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.sandbox.accounts import Account
from tests.sandbox.daemons import descendants, kill, remove_folder

KINDS = ("account", "file", "folder", "session")
PATIENCE_S = 10
QUIET_S = 1  # a child forked just before the parent died may not have become its program yet


class Keeper:
    """`keeper.mind("folder", path)` before making it; `close()` after removing it oneself.

    `account` is a system user's name; `file` one that lies outside of all folders; `folder` also
    stands for every process whose command line names it; `session` is
    the process id of a daemon that leads a session, with all its members.
    """

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox.keeper", str(os.getpid())],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal must not reach it
        )

    def mind(self, kind: str, name: object) -> None:
        self._tell(kind, name)

    def forget(self, kind: str, name: object) -> None:
        """Take back mind(), for example of a session that ended: its number may be used again."""
        self._tell(f"forget-{kind}", name)

    def close(self) -> None:
        """Return when everything minded is gone; a second call does nothing."""
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _tell(self, word: str, name: object) -> None:
        self._process.stdin.write(f"{word} {name}\n".encode())
        self._process.stdin.flush()


def watch(parent: int) -> dict[str, list[str]]:
    """Read orders from standard input; return what is minded once the parent is gone or done."""
    minded: dict[str, list[str]] = {kind: [] for kind in KINDS}
    rest = b""
    for block in _blocks(parent):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            word, _, name = line.decode().partition(" ")
            if word.startswith("forget-"):
                minded[word.removeprefix("forget-")].remove(name)
            else:
                minded[word].append(name)
    return minded


def _blocks(parent: int):
    """Yield what arrives until the pipe ends, or holds nothing more and the parent is gone.

    A forked child of the parent keeps the pipe open: its end alone would not tell.
    """
    os.set_blocking(0, False)
    poll = select.poll()
    poll.register(0, select.POLLIN)
    with contextlib.suppress(ProcessLookupError):
        poll.register(os.pidfd_open(parent), select.POLLIN)
    while poll.poll():
        try:
            block = os.read(0, 65536)
        except BlockingIOError:
            return
        if not block:
            return
        yield block


def clean(minded: dict[str, list[str]], *, quiet_s: float) -> None:
    """End the processes, then remove the accounts and folders; what is gone already is fine.

    The processes have ended when none was seen for `quiet_s` seconds.
    """
    sessions = {int(name) for name in minded["session"]}
    until = time.monotonic() + PATIENCE_S
    quiet_at = time.monotonic() + quiet_s
    while (now := time.monotonic()) < until:
        if pids := _left(sessions, minded["folder"]):
            quiet_at = now + quiet_s
        elif now >= quiet_at:
            break
        # useradd may be at work for a parent that is gone: half an account is worse than none.
        kill([pid for pid in pids if _program(pid) != "useradd"])
        time.sleep(0.05)
    for name in minded["account"]:
        account = Account()
        account.name = name
        with contextlib.suppress(KeyError):
            account.home = Path(pwd.getpwnam(name).pw_dir)
            account.remove()
    for name in minded["folder"]:
        remove_folder(Path(name))
    for name in minded.get("file", ()):
        Path(name).unlink(missing_ok=True)


def _left(sessions: set[int], folders: list[str]) -> list[int]:
    """Return the processes that are left; a daemon found by its folder adds its session, so that
    a worker it forks just now, whose command line names nothing, is found the next time."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        with contextlib.suppress(OSError):
            state, _, _, session = (process / "stat").read_text().rpartition(")")[2].split()[:4]
            command = (process / "cmdline").read_text(errors="replace")
            named = any(folder in command for folder in folders)
            if named and int(session) == pid:
                sessions.add(pid)
            if state != "Z" and pid != os.getpid() and (int(session) in sessions or named):
                found += [*descendants(pid), pid]
    return found


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = int(sys.argv[1])
    minded = watch(parent)
    # The parent is this process's own, as long as it lives.
    clean(minded, quiet_s=0 if os.getppid() == parent else QUIET_S)
