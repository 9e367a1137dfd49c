"""command.sh: a command of the project, its limits, its environment, and nothing left of it."""

import itertools
import os
import time

import pytest

from tests.unit.scripts.server import HOSTILE, RELEASE, alive, end_soon

DEPLOYMENTS = itertools.count(1)


def command(server, text, *pairs, **more):
    """Each time for another deployment: no result of an earlier one counts."""
    return server.command(text, *pairs, key=f"{next(DEPLOYMENTS)}-before-0", **more)


def test_it_runs_in_the_release(site):
    """The working folder is the release's, whatever its path holds."""
    answer = command(site, "pwd; ls")
    assert (answer.code, answer["exit"]) == (0, "0")
    printed = answer.stdout.decode()
    assert f"{site.root}/releases/{RELEASE}\n" in printed
    assert "index.php" in printed


@pytest.mark.parametrize("code", [0, 1, 77, 255])
def test_the_commands_code_is_told_and_the_script_itself_succeeds(site, code):
    """A code of the command cannot be mistaken for one of ours."""
    answer = command(site, f"exit {code}")
    assert (answer.code, answer["exit"]) == (0, str(code))


def test_a_command_that_is_missing_or_killed_is_told(site):
    """127 as every shell says it; 128 and the signal's number."""
    assert command(site, "no-such-program")["exit"] == "127"
    assert command(site, "kill -TERM $$")["exit"] == "143"
    assert command(site, "kill -KILL $$")["exit"] == "137"


@pytest.mark.parametrize("limit", ["0", "00", "-1", "", "1.5"])
def test_a_limit_that_would_be_none_is_refused(site, limit):
    """`timeout 0` would let a command that hangs run for ever."""
    answer = command(site, "echo ran", limit=limit)
    assert answer.code == 64
    assert b"ran" not in answer.stdout


def test_both_streams_arrive_in_order_before_the_answer(site):
    """The log reads as it would on a terminal."""
    answer = command(site, "echo one; echo two >&2; printf three")
    assert answer.stdout.startswith(b"one\ntwo\nthree")
    assert answer["exit"] == "0"
    assert answer.stderr == ""


def test_binary_noise_passes_and_the_answer_is_still_found(site):
    """Every byte comes through, also a broken character just before the answer."""
    answer = command(site, r"printf '\000\001\377\303'; head -c 5000 /dev/urandom; printf '\342'")
    assert answer.stdout.startswith(b"\x00\x01\xff\xc3")
    assert len(answer.stdout) > 5005
    assert answer["exit"] == "0"


def test_there_is_no_input(site):
    """A command that asks a question ends instead of waiting, or of eating the script."""
    assert command(site, "cat; read line; echo got:$line")["exit"] == "0"


@pytest.mark.parametrize("text", ["-x", "echo 'a' \"b\" $(echo c) \\\\", "echo one\necho two", "#"])
def test_a_command_is_given_to_the_shell_as_it_is(site, text):
    """Quotes, substitutions and lines are the shell's; a leading dash is no option."""
    expected = {"-x": "127"}.get(text, "0")
    assert command(site, text)["exit"] == expected


def test_pairs_become_the_environment(site):
    """Any value arrives byte for byte, and in no process's arguments."""
    answer = command(site, "tr '\\0' '\\n' </proc/self/environ; cat /proc/*/cmdline 2>/dev/null",
                     "REVISION=c0ffee", f"HOSTILE={HOSTILE}", "EMPTY=", "EQUALS=a=b",
                     "SECRET=canary" + "-71")
    printed = answer.stdout.decode(errors="replace")
    for line in ("REVISION=c0ffee", f"HOSTILE={HOSTILE}", "EMPTY=", "EQUALS=a=b"):
        assert f"{line}\n" in printed
    assert printed.count("canary-71") == 1


def test_no_pair_confuses_the_script(site):
    """Names that the script or the shell use themselves are only exported."""
    names = ["MARK", "ROOT", "OURS", "limit", "command", "release", "session", "code", "pair",
             "started", "IFS", "LC_ALL", "fields", "file", "pid"]
    answer = command(site, "echo $ROOT-$limit; exit 3", *[f"{name}=evil" for name in names])
    assert answer.stdout.startswith(b"evil-evil\n")
    assert answer["exit"] == "3"


def test_the_commands_locale_is_its_own(site):
    """Ours is C for the script's sake; the project's tools may print é."""
    assert b"LC_ALL" not in command(site, "env").stdout
    assert b"LC_ALL=C.UTF-8" in command(site, "env", "LC_ALL=C.UTF-8").stdout


@pytest.mark.parametrize("pair", ["NOTHING", "=x", "1A=x", "A B=x", "A-B=x", "$(x)=y", ""])
def test_what_is_no_pair_is_refused(site, pair):
    """Exit 64 before the command starts."""
    answer = command(site, "echo ran", pair)
    assert answer.code == 64
    assert answer.stdout == b""


def test_a_missing_release_is_refused(site):
    """Exit 78 names the folder; a name that leaves it is exit 64."""
    answer = command(site, "echo ran", release="gone")
    assert (answer.code, answer.stdout) == (78, b"")
    assert "releases/gone" in answer.stderr
    assert command(site, "echo ran", release="../shared").code == 64


def test_a_bad_limit_is_refused(site):
    """A limit is a number of seconds."""
    assert command(site, "echo ran", limit="1d").code == 64


def test_a_command_that_takes_too_long_is_ended(site):
    """124 soon after the limit, what it had printed is kept."""
    started = time.monotonic()
    answer = command(site, "echo before; sleep 600", limit=5)
    assert answer["exit"] == "124"
    assert answer.stdout.startswith(b"before\n")
    assert time.monotonic() - started < 100


def test_a_command_that_ignores_the_signal_is_killed(site, tmp_path):
    """124 all the same."""
    site.shim(tmp_path / "bin", "timeout", 'shift 2; exec /usr/bin/timeout -k 0.3 "$@"')
    assert command(site, "trap '' TERM; sleep 60 & sleep 60; sleep 60", limit=1)["exit"] == "124"


@pytest.mark.parametrize("child", [
    "sleep 600 &", "(trap '' HUP TERM INT; sleep 600) &", "nohup sleep 600 >/dev/null 2>&1 &",
    "(sleep 600 &) ; true &", "cp /bin/sleep './a) b\n(c'; './a) b\n(c' 600 &",
])
@pytest.mark.parametrize("end", ["exit 5", "kill -ALRM $PPID; sleep 600"])
def test_nothing_of_it_runs_on(site, child, end):
    """Its session ends with it: after success, failure and timeout, whatever children ignore.

    The signal is how `timeout` itself learns that the time is over: not before all were listed.
    """
    text = f"{child}\ns=$(cut -d ' ' -f 6 /proc/$$/stat)\n" \
           "for f in /proc/[0-9]*/stat; do read -r l <$f && set -- ${l##*) } && " \
           f"[ \"$4\" = $s ] && p=${{f#/proc/}} && echo ${{p%/stat}}; done 2>/dev/null; {end}"
    started = time.monotonic()
    answer = command(site, text, limit=110)
    assert time.monotonic() - started < 100, "something held our output open"
    assert answer["exit"] == ("5" if end == "exit 5" else "124")
    pids = [int(line) for line in answer.stdout.decode().split("\n") if line.isdigit()]
    assert len(pids) >= 2
    assert end_soon(pids)


def test_our_own_processes_are_not_killed(site):
    """Only the command's session ends: a neighbour of the same user lives on."""
    me = os.getpid()
    started = time.monotonic()
    command(site, "sleep 600 &")
    assert alive(me)
    assert time.monotonic() - started < 100
