"""The simulated storms: seeds, all pairs of faults, one seed again, and the list of guards."""

import logging
from contextlib import contextmanager

from deployments.models import Deployment, LogLine
from tests.faults.simulation import seeds as seeded
from tests.faults.simulation.database import in_memory
from tests.faults.simulation.forks import spread
from tests.faults.simulation.guards import GUARDS
from tests.faults.simulation.scenes import CALLS, LONG_CALLS, Scenes

AT_ONCE = 200
SHOWN = 20


def storm(*, seeds, points, pairs):
    """Blow it; print what was violated and the last line. Return the exit code."""
    tally = Tally()
    with _quietly() as memory:
        if seeds:
            stages = seeded.Stages(memory).all()
            for start in range(0, seeds, AT_ONCE):
                numbers = range(start, min(start + AT_ONCE, seeds))
                tally.add(spread(lambda seed: seeded.run(stages.of(seed), seed), numbers))
                tally.tell(f"seeds {numbers[0]} to {numbers[-1]}")
    if points and not pairs:
        for name in CALLS:
            with _quietly() as memory:
                tally.add(Scenes(memory).of(name).every_fault())
            tally.tell(f"all points in {name}")
    if pairs:
        for name in CALLS + LONG_CALLS:
            with _quietly() as memory:
                tally.add(Scenes(memory).of(name).every_fault(share=1))
            tally.tell(f"all pairs in {name}")
    return tally.end()


def one(seed):
    """Repeat the run of one seed and show all of it. Return the exit code."""
    with _quietly() as memory:
        words, found, kills = seeded.run(seeded.Stages(memory).of(seed), seed)
        for row in Deployment.objects.order_by("pk"):
            print(f"{row.pk} {row}: {row.status}. {row.result}")
            for line in LogLine.objects.filter(deployment=row).order_by("number"):
                print(f"   {line.at:%H:%M:%S} {line.server_name} {line.step}: {line.text}")
    tally = Tally()
    tally.add([(words, found, kills)])
    print(words)
    return tally.end()


def guards():
    """Take each guard away and print what shows it. Return the exit code."""
    blind = 0
    with _quietly() as memory:
        scenes = Scenes(memory)
        for guard in GUARDS:
            scene = scenes.of(guard.scene)
            found = guard.violations(scene, is_removed=True)
            good = found and not guard.violations(scene, is_removed=False)
            blind += not good
            print(f"{guard.name}: {found[0] if good else 'NOTHING SHOWS IT'}", flush=True)
    print(f"guards: {len(GUARDS)}, blind={blind}")
    return int(blind > 0)


class Tally:
    """Runs, kills, and what was violated."""

    def __init__(self):
        self._runs = self._kills = self._bad = 0

    def add(self, results):
        for words, found, kills in results:
            self._runs += 1
            self._kills += kills
            if found:
                self._bad += 1
                if self._bad <= SHOWN:
                    print(words, *found, sep="\n    ", flush=True)

    def tell(self, what):
        print(f"{what}: {self._runs} runs, {self._bad} with violations so far", flush=True)

    def end(self):
        print(f"storm: {self._runs} runs, {self._kills} kills, violations={self._bad}")
        return int(self._bad > 0)


@contextmanager
def _quietly():
    logging.disable(logging.CRITICAL)
    with in_memory() as memory:
        yield memory
