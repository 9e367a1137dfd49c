"""Pages on 200 projects, 100,000 deployments and 1,000,000 audit entries, on SQLite.

`python -m tests.bench.pages` prints the server's time per page, in one process behind the real
middleware, the queries and the bytes; it fails where a median is over LIMIT_MS or a page is none.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from tests.bench.__main__ import ROOT
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.settings import own_environment

LIMIT_MS = 150
TABLE = "{:<10}{:<24}{:>8}{:>8}{:>8}{:>9}{:>7}  {}"


def main():
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.bench.pages")
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--deployments", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    words = parser.parse_args()
    print(f"pages: {words.projects} projects, {words.deployments} deployments, {words.entries} "
          "audit entries on SQLite", flush=True)
    folder = open_folder("releasemgr-bench-")
    try:
        run = measured(folder, words.projects, words.deployments, words.entries)
    finally:
        remove_folder(folder)
    print(f"pages: rows made in {run['built_s']:.0f} s; in ms:")
    print(TABLE.format("", "", "median", "p95", "cpu", "queries", "kB", ""))
    slow = [row for row in run["pages"] if not _tell(row)]
    print(f"pages: {len(run['pages'])} asked, over {LIMIT_MS} ms or failed={len(slow)}")
    return 1 if slow else 0


def measured(folder: Path, *numbers):
    """What one process found that made the rows in this folder, or found them there."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench.pages_asked", *map(str, numbers)], cwd=ROOT,
        env=os.environ | own_environment(folder, AUDIT_ANCHOR_FILE=""), check=True,
        stdout=subprocess.PIPE, text=True)
    return json.loads(ended.stdout)


def _tell(row):
    """Print a line; whether all is well with it."""
    took = row["took_ms"]
    median, is_page = statistics.median(took), row["status"] == 200
    wrong = f"answer {row['status']}" if not is_page else "slow" if median > LIMIT_MS else ""
    figures = (median, took[int(len(took) * .95)], statistics.median(row["busy_ms"]))
    print(TABLE.format(row["who"], row["page"], *(f"{figure:.0f}" for figure in figures),
                       row["queries"], f"{row['bytes'] / 1000:.0f}", wrong))
    return not wrong


if __name__ == "__main__":
    sys.exit(main())
