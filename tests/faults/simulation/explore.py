"""A scene: who acts where. It runs with chosen faults, or with every fault at every point."""

import traceback

from . import faults, properties
from .forks import Branching, tell


class Scene:
    """A stage and the people who act on it: the same at every run, whatever goes wrong."""

    def __init__(self, name, stage, *people, removed=frozenset()):
        self.name, self.stage, self.people, self.removed = name, stage, people, removed

    def run(self, what=None, **limit):
        """Return (world, violations) of one run with these Faults."""
        world = self.stage.start(what or faults.Faults(), removed=self.removed)
        world.run(*self.people, **limit)
        return world, properties.violations(self.stage, world)

    def every_fault(self, *, every=1, **pairs):
        """Return [(words, violations, kills)…] of every kind of fault at every point, or at one of
        `every` points at which the same is done.

        With `share` and `dice` also of so many of the pairs of telling faults.
        """
        return self._explore(Branching(faults.TELLING if pairs else (), every=every, **pairs))

    def _explore(self, branching):
        try:
            world, found = self.run(branching)
            results = branching.results()
            if world.faults.hit:
                results.append((self._words(world), found, world.kills))
        except BaseException:
            if branching.writer is None:
                raise
            tell(branching.writer, traceback.format_exc())
        if branching.writer is not None:
            tell(branching.writer, results)
        return results

    def _words(self, world):
        hits = ", ".join(f"{kind} at {effect}" for effect, kind in world.faults.hit)
        return f"{self.name}: {hits}"
