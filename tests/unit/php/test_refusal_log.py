"""The private log of refusals: one JSON line each, and it never grows without end."""

import json
import shutil

import pytest

from tests.unit.php.cli import SOURCES, call

MANY = 4000


@pytest.fixture
def endpoint(tmp_path):
    (tmp_path / "door").mkdir()
    (tmp_path / "door/refusals.log").touch()
    shutil.copy(SOURCES / "endpoint.php", tmp_path)
    return tmp_path / "endpoint.php"


def test_the_log_keeps_its_newest_part(endpoint):
    """Far more refusals than fit: the file stays small, whole lines, the last one is the last."""
    call(endpoint, "Releasemgr\\Endpoint\\note", cases=[[f"reason {n}"] for n in range(MANY)])
    text = (endpoint.parent / "door/refusals.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert 100_000 < len(text) < 270_000
    assert lines[-1]["reason"] == f"reason {MANY - 1}"
    assert [line["reason"] for line in lines] == [
        f"reason {n}" for n in range(MANY - len(lines), MANY)
    ]


def test_a_missing_log_is_no_error(endpoint):
    """A refusal must look the same whether or not it can be written down."""
    (endpoint.parent / "door/refusals.log").unlink()
    assert call(endpoint, "Releasemgr\\Endpoint\\note", cases=[["clock"]]) == [None]
