"""The worker as a process: it starts on a migrated database only, and ends when it is told to."""

import os
import signal
import subprocess
import sys

import pytest

from tests.sandbox.daemons import descendants, heed_signals, kill, living


@pytest.fixture
def environment(tmp_path):
    """A process environment with a database of its own."""
    return {**os.environ, "DATA_DIR": str(tmp_path), "WORKERS": "1", "BUILD_WORKERS": "1",
            "PYTHONUNBUFFERED": "1"}


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


def test_a_cluster_is_started_by_its_supervisor_alone(environment):
    """Without one nobody would see that it hangs: exit code 2, and what to run."""
    assert manage("migrate", "-v0", environment=environment).returncode == 0
    ended = manage("worker", "--only", "build", environment=environment)
    assert ended.returncode == 2
    assert "Run `manage.py worker` without --only" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_worker_ends_when_it_is_told_to(number, environment):
    """It leaves with 0, and no process of its session stays behind, nor a row that it is there."""
    assert manage("migrate", "-v0", environment=environment).returncode == 0
    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], env=environment,
                              stdout=subprocess.PIPE, text=True, start_new_session=True,
                              preexec_fn=heed_signals)
    below = []
    try:
        assert worker.stdout.readline() == "The worker takes tasks now.\n"
        below = descendants(worker.pid)
        worker.send_signal(number)
        assert worker.wait(60) == 0
        assert len(below) >= 10
        assert living(below) == []
    finally:
        kill([worker.pid, *below])
        worker.stdout.close()
        worker.wait(10)
