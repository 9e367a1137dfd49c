"""Arguments reach a shell unharmed, and answers come back whole."""

import subprocess

import pytest

from deployments.remote import scripts
from tests.unit.remote.nasty import SAY, STRINGS, make_scripts, unhex


def sh(text: bytes) -> subprocess.CompletedProcess:
    return subprocess.run(["sh", "-s"], input=text, capture_output=True, check=False)


def lines_of(ended: subprocess.CompletedProcess) -> list[str]:
    return ended.stdout.decode().split("\n")


def test_arguments_of_a_script_arrive_byte_for_byte(monkeypatch, tmp_path):
    """Hundreds of hostile strings come back as they were given, and none of them runs."""
    monkeypatch.setattr(scripts, "FOLDER", make_scripts(tmp_path))
    ended = sh(scripts.compose("echo.sh", STRINGS, mark="m-1"))
    assert ended.stderr == b""
    assert unhex(scripts.parse(lines_of(ended), mark="m-1")) == STRINGS


def test_what_a_script_says_is_what_we_read(monkeypatch, tmp_path):
    """The prelude's escaping and our reading of it undo each other for any string."""
    monkeypatch.setattr(scripts, "FOLDER", make_scripts(tmp_path, back=SAY))
    ended = sh(scripts.compose("back.sh", STRINGS, mark="m-1"))
    assert scripts.parse(lines_of(ended), mark="m-1")["said"] == STRINGS


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_command_line_means_its_arguments_in_any_shell(shell):
    """The one line given to a login shell becomes exactly the arguments meant."""
    for start in range(0, len(STRINGS), 40):
        some = STRINGS[start : start + 40]
        line = scripts.command_line(["printf", "%s\\0", *some])
        ended = subprocess.run([shell, "-c", line], capture_output=True, check=True)
        assert ended.stdout.decode().split("\0")[:-1] == some


def test_no_login_shell_sees_a_character_it_reads_differently():
    """What csh, fish or zsh would change never stands in the line itself."""
    for hostile in ("a!b", "a\nb", "a\\b", "a'b", "=ls"):
        line = scripts.command_line(["printf", hostile])
        assert hostile not in line


def test_a_script_that_breaks_off_on_the_way_runs_nothing(monkeypatch, tmp_path):
    """A connection lost while the script is sent leaves the server untouched."""
    seen = tmp_path / "seen"
    folder = make_scripts(tmp_path, touch=f"touch '{seen}'\n: more\n: more\n")
    monkeypatch.setattr(scripts, "FOLDER", folder)
    whole = scripts.compose("touch.sh", [], mark="m-1")
    for cut in range(len(whole) - 4, 0, -(len(whole) // 40)):
        sh(whole[:cut])
        assert not seen.exists()
    sh(whole)
    assert seen.exists()


def test_a_command_cannot_swallow_the_rest_of_its_script(monkeypatch, tmp_path):
    """A program that reads stdin inside a script does not eat the lines behind it."""
    monkeypatch.setattr(scripts, "FOLDER", make_scripts(tmp_path, eat="cat >&2\nsay after yes\n"))
    ended = sh(scripts.compose("eat.sh", [], mark="m-1"))
    assert scripts.parse(lines_of(ended), mark="m-1") == {"after": "yes"}
    assert ended.stderr == b""


def test_the_exit_code_is_the_last_commands(monkeypatch, tmp_path):
    """Framing a script does not hide how it ended."""
    monkeypatch.setattr(scripts, "FOLDER", make_scripts(tmp_path, bad="(exit 7)\n"))
    assert sh(scripts.compose("bad.sh", [], mark="m-1")).returncode == 7


def test_answers_are_found_by_their_mark_alone():
    """Banners, lines of another mark and text without a key are not answers."""
    lines = ["Welcome!", "m-1 a=1", "m-2 a=2", "no newline before: m-1 b=x=y", "m-1 nothing"]
    assert scripts.parse(lines, mark="m-1") == {"a": "1", "b": "x=y"}


def test_an_answer_said_more_than_once_is_a_list():
    """No answer of a script is lost because of its name."""
    lines = [f"m-1 k={number}" for number in range(3)]
    assert scripts.parse(lines, mark="m-1") == {"k": ["0", "1", "2"]}


def test_newlines_and_backslashes_in_answers_come_back():
    """A value is what the script meant, also with a backslash before an n."""
    assert scripts.parse(["m-1 k=a\\nb\\\\n\\\\"], mark="m-1") == {"k": "a\nb\\n\\"}


def test_a_nul_character_is_refused():
    """No program can be given a NUL; cutting the argument there would change its meaning."""
    with pytest.raises(ValueError, match="NUL"):
        scripts.command_line(["printf", "a\0b"])
    with pytest.raises(ValueError, match="NUL"):
        scripts.frame("", ["a\0b"], mark="m-1")


def test_no_two_marks_are_alike():
    """A mark cannot be guessed by what a server prints."""
    assert len({scripts.new_mark() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("has_input", [False, True])
def test_a_script_starts_with_its_text_where_its_data_is_not(monkeypatch, tmp_path, has_input):
    """Without data the text is stdin, which no process list shows; with data it is an argument."""
    monkeypatch.setattr(scripts, "FOLDER", make_scripts(tmp_path, read='say read "$1$(cat)"\n'))
    argv, stdin = scripts.start("read.sh", ["é "], mark="m-1", has_input=has_input)
    assert argv[:2] == (["sh", "-c"] if has_input else ["sh", "-s"])
    data = b"x" * 100_000 if has_input else stdin
    ended = subprocess.run(argv, input=data, capture_output=True, check=True)
    read = scripts.parse(lines_of(ended), mark="m-1")["read"]
    assert read == "é " + ("x" * 100_000 if has_input else "")
