"""Switches under load, and what visitors got: `run(case, …)` gives a Result, `Result.row()` prints.

The load is a process of its own: quick requests at a set rate and one visitor who always asks for
the page of 300 ms. Each round has a quiet span with nothing of ours in it, which is what the span
around the switch is compared with: whatever else this machine does meets both alike.
"""

import bisect
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from deployments.errors import NotConfirmed, OutcomeUnknown, StepFailed
from tests.stand import NEW, OLD

ROOT = Path(__file__).parents[2]
NEAR_S = (-0.05, 0.5)
QUIET_S = NEAR_S[1] - NEAR_S[0]
WARM_S = 2
SLOW_PER_S = 2.8
COLUMNS = "{:<30}{:>9}{:>7}{:>7}{:>7}{:>6}{:>7}{:>8}{:>8}{:>8}{:>8}{:>7}{:>7}{:>7}{:>7}"
HEAD = ("", "requests", "per s", "switch", "failed", "stale", "mixed", "p50", "p99", "quiet50",
        "quiet99", "x50", "x99", "proved", "worst")


@dataclass
class Switched:
    """One switch; monotonic times. `proved_at` is 0 where nothing was proved, or asked."""

    release: str
    quiet_at: float
    switched_at: float = 0
    acted_at: float = 0
    proved_at: float = 0

    @property
    def done_at(self):
        return self.proved_at or self.acted_at


@dataclass
class Result:
    """What visitors got. `answers` are [sent, took_ms, status, header] of load.py."""

    name: str
    switches: list = field(default_factory=list)
    stopped: list = field(default_factory=list)  # why, each time before a switch
    refuted: list = field(default_factory=list)  # why, each time the proof said no
    quick: list = field(default_factory=list)
    slow: list = field(default_factory=list)

    def judge(self):
        """Count failed, stale after done, early (old after the act, before the proof), mixed."""
        self.failed = self.stale = self.early = self.mixed = 0
        begins = [each.switched_at for each in self.switches]
        for sent, took_ms, status, header in self.quick + self.slow:
            names = _names(header)
            self.failed += status != 200 or not names
            self.mixed += len(names) > 1
            number = bisect.bisect_right(begins, sent) - 1
            if number < 0 or not names:
                continue
            own, ends = self.switches[number], sent + took_ms / 1000
            is_over = number + 1 < len(begins) and ends >= begins[number + 1]
            if names == {own.release} or is_over:
                continue
            self.stale += own.done_at > 0 and sent > own.done_at
            self.early += 0 < own.acted_at < sent <= own.done_at
        return self

    @property
    def per_s(self):
        spans = [row[0] for row in self.quick]
        return len(spans) / max(1e-9, max(spans) - min(spans))

    def latencies(self):
        """Return ((p50, p99) near a switch, the same of the quiet spans), ms, quick pages only."""
        self.quick.sort()
        sent = [row[0] for row in self.quick]
        near, quiet = [], []
        for each in self.switches:
            near += _between(self.quick, sent, each.switched_at + NEAR_S[0],
                             each.switched_at + NEAR_S[1])
            quiet += _between(self.quick, sent, each.quiet_at, each.quiet_at + QUIET_S)
        return _percentiles(near), _percentiles(quiet)

    def row(self):
        (p50, p99), (quiet50, quiet99) = self.latencies()
        took = [each.proved_at - each.switched_at for each in self.switches if each.proved_at]
        proved = [f"{statistics.median(took):.2f}", f"{max(took):.2f}"] if took else ["-", "-"]
        return COLUMNS.format(
            self.name, len(self.quick) + len(self.slow), f"{self.per_s:.0f}", len(self.switches),
            self.failed, self.stale, self.mixed,
            *(f"{ms:.1f}" for ms in (p50, p99, quiet50, quiet99)),
            f"{p50 / quiet50:.1f}", f"{p99 / quiet99:.1f}", *proved)


def run(name, stand, strategy, *, switches, rate, lanes, is_proved):
    """Switch so many times under load; return the judged Result."""
    result = Result(name)
    loads = [_load(stand.host, rate, lanes, "/"), _load(stand.host, SLOW_PER_S, 1, "/slow")]
    try:
        time.sleep(WARM_S)
        for _ in range(switches):
            release = NEW if stand.live == OLD else OLD
            once = Switched(release, time.monotonic())
            time.sleep(QUIET_S)
            (_proved if is_proved else _believed)(stand, strategy, once, result)
        time.sleep(QUIET_S)
    finally:
        answers = [json.loads(load.communicate("")[0]) for load in loads]
    result.quick, result.slow = answers
    return result.judge()


def _proved(stand, strategy, once, result):
    """As a deployment does it: arm, switch, act, prove; what is not confirmed goes back."""
    try:
        ctx = stand.arm(strategy, once.release)
    except (StepFailed, NotConfirmed, OutcomeUnknown) as no:
        result.stopped.append(str(no))
        return
    once.switched_at = time.monotonic()
    result.switches.append(once)
    try:
        stand.switch(ctx)
        stand.act(ctx)
        once.acted_at = time.monotonic()
        stand.prove(ctx)
        once.proved_at = time.monotonic()
    except (StepFailed, NotConfirmed, OutcomeUnknown) as no:
        result.refuted.append(str(no))
        once.acted_at = 0  # nobody has called it done
        stand.heal()


def _believed(stand, strategy, once, result):
    """As scripts do it: switch, act, call it done. Nothing is armed and nothing proved."""
    ctx = stand.open(strategy, once.release)
    once.switched_at = time.monotonic()
    result.switches.append(once)
    stand.switch(ctx)
    stand.act(ctx)
    once.acted_at = time.monotonic()
    time.sleep(QUIET_S)


def _load(host, rate, lanes, path):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load", host.http_address, host.site_name, str(rate),
         str(lanes), path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _names(header):
    return {unquote(word) for word in header.replace(",", " ").split()}


def _between(rows, sent, begin, end):
    return [row[1] for row in rows[bisect.bisect_left(sent, begin):bisect.bisect_left(sent, end)]]


def _percentiles(took_ms):
    ordered = sorted(took_ms) or [0.0]
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
