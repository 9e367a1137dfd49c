"""The matrix: each trap's verdicts beside what load shows, and what is wrong where they differ."""

from dataclasses import dataclass

from deployments.coherence.doctor.verdicts import BY_HAND, FAILS, FITS, JUDGES
from tests.integration.matrix import trial
from tests.sandbox.traps import TRAPS
from tests.stand import on_stand

NOTHING = ("realpath", "front-controller", "none")
"""They do nothing after the switch: one trial shows what becomes of all three."""
FEW = 3
"""Switches where nothing is expected to be shown, but for the three above."""
FEW_CHILDREN = {"StartServers": 4, "MinSpareServers": 1, "MaxRequestWorkers": 6,
                "MaxKeepAliveRequests": 4}
"""Each child must answer us, and visitors hold them."""


@dataclass(frozen=True)
class Row:
    trap: str
    strategy: str
    verdict: object
    shown: trial.Shown
    silent: str = ""  # why it is refused although load shows nothing

    def wrong(self):
        """What contradicts the verdict, "" nothing.

        A refused strategy is confirmed by harm, or by the product refusing by itself, whose reason
        the row tells: then nobody has seen harm, and the row does not say so.
        """
        sort, clean = self.verdict.sort, self.shown.is_clean
        if sort == FITS and not clean:
            return f"safe, and load shows: {self.shown} {self.shown.ended}"
        if sort == FAILS and clean and not self.silent:
            return f"refused ({self.verdict.why}), and load shows nothing: {self.shown}"
        if sort == FAILS and self.silent and self.shown.is_harmful:
            return f"said to show nothing, and load shows: {self.shown} {self.shown.ended}"
        if sort == BY_HAND and self.shown.is_old:
            return f"by hand, and load shows: {self.shown}"
        return ""

    def __str__(self):
        why = f"  [{self.silent}]" if self.silent else f"  {self.shown.ended[:110]}"
        return (f"{self.trap:<20}{self.strategy:<18}{self.verdict.sort:<9}{self.shown}"
                f"{why.rstrip()}")


def check(name, repository, *, silent):
    """Try every strategy on one trap's host, print the rows, fail where any contradicts.

    What is safe must be what the trap itself says, so that a verdict is not its own witness.
    """
    rows = _rows(name, repository, silent)
    print("", *rows, sep="\n")
    assert [f"{row}: {row.wrong()}" for row in rows if row.wrong()] == []
    assert {row.strategy for row in rows if row.verdict.sort == FITS} == set(TRAPS[name].strategies)


def _rows(name, repository, silent):
    trap = TRAPS[name]
    few = {"limits": FEW_CHILDREN} if trap.options.get("server") == "apache" else {}
    with on_stand(trap.host("web-1", **few), repository, preloads=trap.preloads) as stand:
        verdicts, tried = stand.look().verdicts, {}
        for strategy in sorted(JUDGES, key=lambda each: verdicts[each].sort != FITS):
            if _act(strategy) not in tried:
                tried[_act(strategy)] = trial.run(
                    stand, strategy, verdicts[strategy],
                    switches=FEW if (name, strategy) in silent else trial.SWITCHES)
    return [Row(name, strategy, verdicts[strategy], tried[_act(strategy)],
                silent.get((name, strategy), "")) for strategy in JUDGES]


def _act(strategy):
    return "nothing" if strategy in NOTHING else strategy
