"""What witness and proof add for visitors: `python -m tests.bench.witness`.

300 requests/s to one server, in spans that are watched and proved and spans that are not, turn by
turn within one run: so whatever else this machine does meets both alike. Prints the ratio of their
medians; fails on wrong answers alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import django

import tests.environment  # noqa: F401  (sets the process environment first)

os.environ["DJANGO_SETTINGS_MODULE"] = "releasemgr.settings"
django.setup()

from deployments.coherence import proof  # noqa: E402
from deployments.pipeline.judging import Ledger, Place  # noqa: E402
from deployments.pipeline.telling import Telling, Version  # noqa: E402
from deployments.pipeline.witness import Witness  # noqa: E402
from tests.integration.coherence.conftest import OLD, Rig  # noqa: E402
from tests.sandbox.daemons import open_folder, remove_folder  # noqa: E402
from tests.sandbox.fpm import Pool  # noqa: E402
from tests.sandbox.site import SiteRepository  # noqa: E402
from tests.sandbox.webhost import WebHost  # noqa: E402

ROOT = Path(__file__).parents[2]
WITNESS_PER_S, LANES = 5, 16
POOLS = (Pool("www", max_children=16), Pool("api", max_children=2))
COLUMNS = "{:<34}{:>10}{:>10}{:>10}{:>8}"


def main():
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.witness")
    parser.add_argument("--pairs", type=int, default=15, help="spans of each kind")
    parser.add_argument("--span-s", type=float, default=4)
    parser.add_argument("--rate", type=float, default=300, help="visitors' requests per second")
    wanted = parser.parse_args()
    folder = open_folder("releasemgr-bench-")
    try:
        repository = SiteRepository(folder).create()
        with WebHost("bench", kind="realpath", pools=POOLS) as host:
            rig = Rig(host, repository)
            spans, answers, asked, wrong = _measure(rig, wanted)
    finally:
        remove_folder(folder)
    return _report(spans, answers, asked, wrong, wanted)


def _measure(rig, wanted):
    """Return spans (is watched, begin, end), the visitors' answers, and the witness's."""
    proof.learn(rig.site, rig.pools, rig.root)
    for pool in rig.pools:
        proof.arm(pool, OLD, limit_s=20, say=rig.say)
    visitors = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load", rig.host.http_address, rig.host.site_name,
         str(wanted.rate), str(LANES)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    spans, asked, wrong = [], 0, []
    time.sleep(2)  # until caches and connections are warm
    for pair in range(wanted.pairs):
        for is_watched in (True, False) if pair % 2 else (False, True):
            begin = time.monotonic()
            if is_watched:
                record = _watch(rig, wanted.span_s)
                asked += record["requests"]
                wrong += [] if record["requests"] else ["the witness got no answer"]
            else:
                time.sleep(wanted.span_s)
            spans.append((is_watched, begin, time.monotonic()))
    text, _ = visitors.communicate("")
    return spans, json.loads(text), asked, wrong


def _watch(rig, span_s):
    """One span with everything that a deployment asks of PHP after its switch."""
    witness = Witness(
        lambda path, headers: rig.site.get(path, headers=headers),
        ledger=Ledger([Place("/")]), telling=Telling(Version(), Version()), rate=WITNESS_PER_S)
    ends_at = time.monotonic() + span_s
    witness.start()
    time.sleep(span_s / 4)
    for pool in rig.pools:
        proof.prove(rig.site, pool, rig.root, OLD, limit_s=20, say=rig.say)
    time.sleep(max(ends_at - time.monotonic(), 0))
    witness.stop(wait_s=0)
    return witness.record()


def _report(spans, answers, asked, wrong, wanted):
    failed = sum(status != 200 for _, _, status, _ in answers)
    took = {True: [], False: []}
    medians = {True: [], False: []}
    for is_watched, begin, end in spans:
        own = [ms for sent, ms, *_ in answers if begin <= sent < end]
        took[is_watched] += own
        medians[is_watched].append(statistics.median(own))
    print(f"bench: {wanted.rate:g} requests/s, {wanted.pairs} spans of {wanted.span_s:g} s each "
          f"with and without; the witness asked {asked} times")
    print(COLUMNS.format("", "requests", "p50 ms", "p99 ms", "failed"))
    figures = {}
    for is_watched, name in ((False, "visitors alone"), (True, "with witness (5/s) and proof")):
        own = sorted(took[is_watched])
        figures[is_watched] = statistics.median(own), own[int(len(own) * 0.99)]
        print(COLUMNS.format(name, len(own), *(f"{ms:.3f}" for ms in figures[is_watched]),
                             failed if is_watched else ""))
    pairs = [mine / theirs for mine, theirs in zip(medians[True], medians[False], strict=True)]
    print(COLUMNS.format("ratio", "", *(f"{mine / theirs:.3f}" for mine, theirs in zip(
        figures[True], figures[False], strict=True)), ""))
    print(f"bench: p50 x{statistics.median(pairs):.3f} (median of {len(pairs)} pairs, "
          f"{min(pairs):.3f} to {max(pairs):.3f}), failed={failed}, wrong={len(wrong)}")
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
