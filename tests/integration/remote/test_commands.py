"""Commands over a real sshd: exact arguments and streams, limits, and every kind of ending."""

import io
import os
import threading
import time

import pytest

from deployments.remote import scripts, ssh_pulse
from deployments.remote.faults import ConnectionLost, LoginRefused, TimedOut, Unreachable
from deployments.remote.ssh import Connection
from tests.integration.remote.conftest import host_of
from tests.sandbox.blackhole import DRIBBLE, SILENT, Blackhole
from tests.unit.remote.nasty import STRINGS, make_scripts, unhex


@pytest.fixture
def own_scripts(monkeypatch, tmp_path):
    """Small scripts instead of the product's: own_scripts(name=text)."""

    def use(**texts: str) -> None:
        monkeypatch.setattr(scripts, "FOLDER", make_scripts(tmp_path, **texts))

    use()
    return use


class Endless(io.RawIOBase):
    """Input that never ends, and says how much of it was taken."""

    def __init__(self):
        self.taken = 0

    def read(self, size=-1):
        self.taken += size
        return b"\0" * size


def test_arguments_arrive_byte_for_byte(connection, own_scripts):
    """Hundreds of hostile strings come back as they were given, by script and by command."""
    result = connection.run_script("echo.sh", *STRINGS, timeout_s=60)
    assert unhex(result.values) == STRINGS
    out = io.BytesIO()
    connection.run(["printf", "%s\\0", *STRINGS], stdout=out, timeout_s=60)
    assert out.getvalue().decode().split("\0")[:-1] == STRINGS
    assert connection.commands == 2


def test_fifty_megabytes_are_exact_in_both_directions_at_once(connection):
    """What goes in comes out, byte for byte."""
    sent, received = os.urandom(50_000_000), io.BytesIO()
    result = connection.run(["cat"], stdin=io.BytesIO(sent), stdout=received, timeout_s=120)
    assert result.ok
    assert received.getvalue() == sent


def test_a_flood_on_stderr_does_not_stop_stdout(connection):
    """Both streams are drained all the time: 5 MB of complaints, then the answer."""
    flood = "head -c 5000000 /dev/zero | tr '\\0' 'x' >&2; echo done"
    result = connection.run(["sh", "-c", flood], timeout_s=60)
    assert result.ok
    assert result.lines == ("done",)
    assert len(result.stderr) < 1_000_000


def test_lines_are_heard_while_the_command_still_runs(connection, folder):
    """A live log does not wait for the end: this command ends when its first line was heard."""
    heard, mark = [], folder / "heard"

    def hear(line):
        heard.append(line)
        mark.touch()

    text = 'echo one; until [ -e "$1" ]; do sleep 0.02; done; echo two >&2'
    assert connection.run(["sh", "-c", text, "sh", str(mark)], timeout_s=60, on_line=hear).ok
    assert heard == ["one", "two"]


def test_output_that_is_no_text_is_made_text(connection):
    """Broken UTF-8, NUL and a missing last newline."""
    result = connection.run(["printf", "a\\377\\000b\\r\\nend"], timeout_s=60)
    assert result.lines == ("a��b", "end")


def test_a_signal_means_unknown_and_not_a_code(connection):
    """exit -1 is no exit code: nobody can tell how the command ended."""
    result = connection.run(["sh", "-c", "kill -9 $PPID; sleep 1"], timeout_s=60)
    assert result.exit_code is None
    assert not result.ok
    assert connection.alive()


def test_codes_and_last_words_come_back(connection, own_scripts):
    """A script's code and its sentence for people."""
    own_scripts(refuse="say previous r1\necho 'the disk is full' >&2\nexit 79\n")
    result = connection.run_script("refuse.sh", timeout_s=60)
    assert (result.exit_code, result.last_line) == (79, "the disk is full")
    assert result.values == {"previous": "r1"}


def test_limits_end_the_waiting_and_keep_the_connection(connection):
    """Total and silence limit are told apart; the next command still works."""
    with pytest.raises(TimedOut, match="did not finish within 1 s"):
        connection.run(["sh", "-c", "while :; do echo .; sleep 0.1; done"], timeout_s=1)
    with pytest.raises(TimedOut, match=r"wrote nothing for 0\.5 s"):
        connection.run(["sleep", "30"], timeout_s=60, silence_s=0.5)
    assert connection.run(["echo", "on"], timeout_s=60).lines == ("on",)


def test_a_limit_also_ends_a_stream_that_never_does(connection):
    """Neither endless input nor endless output outruns the total limit."""
    for argv, stdin in ((["sh", "-c", "exec cat >/dev/null"], Endless()), (["yes"], None)):
        with pytest.raises(TimedOut, match="did not finish"):
            connection.run(argv, stdin=stdin, timeout_s=1)
    assert connection.alive()


def test_a_command_need_not_read_its_input(connection):
    """Input left over is no failure."""
    assert connection.run(["true"], stdin=io.BytesIO(b"x" * 20_000_000), timeout_s=60).ok


def test_input_that_cannot_be_read_is_not_taken_for_its_end(connection):
    """Half an archive must never look like a whole one to whoever asks for the result."""

    class Broken(Endless):
        def read(self, size=-1):
            if self.taken > 1_000_000:
                raise OSError("disk gone")
            return super().read(size)

    with pytest.raises(OSError, match="disk gone"):
        connection.run(["cat"], stdin=Broken(), timeout_s=60)


def test_a_background_child_that_holds_the_output_does_not_hold_us(connection):
    """The command's own end counts, with a short wait for what it still has to say."""
    started_at = time.monotonic()
    result = connection.run(["sh", "-c", "sleep 50 & echo done"], timeout_s=60)
    assert (result.exit_code, result.lines) == (0, ("done",))
    assert time.monotonic() - started_at < 40


def test_a_connection_that_dies_under_a_command_is_lost_and_not_failed(host, sshd):
    """sshd's process is killed in mid-command: ConnectionLost at once, and it stays closed."""
    with Connection.open(host) as connection:
        started_at = time.monotonic()
        with pytest.raises(ConnectionLost, match="web-1 was lost while a command ran"):
            connection.run(["sh", "-c", "echo begun; sleep 60"], timeout_s=60,
                           on_line=lambda line: sshd.drop_connections())
        assert time.monotonic() - started_at < 30
        assert not connection.alive()
        with pytest.raises(ConnectionLost):
            connection.run(["true"], timeout_s=60)


@pytest.mark.parametrize("stdin", [None, "endless"])
def test_a_black_hole_is_noticed_within_fifteen_seconds(host, sshd, stdin):
    """Nothing is closed, nothing arrives: a silent run, and an upload, both end as lost."""
    with Blackhole(sshd.port) as network:
        through = host_of(sshd, port=network.port)
        with Connection.open(through) as connection:
            threading.Timer(0.5, lambda: setattr(network, "mode", SILENT)).start()
            started_at = time.monotonic()
            argv = ["sh", "-c", "cat >/dev/null; sleep 60"]
            with pytest.raises(ConnectionLost):
                connection.run(argv, stdin=Endless() if stdin else None, timeout_s=60)
    assert ssh_pulse.EVERY_S + ssh_pulse.LIMIT_S < 15
    assert time.monotonic() - started_at < 50


def test_a_slow_line_is_not_taken_for_a_dead_one(host, sshd, monkeypatch):
    """As long as any byte arrives, the connection lives; only our own limit ends it."""
    monkeypatch.setattr("deployments.remote.ssh_pulse.EVERY_S", 0.3)
    monkeypatch.setattr("deployments.remote.ssh_pulse.LIMIT_S", 3.0)
    with (
        Blackhole(sshd.port, pause_s=0.02) as network,
        Connection.open(host_of(sshd, port=network.port)) as connection,
    ):
        network.mode = DRIBBLE
        with pytest.raises(TimedOut):
            connection.run(["yes"], timeout_s=8)


def test_an_account_without_commands_says_so(start_sshd, login):
    """A key that may only forward lets us in, and the sentence says what is missing."""
    daemon = start_sshd("forward-only")
    keys = daemon.folder / "authorized_keys"
    keys.write_text('restrict,port-forwarding,command="/bin/false" ' + keys.read_text())
    with Connection.open(host_of(daemon)) as connection:
        assert connection.run(["true"], timeout_s=60).exit_code == 1
    strict = start_sshd("no-sessions", options=["MaxSessions 0"])
    with (
        Connection.open(host_of(strict)) as connection,
        pytest.raises((Unreachable, LoginRefused), match="MaxSessions"),
    ):
        connection.run(["true"], timeout_s=60)


def test_banners_and_chatty_shells_do_not_disturb_answers(start_sshd, folder, own_scripts):
    """Whatever the login shell prints before, after and without newline, answers are found."""
    own_scripts(talk='say answer "a=b\\c"\necho for people\n')
    shell = folder / "chatty-shell"
    shell.write_text(
        "#!/bin/sh\nprintf 'WELCOME no newline'\n/bin/sh \"$@\"\nc=$?\necho BYE\nexit $c\n"
    )
    shell.chmod(0o755)
    banner = folder / "banner"
    banner.write_text("Authorised use only\n" * 50)
    options = [f"Banner {banner}", f'ForceCommand {shell} -c "$SSH_ORIGINAL_COMMAND"']
    with Connection.open(host_of(start_sshd("chatty", options=options))) as connection:
        result = connection.run_script("talk.sh", timeout_s=60)
    assert result.values == {"answer": "a=b\\c"}
    assert "for people" in result.lines
    assert result.lines[-1] == "BYE"


def test_round_trips_are_free_of_forty_millisecond_stalls(connection):
    """Nagle and delayed acknowledgements are both off: either would hold up every command."""
    took = []
    for _ in range(20):
        started_at = time.monotonic()
        connection.run(["true"], timeout_s=60)
        took.append(time.monotonic() - started_at)
    assert min(took) < 0.04
