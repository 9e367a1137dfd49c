"""Every point of a run times every kind of fault, alone and in pairs, on all cores."""

import os
import pickle
import traceback

from . import faults, properties


class Scene:
    """A stage and the people who act on it: the same at every run, whatever goes wrong."""

    def __init__(self, name, stage, *people, choice="put_back", removed=frozenset()):
        self.name, self.stage, self.people, self.choice = name, stage, people, choice
        self.removed = removed

    def run(self, plan=()):
        """Return (world, violations) of one run with these faults: pairs (effect, kind)."""
        return self.run_with(faults.Planned(plan))

    def run_with(self, what, **limit):
        """The same with any Faults."""
        world = self.stage.start(what, removed=self.removed)
        world.choice = self.choice
        world.run(*self.people, **limit)
        return world, properties.violations(self.stage, world)

    def points(self, plan=(), *, after=-1, kinds=None):
        """Return (effect, kind) of whatever may go wrong after that effect, given these faults.

        Of several readings of one server in a row the first alone: nothing differs between them.
        """
        world, _ = self.run(plan)
        return [(effect.number, kind) for effect in _telling(world.faults.effects)
                if effect.number > after for kind in effect.kinds
                if kinds is None or kind in kinds]

    def singles(self):
        return [(point,) for point in self.points()]

    def pairs_after(self, first):
        """Every pair that begins with this fault: what its own run leads to."""
        return [(first, second) for second in self.points(
            [first], after=first[0], kinds=faults.TELLING)]

    def firsts(self):
        """The faults that pairs begin with."""
        return self.points(kinds=faults.TELLING)

    def check(self, plan):
        """Return (words, violations, kills) of one run."""
        world, found = self.run(plan)
        hits = ", ".join(f"{kind} at {effect}" for effect, kind in world.faults.hit)
        return f"{self.name}: {hits}", found, world.kills


def _telling(effects):
    read = set()
    for effect in effects:
        if effect.kinds != faults.READING:
            read.clear()
            yield effect
        elif (machine := effect.name.rpartition(":")[2]) not in read:
            read.add(machine)
            yield effect


def spread(work, items):
    """Return [work(item)…] of all items, in no order, computed by a forked process per core.

    Each of them has the database of this one as it was, and its own from then on.
    """
    count = min(os.cpu_count() or 1, len(items)) or 1
    children = [_start(work, items[number::count]) for number in range(count)]
    return [result for child in children for result in _collect(*child)]


def _start(work, items):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    try:
        answer = [work(item) for item in items]
    except BaseException:
        answer = traceback.format_exc()
    with os.fdopen(writer, "wb") as pipe:
        pickle.dump(answer, pipe)
    os._exit(0)


def _collect(pid, reader):
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    if not told:
        raise RuntimeError("a process of the exploration was lost")
    answer = pickle.loads(told)
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return answer
