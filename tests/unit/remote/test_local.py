"""The connection to this machine: bounded, with an environment of its own, leaving nothing."""

import io
import os
import socket
import time
from pathlib import Path

import pytest

from deployments.remote import scripts
from deployments.remote.faults import DoorUnusable, TimedOut
from deployments.remote.local import LocalConnection
from tests.unit.remote.nasty import STRINGS, make_scripts, unhex

AS_ROOT = os.getuid() == 0


def is_running(pid: int) -> bool:
    """Return whether a process still does anything (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def has_ended(pid: int) -> bool:
    """Return whether a process ends soon: one that is killed takes its moment on a busy machine."""
    until = time.monotonic() + 30
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_running(pid)


def test_arguments_arrive_byte_for_byte(monkeypatch, tmp_path):
    """Scripts and commands receive hostile strings as they are."""
    monkeypatch.setattr(scripts, "FOLDER", make_scripts(tmp_path))
    local, out = LocalConnection(), io.BytesIO()
    assert unhex(local.run_script("echo.sh", *STRINGS, timeout_s=60).values) == STRINGS
    local.run(["printf", "%s\\0", *STRINGS], stdout=out, timeout_s=60)
    assert out.getvalue().decode().split("\0")[:-1] == STRINGS
    assert local.commands == 2


def test_nothing_of_our_environment_is_inherited(monkeypatch):
    """A build cannot read the secrets of this process from its own environment."""
    monkeypatch.setenv("SECRET_KEY", "CANARY")
    seen = LocalConnection(env={"REVISION": "abc"}).run(["env"], timeout_s=60).lines
    assert {line.partition("=")[0] for line in seen} == {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "REVISION"
    }  # fmt: skip
    assert not any("CANARY" in line for line in seen)


def test_what_a_command_leaves_behind_is_ended_after_success_too():
    """The whole process group is killed at the end, however the command ended."""
    result = LocalConnection().run(["sh", "-c", "sleep 600 & echo $!"], timeout_s=60)
    assert result.ok
    assert has_ended(int(result.lines[0]))


def test_a_command_over_its_limit_is_ended_with_its_children():
    """Total and silence limit both end everything, and say so."""
    seen = []
    limits = [({"timeout_s": 5}, "did not finish"), ({"timeout_s": 60, "silence_s": 5}, "wrote")]
    for limit, told in limits:
        with pytest.raises(TimedOut, match=f"{told}.* and was ended"):
            LocalConnection().run(["sh", "-c", "sleep 600 & echo $!; wait"],
                                  on_line=seen.append, **limit)  # fmt: skip
    assert len(seen) == 2
    assert all(has_ended(int(pid)) for pid in seen)


def test_streams_are_exact_in_both_directions_at_once():
    """20 MB go in and come out unchanged while stderr is flooded."""
    sent, received = os.urandom(20_000_000), io.BytesIO()
    noise = "head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; cat"
    local = LocalConnection()
    result = local.run(["sh", "-c", noise], stdin=io.BytesIO(sent), stdout=received, timeout_s=60)
    assert result.ok
    assert received.getvalue() == sent
    assert len(result.stderr) < 1_000_000


def test_endings_are_told_apart():
    """A code is a code, a signal is unknown, a missing program is 127 with its name."""
    local = LocalConnection()
    assert local.run(["sh", "-c", "exit 83"], timeout_s=60).exit_code == 83
    assert local.run(["sh", "-c", "kill -9 $$"], timeout_s=60).exit_code is None
    missing = local.run(["no-such-program"], timeout_s=60)
    assert (missing.exit_code, "no-such-program" in missing.last_line) == (127, True)
    assert local.run(["/etc"], timeout_s=60).exit_code == 126


def test_a_command_need_not_read_its_input():
    """Input left over is no failure."""
    result = LocalConnection().run(["true"], stdin=io.BytesIO(b"x" * 5_000_000), timeout_s=60)
    assert result.ok


def test_input_that_cannot_be_read_is_not_taken_for_its_end():
    """Half an archive must never look like a whole one."""

    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        LocalConnection().run(["cat"], stdin=Broken(), timeout_s=60)


@pytest.mark.skipif(not AS_ROOT, reason="only root can run commands as somebody else")
def test_commands_run_as_another_user_with_that_users_groups_only():
    """No group, no identity and no file descriptor of ours reaches the other user."""
    result = LocalConnection("www-data").run(
        ["sh", "-c", "id -u; id -G; cd ~ 2>/dev/null; ls /proc/self/fd | wc -l"], timeout_s=60
    )
    assert result.lines[:2] == ("33", "33")
    assert int(result.lines[2]) <= 4
    refused = LocalConnection("www-data").run(["cat", "/etc/shadow"], timeout_s=60)
    assert refused.exit_code == 1


def test_sockets_of_this_machine_can_be_opened(tmp_path):
    """A unix socket, a port, and a sentence when nothing is there."""
    path = str(tmp_path / "s.sock")
    with socket.socket(socket.AF_UNIX) as unix, socket.create_server(("127.0.0.1", 0)) as tcp:
        unix.bind(path)
        unix.listen()
        for address in (path, f"127.0.0.1:{tcp.getsockname()[1]}"):
            LocalConnection().open_socket(address).close()
    with pytest.raises(DoorUnusable, match=r"s\.sock: Connection refused"):
        LocalConnection().open_socket(path)
    with pytest.raises(ValueError, match="neither"):
        LocalConnection().open_socket("relative.sock")
