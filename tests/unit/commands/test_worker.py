"""The worker as a process: it starts on a migrated database only, and ends when it is told to."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def environment(tmp_path):
    """A process environment with a database of its own."""
    return {**os.environ, "DATA_DIR": str(tmp_path), "WORKERS": "1"}


def manage(*arguments, environment):
    return subprocess.run([sys.executable, "manage.py", *arguments], env=environment,
                          capture_output=True, text=True, check=False, timeout=120)


def test_a_worker_refuses_a_database_that_is_not_migrated(environment):
    """Exit code 1 and what to do."""
    ended = manage("worker", environment=environment)
    assert ended.returncode == 1
    assert "Run `manage.py migrate` first." in ended.stderr


def test_a_worker_refuses_settings_that_are_not_safe(environment):
    """A lease shorter than its heartbeats: the system check's own sentence."""
    assert manage("migrate", "-v0", environment=environment).returncode == 0
    ended = manage("worker", environment=environment | {"LEASE_S": "5"})
    assert ended.returncode == 1
    assert "LEASE_S must be at least three times HEARTBEAT_S." in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_when_it_is_told_to(number, environment):
    """It leaves with 0, and no process of its group stays behind."""
    assert manage("migrate", "-v0", environment=environment).returncode == 0
    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], env=environment,
                              stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                              start_new_session=True)
    try:
        _wait_for_line(worker, "running.")
        worker.send_signal(number)
        assert worker.wait(60) == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(worker.pid, 0)
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.stderr.close()
        worker.wait(10)


def _wait_for_line(process, words, *, limit_s=60):
    until = time.monotonic() + limit_s
    for line in process.stderr:
        if words in line:
            return
        assert time.monotonic() < until
    raise AssertionError("the worker ended before it said so")
