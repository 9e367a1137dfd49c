"""A short real storm: six kills of real processes; `make storm REAL=100` is the long one."""

import subprocess
import sys
from pathlib import Path

KILLS = 6
SEED = 11


def test_all_is_well_again_after_each_of_six_kills():
    """Servers, PHP, rows, locks, the audit log and what visitors got, after every deployment."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.storm.real", str(KILLS), "sqlite", str(SEED)], check=False,
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ended.returncode == 0, ended.stdout
    last = [line for line in ended.stdout.splitlines() if line.endswith("violations=0")]
    assert f", {KILLS} kills, " in last[-1]
