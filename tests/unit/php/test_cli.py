"""What happens when control.php is run by the wrong PHP."""

import json
import os
import shutil
import subprocess

import pytest

from tests.unit.php.cli import SOURCES


@pytest.fixture
def control(tmp_path):
    (tmp_path / ".releasemgr").mkdir()
    return shutil.copy(SOURCES / "control.php", tmp_path / ".releasemgr")


def test_the_command_line_is_named(control):
    """PHP's command line has a cache of its own: whoever reaches it must be able to see that."""
    ended = subprocess.run(
        ["php", str(control)],
        env={**os.environ, "RELEASEMGR_DIRECT": "1"},
        capture_output=True,
        check=True,
    )
    assert json.loads(ended.stdout)["sapi"] == "cli"


@pytest.mark.parametrize(("content", "identity"), [
    ("c0ffee-1\n", "c0ffee-1"), ("", None), (None, None)])
def test_every_answer_carries_the_identity_of_its_machine(control, tmp_path, content, identity):
    """What inspect.sh wrote beside it, and nothing that could be taken for one when it cannot."""
    if content is not None:
        (tmp_path / ".releasemgr/identity").write_text(content)
    ended = subprocess.run(
        ["php", "-d", "display_errors=1", str(control)],
        env={**os.environ, "RELEASEMGR_DIRECT": "1"},
        capture_output=True,
        check=True,
    )
    assert json.loads(ended.stdout)["identity"] == identity


def test_nothing_is_said_without_the_direct_parameter(control):
    """The parameter is what an HTTP client cannot set."""
    ended = subprocess.run(["php", str(control)], capture_output=True, check=True)
    assert ended.stdout == b""
