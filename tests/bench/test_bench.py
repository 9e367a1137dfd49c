"""The measurement itself works and finds nothing wrong; its figures are for `make bench`."""

import subprocess
import sys
from pathlib import Path


def test_six_processes_lose_nothing_and_are_never_locked_out():
    """A short run on both databases: it ends with 0 and one line that says so."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--transactions", "300"], check=False,
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.endswith("bench: 600 transactions, locked=0, wrong=0\n")
