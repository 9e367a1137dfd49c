"""The audit log measured and attacked, on SQLite and PostgreSQL: `python -m tests.bench.audit`.

Prints appends per second with 8 writers, entries verified per second, and what of each kind of
attack was noticed; fails on what went wrong, and on an attack that went unnoticed.
"""

import argparse
import json
import os
import subprocess
import sys

from tests.bench.__main__ import ROOT
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.postgres import Postgres
from tests.sandbox.settings import own_environment

FIGURES = "{:<12}{:>12}{:>12}{:>12}"
TABLE = "{:<34}{:>8}{:>10}{:>12}{:>8}{:>10}{:>12}"


def main():
    """Measure both; return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.bench.audit")
    parser.add_argument("--entries", type=int, default=8000)
    parser.add_argument("--tries", type=int, default=1500, help="attacks, each on log and export")
    parser.add_argument("--seed", type=int, default=5)
    words = parser.parse_args()
    print(f"audit: 8 writers, {words.entries} entries; per second:", flush=True)
    print(FIGURES.format("", "appended", "verified", "offline"), flush=True)
    sqlite = _measure(words)
    with Postgres(is_durable=True) as server:
        postgres = _measure(words, database_url=server.create("bench"))
    print(f"audit: attacks from seed {words.seed}, with a fresh anchor (cannot tell = exit code 2)")
    problems = [*sqlite["wrong"], *postgres["wrong"]]
    for run in (sqlite, postgres):
        problems += _tell(run)
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"audit: {4 * words.tries} attacks, wrong={len(problems)}")
    return 1 if problems else 0


def _measure(words, *, database_url=""):
    folder = open_folder("releasemgr-bench-")
    numbers = map(str, (words.entries, words.tries, words.seed))
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench.audit_one_database", *numbers], cwd=ROOT,
            env=os.environ | own_environment(folder, database_url=database_url), check=True,
            stdout=subprocess.PIPE, text=True)
    finally:
        remove_folder(folder)
    run = json.loads(ended.stdout)
    print(FIGURES.format(run["vendor"], *(f"{run[name]:.0f}"
                                          for name in ("appends", "reads", "offline"))), flush=True)
    return run


def _tell(run):
    """Print what was noticed of each kind of attack; yield sentences about what was not."""
    print(TABLE.format(run["vendor"], "database", "broken", "cannot tell", "export", "broken",
                       "cannot tell"))
    for kind, attacks in run["database"].items():
        both = (attacks, run["export"][kind])
        print(TABLE.format(kind, *(each.get(name, 0) for each in both
                                   for name in ("tried", "broken", "cannot tell"))))
        for each in both:
            if each.get("unnoticed"):
                yield f"{run['vendor']}: {kind}: {each['unnoticed']} went unnoticed"


if __name__ == "__main__":
    sys.exit(main())
