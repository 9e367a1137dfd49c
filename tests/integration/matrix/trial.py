"""One trial: a strategy on a trap's host, switched under load, whatever the doctor says of it.

A strategy that is safe is tried as a deployment does it, so is one of which nothing is known, or
that a person must choose. One that would fail is let act by the device `stand.unchecked`, and tried
until the load shows why or the product stops by itself, at most as often. What is safe is armed and
proved at its last switch alone: before that the load tells.
"""

import hashlib
import http.client
import time
from contextlib import nullcontext
from dataclasses import dataclass, field

from deployments.coherence.doctor.verdicts import FAILS, FITS
from deployments.errors import NotConfirmed, OutcomeUnknown, StepFailed
from tests.sandbox.traffic import Traffic
from tests.sandbox.visits import Counts
from tests.stand import NEW, OLD, unchecked

SWITCHES = 10
GAP_S = 0.1
STATIC, STATIC_TRIES = "build/manifest.json", 6
NO = (StepFailed, NotConfirmed, OutcomeUnknown)


@dataclass
class Shown:
    """What the load showed. `old_files` counts old static files after done; `ended` is the
    sentence with which the product itself stopped, `when` says where: "armed" is before the
    switch, "acted" at the act, "proved" at the proof."""

    switches: int = 0
    counts: Counts = field(default_factory=Counts)
    old_files: int = 0
    when: str = ""
    ended: str = ""

    @property
    def is_old(self):
        return bool(self.counts.stale or self.counts.mixed or self.old_files)

    @property
    def is_harmful(self):
        return bool(self.counts.failed) or self.is_old

    @property
    def is_refused(self):
        """The product stopped by itself, so the load had nothing to show: no harm is claimed."""
        return bool(self.ended) and not self.is_harmful

    @property
    def is_clean(self):
        return not self.ended and not self.is_harmful and self.counts.requests > 0

    def __str__(self):
        counts = self.counts
        parts = [f"{count} {word}" for count, word in (
            (counts.failed, "failed"), (counts.stale, "stale"), (counts.mixed, "mixed"),
            (self.old_files, "old files")) if count]
        parts += [{"armed": "stopped before the switch", "acted": "could not act",
                   "proved": "not confirmed"}[self.when]] if self.when else []
        parts = [f"refused by itself: {', '.join(parts)}"] if self.is_refused else parts
        return f"{', '.join(parts) or 'clean'} in {counts.requests} ({self.switches} switches)"


def run(stand, strategy, verdict, *, switches=SWITCHES):
    """Switch to and fro under load; return Shown. The host is whole again afterwards."""
    shown, is_safe, is_wrong = Shown(), verdict.sort == FITS, verdict.sort == FAILS
    with Traffic([stand.host], requests_per_s=60) as traffic:
        traffic.wait_for(6)
        with unchecked(strategy) if is_wrong else nullcontext():
            for number in range(switches):
                is_asked = not is_safe or number == switches - 1
                _once(stand, strategy, traffic, shown, is_asked=is_asked)
                shown.counts = traffic.counts()
                if not shown.is_clean:
                    break
    shown.counts = traffic.counts()
    if not shown.is_clean:
        stand.heal()
    return shown


def _once(stand, strategy, traffic, shown, *, is_asked):
    """One switch. Where it is not asked, nothing is armed and nothing proved: the load tells."""
    release, name = NEW if stand.live == OLD else OLD, stand.host.name
    shown.when = "armed"
    try:
        ctx = stand.open(strategy, release)
        if is_asked:
            stand.prepare(ctx)
        _files(stand, stand.live)
        traffic.unmark(name)
        shown.switches += 1
        stand.switch(ctx)
        shown.when = "acted"
        stand.act(ctx)
        traffic.mark(name, release)
        shown.old_files += _files(stand, release)
        shown.when = "proved"
        if is_asked:
            stand.prove(ctx)
        shown.when = ""
    except NO as no:
        shown.ended = str(no)
    time.sleep(GAP_S)


def _files(stand, release):
    """Ask for one static file as new visitors do; return how many answers were not `release`'s."""
    wanted = stand.placed[release].release.static_files[STATIC]
    return sum(_served(stand.host) != wanted for _ in range(STATIC_TRIES))


def _served(host):
    connection = http.client.HTTPConnection(host.http_address, timeout=10)
    connection.request("GET", f"/{STATIC}", headers={"Host": host.site_name})
    digest = hashlib.sha256(connection.getresponse().read()).hexdigest()
    connection.close()
    return digest
