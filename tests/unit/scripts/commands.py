"""Commands of a project that are started, waited for and lost, on a folder that plays a server."""

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.sandbox.daemons import descendants
from tests.unit.scripts.server import RELEASE

KEY = "7-before-0"
LONG = "echo ran >>../../ran; while [ ! -e ../../go ]; do sleep 0.05; done; echo done >>../../ran"


def sessions(server):
    return Path(server.paths.ours, "sessions")


def lines(server):
    file = server.root / "ran"
    return file.read_text().split("\n")[:-1] if file.exists() else []


def until(condition, limit_s=30):
    """Wait for a condition; fail when it does not come."""
    ends = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def begin(server, text=LONG, *, fence=1, key=KEY, limit=60):
    """Start a command in a session of its own, as sshd does; it has begun."""
    before = len(lines(server))
    running = server.start("command.sh", server.root, fence, key, RELEASE, limit, text,
                           start_new_session=True)
    running.process.stdin.write(running.stdin)
    running.process.stdin.close()
    running.process.stdin = None
    running.stdin = None
    until(lambda: len(lines(server)) > before)
    return running


def is_waited_for(below):
    """Whether a call below this process has come to wait for the command: command.sh sleeps."""
    commands = []
    for pid in descendants(below):
        with contextlib.suppress(OSError):
            commands.append(Path(f"/proc/{pid}/cmdline").read_bytes())
    return b"sleep\0" + b"0.2\0" in commands


def begin_waiting(server, text=LONG, *, fence):
    """Start the same command again while it runs; it waits for its end."""
    again = server.start("command.sh", server.root, fence, KEY, RELEASE, 60, text)
    again.process.stdin.write(again.stdin)
    again.process.stdin.close()
    again.process.stdin = again.stdin = None
    until(lambda: is_waited_for(again.process.pid))
    return again


def lose(running):
    """What is left when a connection died: nobody reads, and sshd's child is gone."""
    running.process.stdout.close()
    running.process.stderr.close()
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()


def wrapper(server):
    """The first process of the running command's session."""
    return int((sessions(server) / KEY).read_text().split()[0])
