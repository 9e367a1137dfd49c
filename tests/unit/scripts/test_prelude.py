"""prelude.sh: answers that come back byte for byte, and faults that keep their code."""

import re
import subprocess
from pathlib import Path

import pytest

from deployments.remote import scripts
from tests.unit.remote.nasty import STRINGS

SCRIPTS = ["command", "door", "inspect", "place", "prune", "refusals", "switch",
           "unpack"]


def run(body, *args):
    text = (scripts.FOLDER / "prelude.sh").read_text() + "\n" + body
    ended = subprocess.run(["sh", "-s"], input=scripts.frame(text, args, mark="m-1"),
                           capture_output=True, check=False)
    return ended, scripts.parse(ended.stdout.decode().split("\n"), mark="m-1")


def test_every_answer_comes_back_as_it_was_said():
    """Hundreds of hostile values, each on one line."""
    ended, values = run('for each; do say value "$each"; done', *STRINGS)
    assert values["value"] == STRINGS
    assert ended.stdout.count(b"\n") == len(STRINGS)


@pytest.mark.parametrize(("message", "code"), [
    ("cat: write error: No space left on device", 79), ("mv: Disk quota exceeded", 79),
    ("mkdir: Permission denied", 82), ("chgrp: Operation not permitted", 82),
    ("touch: Read-only file system", 82), ("sync: Input/output error", 74),
])
def test_a_commands_own_words_choose_the_code(message, code):
    """What people must do differs: free room, give permission, look at the disk."""
    ended, _ = run('complain() { echo "$1" >&2; return 3; }\ntry "do it" complain "$1"', message)
    assert ended.returncode == code
    assert message in ended.stderr.decode()


def test_a_command_that_succeeds_is_silent():
    """Warnings of a command that did its work are not answers."""
    ended, _ = run("complain() { echo warning; }\ntry 'do it' complain")
    assert (ended.returncode, ended.stdout) == (0, b"")


def test_a_replaced_file_is_never_seen_half(tmp_path):
    """The name keeps its old content until the new one is complete."""
    file = tmp_path / "name"
    file.write_text("old")
    body = 'chmod() { command cat "$2.new" "$1" 2>/dev/null; command chmod "$@"; }\n' \
           'put "$1" 0600 "$2"; say content "$(command cat "$1")"'
    _, values = run(body, file, "new\n\nlines")
    assert values["content"] == "new\n\nlines"
    assert file.read_text() == "new\n\nlines"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["prelude", "lock", *SCRIPTS])
def test_scripts_are_clean_for_shellcheck(name):
    """No warning at all, as POSIX sh."""
    ended = subprocess.run(["shellcheck", "-s", "sh", scripts.FOLDER / f"{name}.sh"],
                           capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_header_tells_arguments_answers_and_exit_codes(name):
    """Every answer that is said and every code that is used stands in the header."""
    text = (scripts.FOLDER / f"{name}.sh").read_text()
    header = "\n".join(line for line in text.splitlines()[:14] if line[:1] == "#")
    codes = {*re.findall(r"\bfail (\d\d)", text)}
    if "take_fence" in text:
        codes |= {"75", "76", "77"}
    assert codes <= set(re.findall(r"\b\d\d\b", header))
    for key in re.findall(r"\bsay (\w+)", "\n".join(
            line for line in text.splitlines() if line[:1] != "#")):
        assert re.search(rf"\b{key}\b", header), key


def test_no_script_writes_to_a_fixed_place():
    """Everything lies below the root: nothing in /tmp, /etc or a home."""
    for name in ["prelude", "lock", *SCRIPTS]:
        text = Path(scripts.FOLDER / f"{name}.sh").read_text()
        assert not re.search(r"/tmp|/etc|/var|\$HOME|mktemp", text)
