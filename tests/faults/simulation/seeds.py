"""Runs made by a seed: servers, sites, people and faults of every kind, all at the same time."""

import random

from . import faults, people, properties
from .database import Kept
from .stage import shop

SHARE = 0.018  # of all effects that go wrong
MOST = 8
LOST_MESSAGES = 0.1
STRATEGIES = ("reset", "auto", "fpm-reload", "none")
SHAPES = 12
"""Stages that seeds share: making one takes as long as a run."""


class Stages:
    """The stage of each seed, made when it is asked for first."""

    def __init__(self, memory):
        self._memory, self._empty, self._made = memory, Kept(memory), {}

    def all(self):
        """Make all of them now: processes that are forked later have them too."""
        for shape in range(SHAPES):
            self.of(shape)
        return self

    def of(self, seed):
        shape = seed % SHAPES
        if shape not in self._made:
            self._empty.restore()
            self._made[shape] = _stage(self._memory, random.Random(shape))
        return self._made[shape]


def _stage(memory, rng):
    sites = rng.choice((1, 1, 1, 2))
    return shop(
        memory, servers=rng.choice((2, 2, 3, 4)), sites=sites, versions=4, broken=(2,),
        commands=rng.random() < 0.5, when_busy=rng.choice(("refuse", "wait")),
        strategies=rng.sample(STRATEGIES, 3), wave_size=rng.choice(("", "", "1", "50%")))


def run(stage, seed, *, removed=frozenset()):
    """Return (words, violations, kills) of this seed's run."""
    rng = random.Random(seed)
    world = stage.start(faults.Chance(rng, share=SHARE, most=MOST), rng, removed=removed)
    world.loss = LOST_MESSAGES
    world.run(*_people(rng, stage, world))
    found = properties.violations(stage, world)
    hits = ", ".join(f"{kind} at {effect}" for effect, kind in world.faults.hit)
    return f"SEED={seed}: {hits}", found, world.kills


def _people(rng, stage, world):
    for site in range(len(stage.environments)):
        when = 0.0
        for number in range(rng.choice((2, 2, 3))):
            wish = people.go_back(site=site, key=f"{site} back {number}") \
                if number and rng.random() < 0.3 \
                else people.release(rng.randrange(4), site=site, key=f"{site} {number}")
            yield people.asks(wish, after_s=when)
            when += rng.choice((0.0, 1.0, 60.0, 200.0))
        if rng.random() < 0.3:
            yield people.stops(site=site, after_s=rng.uniform(0, 10))
        if rng.random() < 0.2:
            yield people.turns_back(site=site, after_s=rng.uniform(0, 15))
    for name in world.machines:
        if rng.random() < 0.3:
            yield people.outage(name, after_s=rng.uniform(0, 60), for_s=rng.uniform(5, 300))
