"""refusals.sh: the door's private log, read over SSH."""

import os

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import NOBODY, lay


def refusals(server, count, **more):
    return server.run("refusals.sh", server.root, count, **more)


def log(server, content):
    lay(server.root, {".releasemgr/door/refusals.log": content})


def test_the_last_lines_come_in_order(server):
    """Oldest of them first."""
    log(server, b"".join(b'{"n": %d}\n' % number for number in range(10)))
    assert refusals(server, 3)["line"] == ['{"n": 7}', '{"n": 8}', '{"n": 9}']


def test_no_log_and_an_empty_log_are_no_lines(server):
    """Nothing was refused yet: success without an answer, and nothing is made."""
    assert (refusals(server, 5).code, refusals(server, 5).values) == (0, {})
    assert list(server.root.iterdir()) == []
    log(server, b"")
    assert (refusals(server, 5).code, refusals(server, 5).values) == (0, {})


def test_lines_come_back_byte_for_byte(server):
    """Backslashes, quotes and what looks like code are only text."""
    line = r'  {"path": "\\\"$(touch pwned)\n `id` é", "x": "\u00e9"} '
    log(server, line.encode() + b"\n")
    assert refusals(server, 5)["line"] == line


def test_noise_does_not_stop_it(server):
    """A log somebody filled with bytes still gives its readable lines, each within bounds."""
    log(server, b"\xff\xfe\x01 broken\n" + b"x" * 100_000 + b'\n{"ok": 1}\n')
    lines = refusals(server, 3)["line"]
    assert lines[2] == '{"ok": 1}'
    assert len(lines[1]) == 4096


@pytest.mark.parametrize("count", ["", "-1", "+1", "all", "1;id"])
def test_a_count_is_a_number(server, count):
    """Exit 64; tail never sees an option of somebody else's."""
    assert refusals(server, count).code == 64


@needs_root
def test_a_log_one_may_not_read_is_told(open_server):
    """Exit 82 names the file."""
    log(open_server, b"{}\n")
    os.chmod(open_server.paths.refusals, 0o600)
    open_server.user = NOBODY
    answer = refusals(open_server, 1)
    assert answer.code == 82
    assert open_server.paths.refusals in answer.stderr
