"""Over a real sshd: a connection dies, the project's command does not, and is not run twice."""

import io
import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deployments.remote.faults import ConnectionLost
from deployments.remote.ssh import Connection
from tests.integration.remote.conftest import host_of, until
from tests.sandbox.blackhole import SILENT, Blackhole
from tests.unit.scripts.commands import is_waited_for
from tests.unit.scripts.server import RELEASE, archive_of

KEY = "7-before-0"
LONG = "echo ran >>../../ran; i=0; while [ ! -e ../../go ]; do i=$((i+1)); echo line $i; " \
       "sleep 0.02; done; echo done >>../../ran"


@pytest.fixture
def root(folder):
    """A site's folder that the account may write in, with one release."""
    path = folder / f"site-{time.monotonic_ns()}"
    (path / "releases" / RELEASE).mkdir(parents=True)
    for each in (path, *path.rglob("*")):
        each.chmod(0o777)
    yield path
    (path / "go").touch()
    shutil.rmtree(path, ignore_errors=True)


def command(connection, root, *, fence=1, text=LONG, on_line=None):
    return connection.run_script("command.sh", root, fence, KEY, RELEASE, 60, text, timeout_s=90,
                                 on_line=on_line).values


def ran(root):
    return (root / "ran").read_text().split() if (root / "ran").exists() else []


def kill_sshd_children(sshd):
    """As a crash of the network process: what it started is left alone."""
    for pid in sshd.connections():
        try:
            if Path(f"/proc/{pid}/comm").read_text().startswith("sshd"):
                os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue


@pytest.mark.parametrize("end", ["sshd's processes are killed", "the worker's end is closed"])
@pytest.mark.parametrize("fence", [1, 2])
def test_a_command_survives_its_connection_and_is_not_run_twice(host, sshd, root, end, fence):
    """It prints all the time, into nothing; the same worker or its successor waits for it."""
    with Connection.open(host) as connection:
        def lose(_line):
            if "sshd" in end:
                kill_sshd_children(sshd)
            else:
                connection.close()

        with pytest.raises(ConnectionLost):
            command(connection, root, on_line=lose)
    time.sleep(0.3)
    assert ran(root) == ["ran"]
    with Connection.open(host) as connection, ThreadPoolExecutor() as pool:
        again = pool.submit(command, connection, root, fence=fence)
        until(lambda: again.done() or is_waited_for(sshd.pid))
        (root / "go").touch()
        assert again.result() == {"exit": "0", "ran_before": "1", "waited": "1"}
        assert command(connection, root, fence=fence) == {"exit": "0", "ran_before": "1"}
    assert ran(root) == ["ran", "done"]


def test_a_silent_network_does_not_hold_the_command(host, sshd, root):
    """Nothing is closed and nothing read: its successor's call lets the output flow again."""
    text = "echo ran >>../../ran; seq 2000000; echo done >>../../ran"
    network = Blackhole(sshd.port)

    def fall_silent(_line):
        network.mode = SILENT

    def lose():
        with pytest.raises(ConnectionLost):
            command(connection, root, text=text, on_line=fall_silent)
        return True

    with (
        network,
        Connection.open(host_of(sshd, port=network.port)) as connection,
        ThreadPoolExecutor() as pool,
    ):
        lost = pool.submit(lose)
        until(lambda: ran(root))
        time.sleep(1)
        assert ran(root) == ["ran"]
        with Connection.open(host) as other:
            values = command(other, root, fence=2, text=text)
        assert values == {"exit": "0", "ran_before": "1", "waited": "1"}
        assert ran(root) == ["ran", "done"]
        assert lost.result()


def test_sshd_gives_each_command_a_session_that_can_be_ended(host, root):
    """One that got the lock and stands still is ended by a newer worker, its connection is not."""
    ours = root / ".releasemgr"
    stand_still = (
        f'exec 9>>"{ours}/lock"; flock 9; set -- $(cat /proc/$$/stat); '
        f'echo "$$ ${{22}} $6 1" >"{ours}/holder"; sleep 60 & wait'
    )
    with (
        Connection.open(host) as lost,
        Connection.open(host) as successor,
        ThreadPoolExecutor() as pool,
    ):
        lost.run_script("prune.sh", root, 1, timeout_s=60)
        held = pool.submit(lost.run, ["sh", "-c", stand_still], timeout_s=60)
        until(lambda: (ours / "holder").read_text().endswith(" 1\n"))
        switched = successor.run_script("switch.sh", root, 2, f"releases/{RELEASE}", "",
                                        timeout_s=60)
        assert switched.exit_code == 0, switched
        # A login shell that does not make way for the command tells its signal as a code.
        assert held.result().exit_code in (None, 128 + signal.SIGKILL)
        assert lost.run(["true"], timeout_s=60).ok


@pytest.mark.parametrize("shell", ["/usr/bin/tcsh", "/usr/bin/fish", "/bin/bash", "/bin/sh"])
def test_an_archive_arrives_whatever_the_login_shell_is(start_sshd, root, shell):
    """The script travels as one argument, the data alone on stdin."""
    content = os.urandom(3_000_000)
    options = [f'ForceCommand exec {shell} -c "$SSH_ORIGINAL_COMMAND"']
    daemon = start_sshd(f"shell-{Path(shell).name}", options=options)
    with Connection.open(host_of(daemon)) as connection:
        result = connection.run_script("unpack.sh", root, 1, RELEASE, timeout_s=60,
                                       stdin=io.BytesIO(archive_of({"big": content})))
    assert (result.exit_code, result.stderr) == (0, "")
    assert Path(result.values["unpacked"], "big").read_bytes() == content
