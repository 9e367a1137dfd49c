"""The worker as a process: it starts on a migrated database only, and ends when it is told to."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.sandbox.daemons import descendants, heed_signals, kill, living


def surroundings(folder):
    """A process environment with a database of its own."""
    return {**os.environ, "DATA_DIR": str(folder), "WORKERS": "1", "BUILD_WORKERS": "1",
            "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def environment(tmp_path):
    return surroundings(tmp_path)


@pytest.fixture(scope="module")
def migrated_folder(tmp_path_factory):
    """Made once: on a busy machine each migration takes minutes."""
    folder = tmp_path_factory.mktemp("migrated")
    ended = manage("migrate", "-v0", environment=surroundings(folder), limit_s=900)
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture
def migrated(migrated_folder, tmp_path):
    """A process environment whose database is migrated."""
    shutil.copytree(migrated_folder, tmp_path, dirs_exist_ok=True)
    return surroundings(tmp_path)


def manage(*arguments, environment, limit_s=120):
    return subprocess.run([sys.executable, "manage.py", *arguments], env=environment,
                          capture_output=True, text=True, check=False, timeout=limit_s)


def test_a_worker_refuses_a_database_that_is_not_migrated(environment):
    """Exit code 1 and what to do."""
    ended = manage("worker", environment=environment)
    assert ended.returncode == 1
    assert "Run `manage.py migrate` first." in ended.stderr


def test_a_worker_refuses_settings_that_are_not_safe(migrated):
    """A lease shorter than its heartbeats: the system check's own sentence."""
    ended = manage("worker", environment=migrated | {"LEASE_S": "5"})
    assert ended.returncode == 1
    assert "LEASE_S must be at least three times HEARTBEAT_S." in ended.stderr


def test_a_cluster_is_started_by_its_supervisor_alone(migrated):
    """Without one nobody would see that it hangs: exit code 2, and what to run."""
    ended = manage("worker", "--only", "build", environment=migrated)
    assert ended.returncode == 2
    assert "Run `manage.py worker` without --only" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_worker_ends_when_it_is_told_to(number, migrated):
    """It leaves with 0, and no process of its session stays behind, nor a row that it is there."""
    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], env=migrated,
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
