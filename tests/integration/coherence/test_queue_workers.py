"""Programs that run on after a release: their command must really have restarted them."""

import subprocess
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from deployments.errors import StepFailed
from deployments.pipeline.steps.command import Command
from deployments.plan import CommandPlan

from .conftest import NEW

LOOP = """<?php
file_put_contents($argv[1], getmypid());
while (true) { usleep(50000); }
"""


class Supervisor:
    """Starts the site's queue worker whenever it has ended, as systemd or supervisord would."""

    def __init__(self, it, *, starts=100, name="queue"):
        root = it.host.root
        self.script, self.pid_file = root / "current/queue.php", root / f"shared/storage/{name}.pid"
        for folder in (root / "releases").iterdir():
            (folder / "queue.php").write_text(LOOP)
        self._user = it.host.account.uid if it.host.account else None
        self._left, self._ended = starts, threading.Event()
        self.pids = []

    def run(self):
        while self._left and not self._ended.is_set():
            self._left -= 1
            process = subprocess.Popen(["php", str(self.script), str(self.pid_file)],
                                       user=self._user)
            self.pids.append(process.pid)
            while process.poll() is None:
                if self._ended.wait(0.05):
                    process.kill()
                    process.wait()


@contextmanager
def queue(it, **over):
    supervisor = Supervisor(it, **over)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    while not supervisor.pid_file.exists():
        time.sleep(0.05)
    yield supervisor
    supervisor._ended.set()
    thread.join()


def run(it, text, *, restarts, limit_s=3):
    command = CommandPlan(text, limit_s, False, restarts=restarts)
    ctx = it.ctx(plan=SimpleNamespace(after=(command,), commit_sha="c0ffee"))
    ctx.plan.targets = (ctx.target,)
    Command("after").run(ctx)


def test_a_command_that_restarts_them_is_proved_by_new_pids(rig):
    """Those that ran before are gone and others are there."""
    with rig(kind="realpath") as it, queue(it) as supervisor:
        it.switch(NEW)
        run(it, 'kill "$(cat ../../shared/storage/queue.pid)"', restarts=str(supervisor.script))
        first, second = supervisor.pids
    assert "1 process with “" in it.said[0]
    assert it.said[-1] == f"1 process of before gone; 1 process started since (pids {second})"
    assert first != second


def test_one_that_ends_its_work_first_is_waited_for(rig):
    """Up to the command's own limit."""
    with rig(kind="realpath") as it, queue(it) as supervisor:
        run(it, 'kill_later() { sleep 1; kill "$(cat ../../shared/storage/queue.pid)"; }; '
                "kill_later >/dev/null 2>&1 & sleep 1.5", restarts=str(supervisor.script))
    assert it.said[-1].startswith("1 process of before gone; 1 process started since")


def test_a_command_that_restarts_nothing_fails(rig):
    """It ended well, and the version before goes on in the background."""
    with rig(kind="realpath") as it, queue(it) as supervisor:
        with pytest.raises(StepFailed) as failed:
            run(it, "true", restarts=str(supervisor.script), limit_s=1)
        assert str(failed.value) == (
            f"web-9: 1 process with “{supervisor.script}” in the command line "
            f"(pids {supervisor.pids[0]}) ran before “true” and still so 1 s after it, with the "
            "version before.")


def test_one_of_several_that_was_left_out_fails(rig):
    """That others are new helps nobody whose order it works on."""
    with rig(kind="realpath") as it, queue(it) as supervisor, queue(it, name="mail") as left, \
            pytest.raises(StepFailed, match=rf"1 process .*pids {left.pids[0]}\) ran before"):
        run(it, 'kill "$(cat ../../shared/storage/queue.pid)"', limit_s=1,
            restarts=str(supervisor.script))


def test_workers_that_do_not_come_back_fail(rig):
    """Nothing watches over them: the queue would stand still."""
    with rig(kind="realpath") as it, queue(it, starts=1) as supervisor, \
            pytest.raises(StepFailed, match=r"none of the 1 processes with .* came back within 1"):
        run(it, 'kill "$(cat ../../shared/storage/queue.pid)"', limit_s=1,
            restarts=str(supervisor.script))


def test_where_none_ran_none_must_run_afterwards(rig):
    """A server without queue workers: the command may stand in the project all the same."""
    with rig(kind="realpath") as it:
        run(it, "true", restarts=f"{it.root}/current/queue.php")
    assert it.said[-1] == "None ran before; 0 processes started since"
