"""What goes wrong, and at which effect: every call of another machine and every write of rows.

The effects of a run are counted. A plan names them by number, a chance picks them by a seed; both
tell how a fault went by, so that a failure can be repeated.
"""

from dataclasses import dataclass

KILL = "kill"  # before it, and so after the one before it
KILL_LATE = "kill late"  # the worker is gone, and what it sent arrives after its successor's
LOST_BEFORE = "lost before"  # the connection is lost and nothing was done
LOST_AFTER = "lost after"  # it was done, and nobody was told
LOST_LATE = "lost late"  # the connection is lost, and what was sent takes effect later
PAUSE = "pause"  # SIGSTOP before it, for longer than the lease
TWICE = "twice"  # the queue's message comes again
TERM = "term"  # SIGTERM
WISH = "wish"  # somebody stops it, or turns it back where that is too late
BY_HAND = "by hand"  # somebody switches a server by hand; only where a plan says so

REMOTE = (KILL, KILL_LATE, LOST_BEFORE, LOST_AFTER, LOST_LATE, PAUSE, TWICE)
READING = (KILL, LOST_BEFORE, LOST_AFTER, PAUSE, TWICE)
ROWS = (KILL, LOST_BEFORE, LOST_AFTER, PAUSE, TWICE, TERM, WISH)  # lost: the database is away
TELLING = (KILL, LOST_AFTER, PAUSE)
"""Kinds of the pairs: each of the others is one of these at the effect before or after."""


@dataclass(frozen=True)
class Effect:
    """One point at which something may go wrong: its number in the run, its name, its kinds."""

    number: int
    name: str
    kinds: tuple[str, ...]

    def __str__(self):
        return f"{self.number} {self.name}"


class Faults:
    """Counts effects; nothing goes wrong."""

    def __init__(self):
        self.effects, self.hit = [], []

    def meet(self, name, kinds):
        """Return the kind of fault that happens at this effect, None for none."""
        effect = Effect(len(self.effects), name, kinds)
        self.effects.append(effect)
        kind = self._kind(effect)
        if kind:
            self.hit.append((effect, kind))
        return kind

    def _kind(self, effect):
        return None


class Planned(Faults):
    """`plan` maps numbers of effects to kinds."""

    def __init__(self, plan):
        super().__init__()
        self.plan = dict(plan)

    def _kind(self, effect):
        return self.plan.get(effect.number)


class Chance(Faults):
    """Each effect fails with a small probability, up to `most` of them."""

    def __init__(self, rng, *, share, most):
        super().__init__()
        self._rng, self._share, self._most = rng, share, most

    def _kind(self, effect):
        if self._rng.random() >= self._share or len(self.hit) >= self._most:
            return None
        return self._rng.choice((*effect.kinds, KILL, KILL))


class Named(Faults):
    """Faults at effects whose names begin so: `kinds` one after the other, from the `nth` on;
    with `always` the first kind at each of them, a poison pill."""

    def __init__(self, start, kinds, *, nth=0, always=False):
        super().__init__()
        self._start, self._kinds, self._always = start, kinds, always
        self._seen = -1 - nth

    def _kind(self, effect):
        if not self._kinds or not effect.name.startswith(self._start):
            return None
        self._seen += 1
        if self._always:
            return self._kinds[0]
        return self._kinds[self._seen] if 0 <= self._seen < len(self._kinds) else None


class InOrder(Faults):
    """`steps` are (start of a name, which of them from here, kind), each after the one before."""

    def __init__(self, *steps):
        super().__init__()
        self._steps, self._seen = list(steps), 0

    def _kind(self, effect):
        if not self._steps or not effect.name.startswith(self._steps[0][0]):
            return None
        _, nth, kind = self._steps[0]
        self._seen += 1
        if self._seen <= nth:
            return None
        self._steps.pop(0)
        self._seen = 0
        return kind
