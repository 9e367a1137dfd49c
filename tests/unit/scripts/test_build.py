"""build.sh: one command of a project, its surroundings, its end."""

import os
import re
import signal
import subprocess
import time
import uuid

import pytest

from deployments.remote import scripts
from tests.unit.scripts.server import end_soon

ROOM = {"limit": 20, "memory": 4 << 20, "space": 64 << 20, "processes": 4000, "blocks": 1 << 20,
        "cpu": 60}
NAMES = ["plain", "a b", "-rf", "quote'\"", "new\nline", "$(id)", "ünï", "back\\slash"]
PLAIN_SHELLS = {"PWD", "OLDPWD", "SHLVL", "_"}  # shells set these themselves


@pytest.fixture
def build(tmp_path):
    """A function: run build.sh with `command`; returns the finished process."""
    (tmp_path / "home").mkdir()

    def run(command, *pairs, work=tmp_path, shell="sh", env=None, **room):
        home = [f"HOME={tmp_path}/home", f"PATH={os.environ['PATH']}"]
        args = [work, *(ROOM | room).values(), command, *home, *pairs]
        return subprocess.run(
            [*shell.split(), "-s"], input=scripts.compose("build.sh", args, mark="MARK"),
            capture_output=True, timeout=120, check=False, env=env,
            start_new_session=True,
        )

    return run


@pytest.mark.parametrize("shell", ["sh", "bash --posix"])
@pytest.mark.parametrize("code", [0, 1, 64, 74, 255])
def test_the_command_s_exit_code_is_the_script_s(build, code, shell):
    """Also codes that scripts of ours use; stderr stays empty, so they can be told apart."""
    ended = build(f"echo out; echo err >&2; exit {code}", shell=shell)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, b"out\nerr\n", b"")


def test_nothing_but_the_given_variables_is_in_the_environment(build):
    """What the caller's process or login shell exports stays outside."""
    ended = build(
        "env", "COMPOSER_AUTH={\"x\": 'y'}\nz", "REVISION=abc",
        env={"PATH": os.environ["PATH"], "DJANGO_SECRET_KEY": "canary", "home": "x", "command": "y",
             "LC_ALL": "C", "BASH_FUNC_odd%%": "() { :; }", "9odd": "1"},
    )
    names = set(re.findall(r"^(\w+)=", ended.stdout.decode(), re.MULTILINE)) - PLAIN_SHELLS
    assert names == {"HOME", "PATH", "COMPOSER_AUTH", "REVISION"}
    assert b"COMPOSER_AUTH={\"x\": 'y'}\nz\n" in ended.stdout
    assert b"canary" not in ended.stdout


def test_secrets_are_in_nobody_s_argument_list(build):
    """Every account can read the arguments of every process."""
    ended = build("cat /proc/[0-9]*/cmdline | tr '\\0' ' '", "TOKEN=the-canary")
    assert b"the-canary" not in ended.stdout
    assert b"cmdline" in ended.stdout


@pytest.mark.parametrize("name", NAMES)
def test_folders_and_values_may_have_any_name(build, tmp_path, name):
    """Names with spaces, quotes, newlines, dashes and substitutions are only names."""
    (tmp_path / name).mkdir()
    ended = build('pwd; printf "%s" "$VALUE"', f"VALUE={name}", work=tmp_path / name)
    assert ended.stdout.decode() == f"{tmp_path / name}\n{name}"


def test_a_missing_folder_is_our_own_sentence(build, tmp_path):
    """Told on stderr with 74: not the project's fault."""
    ended = build("true", work=tmp_path / "nowhere")
    assert ended.returncode == 74
    assert b"nowhere is missing" in ended.stderr


def test_too_few_arguments_are_refused():
    """A caller's mistake must not run anything."""
    ended = subprocess.run(
        ["sh", "-s"], input=scripts.compose("build.sh", ["/"], mark="MARK"), capture_output=True,
        check=False,
    )
    assert ended.returncode == 64


def test_there_is_no_terminal_and_no_input(build):
    """A command that asks a question reads the end of its input and goes on."""
    asked = "read answer; echo read=$?; (: </dev/tty) && echo terminal; tty"
    ended = build(f"{asked}; readlink /proc/self/fd/0; umask")
    assert b"read=1" in ended.stdout
    assert b"terminal\n" not in ended.stdout
    assert b"not a tty" in ended.stdout
    assert ended.stdout.endswith(b"/dev/null\n0022\n")


@pytest.mark.parametrize("shell", ["sh", "bash --posix"])
def test_limits_are_in_force(build, shell):
    """Core files, file size, time, memory, address space, processes - in dash and in bash."""
    ended = build(
        'bash -c "ulimit -c; ulimit -f; ulimit -t; ulimit -v; ulimit -d; ulimit -u"', shell=shell,
        blocks=2048, cpu=33, space=5 << 20, memory=1 << 20, processes=777,
    )
    assert ended.stdout.decode().split() == ["0", "1024", "33", str(5 << 20), str(1 << 20), "777"]


def test_a_limit_that_is_lower_already_stays(build):
    """An account with a stricter limit of its own still builds."""
    ended = build("echo fine", shell="sh", env={"PATH": os.environ["PATH"]}, processes=10**8)
    assert ended.stdout == b"fine\n"


def running(word):
    """Return the ids of processes with `word` among their arguments."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if word.encode() in words:
            found.append(int(entry))
    return found


@pytest.fixture
def nap():
    """An argument for sleep that nobody else uses; who still sleeps so afterwards is woken up."""
    word = f"86400.{uuid.uuid4().int % 10**12:012}"
    yield word
    for pid in running(word):
        os.kill(pid, signal.SIGKILL)


DAEMON = "setsid sh -c 'exec sleep {0}' </dev/null >/dev/null 2>&1 & sleep 0.2; echo started"


def test_a_daemon_is_gone_when_the_command_has_ended(build, nap):
    """setsid and a closed output do not save it."""
    ended = build(DAEMON.format(nap))
    assert ended.stdout == b"started\n"
    assert end_soon(running(nap))


def test_a_daemon_is_found_by_its_home_where_namespaces_are_forbidden(build, tmp_path, nap):
    """Many containers forbid unshare: then the build's own HOME is what gives it away."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/unshare").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/unshare").chmod(0o755)
    path = f"PATH={tmp_path}/bin:{os.environ['PATH']}"
    ended = build(DAEMON.format(nap), path)
    assert ended.stdout == b"started\n"
    assert end_soon(running(nap))


def test_an_empty_command_ends_what_is_left_of_a_build(build, tmp_path):
    """After a silent hang the caller comes back for this; other processes are left alone."""
    mine = subprocess.Popen(["sleep", "86403.3"], env={"HOME": f"{tmp_path}/home"})
    other = subprocess.Popen(["sleep", "86404.4"], env={"HOME": f"{tmp_path}/home2"})
    try:
        assert build("").returncode == 0
        assert mine.wait(5) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_builder_without_its_caller_ends_the_command_itself(build, nap):
    """The connection may be lost for good: the limit holds all the same."""
    began = time.monotonic()
    ended = build(f"sleep {nap}", limit=1)
    assert ended.returncode == 137
    assert time.monotonic() - began < 100
    assert end_soon(running(nap))
