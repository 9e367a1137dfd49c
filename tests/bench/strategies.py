"""The table of strategies, measured: `python -m tests.bench.strategies`.

Each strategy switches one real host to and fro under load, by the product's own steps; three wrong
ways stand below for contrast. `stale` counts answers of the old release to requests sent after
done: after the proof, or where nothing is proved, after the act. Latencies are those of requests
sent 50 ms before to 500 ms after a switch, against spans of the same length without one. Fails on
wrong counts of the good ones alone.
"""

import argparse
import os
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field

import django

import tests.environment  # noqa: F401  (sets the process environment first)

os.environ["DJANGO_SETTINGS_MODULE"] = "releasemgr.settings"
django.setup()

from tests.bench.switches import COLUMNS, HEAD, run  # noqa: E402
from tests.sandbox.daemons import open_folder, remove_folder  # noqa: E402
from tests.sandbox.fpm import Pool  # noqa: E402
from tests.sandbox.site import SiteRepository  # noqa: E402
from tests.sandbox.traps import PATIENT  # noqa: E402
from tests.sandbox.webhost import WebHost  # noqa: E402
from tests.stand import on_stand, unchecked  # noqa: E402

GOOD, BAD = 200, 30
AUTO = ""
FPM = {"pools": (Pool("www", max_children=16), Pool("api", max_children=2))}
# A child that a visitor's connection holds takes no question of ours: few requests for each.
APACHE = {"server": "apache", "limits": {
    "StartServers": 16, "MinSpareServers": 4, "MaxSpareServers": 16, "MaxRequestWorkers": 16,
    "KeepAliveTimeout": 1, "MaxKeepAliveRequests": 5}}
LONG_S = 30


@dataclass(frozen=True)
class Case:
    """One row: a host, and a strategy there (AUTO: what the doctor advises).

    `wrong` makes the device that lets a refused or spoilt strategy act; those rows are the bad
    ones.
    """

    name: str
    host: dict
    strategy: str = AUTO
    preloads: bool = False
    lanes: int = 16
    wrong: object = None
    options: dict = field(default_factory=dict)


def _bare(ctx):
    """opcache_reset() through one worker of each master, and call it done."""
    return {pool.master: pool.ask("reset")["reset"] for pool in ctx.pools[:1]}


CASES = (
    Case("realpath", {"kind": "realpath", **FPM}),
    Case("document_root+reset", {"kind": "stale", **FPM}),
    Case("preload+fpm-reload", {"kind": "stale", "fpm_settings": PATIENT, **FPM}, preloads=True),
    Case("mod_php+reset", {"kind": "stale", **APACHE}, lanes=10),
    Case("front-controller", {"kind": "entry", **FPM}),
    Case("web-config", {"kind": "web-config", **FPM}),
    Case("fpm-reload", {"kind": "stale", "fpm_settings": PATIENT, **FPM}, "fpm-reload"),
    Case("apache-graceful", {"kind": "stale", **APACHE}, "apache-graceful", lanes=10),
    Case("(switch only)", {"kind": "stale", **FPM}, "none", wrong=lambda: unchecked("none")),
    Case("(reset, not waited for)", {"kind": "stale", **FPM}, "reset",
         wrong=lambda: unchecked("reset", act=_bare)),
    Case("(reload, timeout 0)", {"kind": "stale", **FPM}, "fpm-reload",
         wrong=lambda: unchecked("fpm-reload")),
)


def main():
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.strategies")
    parser.add_argument("--switches", type=int, default=GOOD, help="of each good strategy")
    parser.add_argument("--rate", type=float, default=450,
                        help="visitors' requests per second; who is late skips a turn")
    parser.add_argument("--only", action="append", default=[], help="a part of a row's name")
    wanted = parser.parse_args()
    cases = [case for case in CASES
             if not wanted.only or any(part in case.name for part in wanted.only)]
    print(f"bench: {wanted.rate:g} requests/s and one visitor of the 300 ms page all the time; "
          f"{wanted.switches} switches each, {min(BAD, wanted.switches)} of the wrong ways in "
          "brackets\nms near a switch (-50 to +500 ms) and in quiet spans of the same run; "
          "seconds from switch to proved: median, worst", flush=True)
    print(COLUMNS.format(*HEAD), flush=True)
    folder, wrong = open_folder("releasemgr-bench-"), []
    try:
        repository = SiteRepository(folder).create()
        for case in cases:
            wrong += _measure(case, repository, wanted)
    finally:
        remove_folder(folder)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"bench: {len(cases)} strategies, wrong={len(wrong)}")
    return 1 if wrong else 0


def _measure(case, repository, wanted):
    """Print the row; return what is wrong with it, sentences."""
    begun = time.monotonic()
    host = WebHost("bench", **case.host)
    with on_stand(host, repository, preloads=case.preloads, limit_s=LONG_S) as stand, \
            case.wrong() if case.wrong else nullcontext():
        strategy = case.strategy or stand.look().choice
        if not strategy:
            return [f"{case.name}: no strategy is advised"]
        result = run(case.name, stand, strategy, rate=wanted.rate, lanes=case.lanes,
                     switches=min(BAD, wanted.switches) if case.wrong else wanted.switches,
                     is_proved=not case.wrong)
    by = "" if case.wrong else f"{strategy}, {'by hand' if case.strategy else 'advised'}; "
    print(result.row(), flush=True)
    print(f"    {by}{result.early} old between act and proof, {len(result.slow)} slow pages, "
          f"{time.monotonic() - begun:.0f} s", flush=True)
    for what, rows in (("stopped before the switch", result.stopped),
                       ("not confirmed", result.refuted)):
        if rows:
            print(f"    {len(rows)} {what}, the first: {rows[0]}", flush=True)
    return [] if case.wrong else _wrong(result)


def _wrong(result):
    counts = {"failed": result.failed, "stale": result.stale, "mixed": result.mixed,
              "not confirmed": len(result.refuted), "stopped": len(result.stopped)}
    return [f"{result.name}: {what}={count}" for what, count in counts.items() if count]


if __name__ == "__main__":
    sys.exit(main())
