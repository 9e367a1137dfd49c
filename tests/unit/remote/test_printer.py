"""The connection that only writes down: dry runs print it, unit tests read it."""

import io

import pytest

from deployments.remote.faults import Unreachable
from deployments.remote.output import Result
from deployments.remote.printer import PrinterConnection


def test_what_is_asked_is_written_down_in_order():
    """A dry run can print each call as one line."""
    with PrinterConnection() as connection:
        connection.run_script("switch.sh", "/srv/a b", 7, timeout_s=5)
        connection.run(["tar", "-x"], stdin=io.BytesIO(b"12345"), timeout_s=5)
        connection.run_script("unpack.sh", "/srv/a b", stdin=io.BytesIO(b"123"), timeout_s=5)
    assert [str(call) for call in connection.calls] == [
        "script switch.sh '/srv/a b' '7'",
        "run tar '-x' < 5 bytes",
        "script unpack.sh '/srv/a b' < 3 bytes",
    ]
    assert connection.commands == 3
    assert not connection.alive()


def test_answers_can_be_values_results_faults_lists_or_functions():
    """A test says beforehand what the server shall answer."""
    connection = PrinterConnection(
        {
            "inspect.sh": {"previous": "r1"},
            "switch.sh": [Result(76), Unreachable("gone", server="web-1")],
            "prune.sh": lambda *names: {"removed": " ".join(names)},
        }
    )
    assert connection.run_script("inspect.sh", timeout_s=1).values == {"previous": "r1"}
    assert connection.run_script("switch.sh", timeout_s=1).exit_code == 76
    with pytest.raises(Unreachable, match="gone"):
        connection.run_script("switch.sh", timeout_s=1)
    assert connection.run_script("switch.sh", timeout_s=1).ok
    assert connection.run_script("prune.sh", "a", "b", timeout_s=1).values == {"removed": "a b"}


def test_lines_of_an_answer_reach_whoever_listens():
    """on_line and stdout behave as with a real server."""
    connection = PrinterConnection({"cat": Result(0, lines=("one", "two"))})
    seen, out = [], io.BytesIO()
    connection.run(["cat"], timeout_s=1, on_line=seen.append, stdout=out)
    assert seen == ["one", "two"]
    assert out.getvalue() == b"one\ntwo"


def test_a_socket_without_an_answer_is_an_error():
    """A test that forgot to say what listens there fails loudly."""
    with pytest.raises(KeyError):
        PrinterConnection().open_socket("/run/php.sock")
