"""The measurement of what a witness costs works; its figures are for `make bench`."""

import subprocess
import sys
from pathlib import Path


def test_visitors_are_counted_with_and_without_a_witness():
    """One short span of each kind: nobody was failed, and the ratio is the last line."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench.witness", "--pairs", "1", "--span-s", "1.5",
         "--rate", "60"], check=False, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.splitlines()[-1].endswith("failed=0, wrong=0")
