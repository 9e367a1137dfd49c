"""`make bench`: six processes of mixed writes on SQLite and, in the same run, on PostgreSQL.

Prints figures and their ratio; fails on wrong results alone: a lock error, a lost update, a gap, a
broken chain. PostgreSQL keeps its promises about the disk here, as SQLite does.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.postgres import Postgres
from tests.sandbox.settings import own_environment

ROOT = Path(__file__).parents[2]
COLUMNS = "{:<12}{:>9}{:>9}{:>9}{:>9}{:>9}"


def main():
    """Measure both; return the exit code."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--transactions", type=int, default=10_000)
    transactions = parser.parse_args().transactions
    print(f"bench: 6 processes, {transactions} transactions on each database", flush=True)
    print(COLUMNS.format("", "per s", "p50 ms", "p99 ms", "max ms", "locked"), flush=True)
    sqlite = _measure(transactions)
    with Postgres(is_durable=True) as server:
        postgres = _measure(transactions, database_url=server.create("bench"))
    ratios = [mine / theirs for mine, theirs in zip(_figures(sqlite), _figures(postgres),
                                                    strict=True)]
    print(COLUMNS.format("ratio", *(f"{ratio:.2f}" for ratio in ratios), ""))
    problems = [f"{run['vendor']}: {problem}" for run in (sqlite, postgres)
                for problem in run["wrong"]]
    print(*problems, sep="\n", end="\n" if problems else "")
    locked = sqlite["locked"] + postgres["locked"]
    print(f"bench: {2 * transactions} transactions, locked={locked}, wrong={len(problems)}")
    return 1 if locked or problems else 0


def _measure(transactions, *, database_url=""):
    folder = open_folder("releasemgr-bench-")
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench.one_database", str(transactions)], cwd=ROOT,
            env=os.environ | own_environment(folder, database_url=database_url), check=True,
            stdout=subprocess.PIPE, text=True)
    finally:
        remove_folder(folder)
    run = json.loads(ended.stdout)
    figures = [f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}" for figure in _figures(run)]
    print(COLUMNS.format(run["vendor"], *figures, run["locked"]), flush=True)
    return run


def _figures(run):
    """Transactions per second; median, 99th percentile and longest in milliseconds."""
    took_ms = sorted(took * 1000 for took in run["took_s"])
    return (len(took_ms) / run["seconds"], statistics.median(took_ms),
            took_ms[int(len(took_ms) * 0.99)], took_ms[-1])


if __name__ == "__main__":
    sys.exit(main())
