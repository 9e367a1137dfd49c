"""Process groups as Linux shows them in /proc: who is left of one, and signals to all of it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One process; `state` is proc(5)'s letter, `name` what the process calls itself."""

    state: str
    parent: int
    name: str

    @property
    def is_stopped(self):
        return self.state in "Tt"


def members(group):
    """{process id: Process} of the group's processes that have not ended.

    Those that ended and are ours to collect, because nobody else is there, are collected.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            head, _, rest = (entry / "stat").read_text(errors="replace").rpartition(")")
            state, parent, its_group = rest.split()[:3]
            if int(its_group) != group:
                continue
            pid = int(entry.name)
            if state not in "ZX":
                found[pid] = Process(state, int(parent), head.partition("(")[2])
            elif int(parent) == os.getpid() and pid != group:
                os.waitpid(pid, os.WNOHANG)
    return found


def send(group, number):
    """Send a signal to every process of the group; a group that is gone is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
