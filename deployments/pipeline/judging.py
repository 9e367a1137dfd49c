"""What each answer counts as, and the counts: judged when it comes, by what was true when it was
asked for. Plain values; whoever uses it from several threads holds a lock.

An answer can only be called wrong by a rule that holds for sure. So a page fails only where it did
not fail before the switch too, and an old answer is wrong only where it was asked for after PHP had
followed.
"""

from dataclasses import dataclass, field

from ..witness_words import (
    ACT,
    BACK,
    BACK_COHERENT,
    BOTH,
    COHERENT,
    COUNTS,
    EXCUSED,
    FAILED,
    FINE,
    MIXED,
    MOMENTS,
    NEW,
    OLD,
    STALE,
    STILL_OLD,
    SWITCH,
    TROUBLES,
    UNSENT,
    UNTOLD,
)

MOST_SAMPLES = 6000
MOST_TROUBLES = 1000
RECENT = 600
"""Samples at the end that are never thinned out: what happens now is looked at closely."""


@dataclass
class Place:
    """One address that is asked for: a page, or an asset that a page of the old version named.

    `expected` is the range of statuses of a check page, else None.
    """

    path: str
    sort: str = "page"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    expected: tuple[int, int] | None = None


class Ledger:
    """Samples, moments and counts of one installation; see `witness_words` for what they mean.

    `is_first`: nothing was live before. `is_announced`: the strategy told beforehand that
    visitors meet errors while it acts.
    """

    def __init__(self, places, *, is_first=False, is_announced=False):
        self.places, self.moments, self.samples = list(places), {}, []
        self._is_first, self._is_announced = is_first, is_announced
        self._before = {}  # status codes of each place, before the switch
        self._counts = dict.fromkeys((*COUNTS, "slowest_ms"), 0)
        self._troubles = 0

    def mark(self, moment, ms):
        """Note a moment; the first of each kind counts."""
        if moment not in MOMENTS:
            raise ValueError(f"{moment} is no moment of a switch")
        self.moments.setdefault(moment, ms)

    def add(self, sent_ms, took_ms, status, place, *, version=UNTOLD, why=""):
        """Judge one answer (status 0: there was none) and keep it."""
        verdict = self._verdict(sent_ms, sent_ms + took_ms, status, version, place)
        if self._begin is None or sent_ms < self._begin:
            self._before.setdefault(place, set()).add(status)
        self._count(verdict, version, took_ms)
        if version == UNTOLD and verdict == FINE and self.places[place].sort == "page":
            self._counts["untold"] += 1
        if verdict == FAILED and self._was_announced(sent_ms, sent_ms + took_ms):
            self._counts["announced"] += 1
        self._keep([sent_ms, status, took_ms, version, place, verdict, *([why] if why else [])])

    def add_unsent(self, ms, place):
        """Note that this turn was left out: too many questions had no answer yet."""
        self._counts["unsent"] += 1
        self._keep([ms, 0, 0, UNTOLD, place, UNSENT])

    def counts(self):
        """Return the counts so far."""
        return dict(self._counts)

    @property
    def _begin(self):
        """When visitors could first notice something; None before that."""
        return self.moments.get(SWITCH, self.moments.get(ACT))

    def _verdict(self, sent, ended, status, version, place):
        if self._is_bad(status, place):
            return FAILED if self._is_to_blame(sent, ended, place) else EXCUSED
        if version == BOTH:
            return MIXED
        if version != UNTOLD and version == self._wrong_version(sent):
            return STALE
        return STILL_OLD if version == OLD and self._is_between(sent) else FINE

    def _is_bad(self, status, place):
        """Whether this is not what the place answers: a status out of its range, or a new one."""
        if status == 0 or status >= 500:
            return True
        expected = self.places[place].expected
        if expected:
            return not expected[0] <= status <= expected[1]
        if self._is_first:
            return status >= 400
        before = self._before.get(place)
        return bool(before) and status >= 300 and status not in before

    def _is_to_blame(self, sent, ended, place):
        if self._is_first:
            coherent = self.moments.get(COHERENT)
            return coherent is not None and sent > coherent and BACK not in self.moments
        begin = self._begin
        return begin is not None and ended >= begin and not self._was_broken(place)

    def _was_broken(self, place):
        """Whether no answer before the switch was as it should be."""
        before = self._before.get(place)
        low, high = self.places[place].expected or (1, 499)
        return bool(before) and not any(low <= status <= high for status in before)

    def _was_announced(self, sent, ended):
        """Whether it was under way while the strategy acted, which had announced errors."""
        spans = ((ACT, COHERENT), (BACK, BACK_COHERENT))
        return self._is_announced and any(
            begin in self.moments and ended >= self.moments[begin]
            and sent <= self.moments.get(end, sent) for begin, end in spans)

    def _wrong_version(self, sent):
        """The version that no answer may come from any more; UNTOLD while both may."""
        if BACK in self.moments and sent > self.moments[BACK]:
            is_over = sent > self.moments.get(BACK_COHERENT, sent)
            return NEW if is_over else UNTOLD
        return OLD if sent > self.moments.get(COHERENT, sent) else UNTOLD

    def _is_between(self, sent):
        switch, back = self.moments.get(SWITCH, sent), self.moments.get(BACK, sent)
        return switch < sent <= back

    def _count(self, verdict, version, took_ms):
        counts = self._counts
        counts["requests"] += 1
        counts["told"] += version != UNTOLD
        counts["slowest_ms"] = max(counts["slowest_ms"], took_ms)
        name = {FAILED: "failed", STALE: "old", MIXED: "mixed", STILL_OLD: "still_old",
                EXCUSED: "excused"}.get(verdict)
        if name:
            counts[name] += 1

    def _keep(self, sample):
        if sample[5] in TROUBLES:
            self._troubles += 1
            if self._troubles > MOST_TROUBLES:
                return
        self.samples.append(sample)
        if len(self.samples) > MOST_SAMPLES:
            self.samples = _thinned(self.samples)


def _thinned(samples):
    """Every second of the older ones that are fine, in the order of their sending; all others."""
    samples = sorted(samples, key=lambda sample: sample[0])
    old, recent = samples[:-RECENT], samples[-RECENT:]
    fine = [sample for sample in old if sample[5] not in TROUBLES]
    troubles = [sample for sample in old if sample[5] in TROUBLES]
    return sorted(fine[::2] + troubles, key=lambda sample: sample[0]) + recent
