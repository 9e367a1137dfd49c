"""Every guard of the engine, how a test takes it away, and where the simulation then shows it.

A guard that could be removed without a violation would be no guard, or the simulation blind.
"""

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from unittest import mock

from django.db import connection
from django.db.models import Q, QuerySet

from deployments.models import Deployment
from deployments.models.moves import MovableQuerySet
from deployments.pipeline import claim, forward, locks, record, runner
from deployments.pipeline.claim import Claim
from deployments.pipeline.log import Journal
from deployments.pipeline.record import Record
from deployments.pipeline.steps.prove import Prove
from deployments.services import lost

from . import faults, sessions
from .database import Kept
from .people import asks, release, turns_back, waits

FIRST, OVER, FAILS = ("a first release", "a release over an earlier one",
                      "a release that is not proved")

HOUR_S = 3600


@dataclass(frozen=True)
class Guard:
    """`removed()` is a context without it; `model` names what the model servers lack then.

    It shows in `scene` with the faults `kinds` at effects whose names begin with `at`, from the
    `nth` on, or at `all` of them; or with the `steps` of `faults.InOrder`.
    """

    name: str
    scene: str
    at: str = "none"
    kinds: tuple = ()
    removed: object = nullcontext
    model: frozenset = frozenset()
    nth: int = 0
    all: bool = False
    steps: tuple = ()
    people: tuple = (waits,)
    command_s: float = sessions.COMMAND_S

    def violations(self, scene, *, is_removed):
        """Return what the simulation finds, with the guard and without it."""
        scene.people = self.people
        scene.removed = self.model if is_removed else frozenset()
        what = faults.InOrder(*self.steps) if self.steps else faults.Named(
            self.at, self.kinds, nth=self.nth, always=self.all)
        with mock.patch.object(sessions, "COMMAND_S", self.command_s), \
                self.removed() if is_removed else nullcontext():
            return scene.run(what, limit_s=HOUR_S)[1]


def _patch(owner, name, value):
    return lambda: mock.patch.object(owner, name, value)


@contextmanager
def _no_fence_in_rows():
    """Rows are written whoever holds them now."""
    move = MovableQuerySet.move

    def anyway(self, row, to, *, was=None, fence=None, **changes):
        return move(self, row, to, was=was, **changes)

    def write(self, row, **changes):
        self._written.append((row, changes))
        type(row).objects.filter(pk=row.pk).update(**changes)

    with mock.patch.object(MovableQuerySet, "move", anyway), \
            mock.patch.object(Record, "_write", write), \
            mock.patch.object(Claim, "rows", lambda self: Deployment.objects.filter(pk=self.pk)):
        yield


def _q_without(name):
    return lambda *args, **pairs: Q(*args, **{
        key: value for key, value in pairs.items() if key != name})


@contextmanager
def _no_attempts_limit():
    filtered = QuerySet.filter

    def filter_all(self, *args, **pairs):
        return filtered(self, *args, **{
            key: value for key, value in pairs.items() if key != "attempts__lt"})

    with mock.patch.object(QuerySet, "filter", filter_all), \
            mock.patch.object(lost, "ATTEMPTS", 10**6):
        yield


def _pass_anyway(run):
    return run.claim.rows().update(switching_at=claim.Now()) == 1


def _forget_going_back(update):
    def without(self, **changes):
        changes.pop("going_back_as", None)
        return update(self, **changes)

    return without


def _without_the_constraint():
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_active_deployment_per_environment")


@contextmanager
def _no_constraint():
    """Two deployments may hold one environment: the run's own copy of the rows forgets it."""
    keep = Kept.restore

    def restore(self):
        keep(self)
        _without_the_constraint()

    with mock.patch.object(Kept, "restore", restore):
        yield


_LATE = (asks(release(1)), asks(release(2)))
_TURNED_BACK = (waits, turns_back(after_s=430))

GUARDS = (
    Guard("the servers' fence", OVER, "switch.sh", (faults.PAUSE,), model={"server fence"}),
    Guard("the fence in the rows", OVER, "db record.ended", (faults.PAUSE,), _no_fence_in_rows,
          nth=4),
    Guard("the lease in the claim", OVER, "switch.sh", (faults.TWICE,),
          _patch(claim, "Q", _q_without("lease_until__lte"))),
    Guard("the heartbeat", OVER, removed=_patch(Claim, "beat", lambda self: None), command_s=300),
    Guard("the reaper", OVER, "switch.sh", (faults.KILL,),
          _patch(lost, "wake_lost", lambda: 0)),
    Guard("the limit of attempts", OVER, "unpack.sh", (faults.KILL,), _no_attempts_limit,
          all=True),
    Guard("the limit of finishes", OVER, "ask reset", (faults.KILL, faults.KILL),
          _patch(runner, "FINISHES", 10**6)),
    Guard("the reaper's patience", OVER, "db claim.take", (faults.LOST_BEFORE,) * 6,
          _patch(lost, "WAKE_S", 0)),
    Guard("a stop or the switch, whoever is first", OVER, "db forward",
          (faults.WISH,), _patch(forward, "_pass_return", _pass_anyway)),
    Guard("what goes back goes on going back", FAILS, "switch.sh", (faults.KILL,),
          _patch(Claim, "update", _forget_going_back(Claim.update)), nth=3),
    Guard("a new fence where an outcome is unknown", FAILS, "switch.sh", (faults.LOST_LATE,),
          _patch(Claim, "renew_fence", lambda self: None)),
    Guard("the caches' locks", OVER, removed=_patch(locks, "take", lambda *args, **pairs: None)),
    Guard("what the link is expected to be", OVER, "switch.sh", (faults.BY_HAND,),
          model={"expected"}),
    Guard("the record of a command", OVER, "the end of command.sh", (faults.LOST_AFTER,),
          model={"command record"}),
    Guard("commands end before files go", OVER, "db claim.update", (faults.KILL,),
          model={"sessions"}, nth=40, people=_TURNED_BACK, command_s=300),
    Guard("an outcome for every intent", OVER, "switch.sh", (faults.KILL,),
          _patch(record, "settle", lambda deployment: 0)),
    Guard("the log of a replaced worker is dropped", OVER, "switch.sh", (faults.PAUSE,),
          _patch(Journal, "drop", lambda self: None)),
    Guard("the log belongs to who holds the deployment", OVER,
          removed=_patch(Claim, "demand", lambda self: None),
          steps=(("switch.sh", 0, faults.WISH), ("db locks._try", 0, faults.PAUSE))),
    Guard("the proof", FAILS, removed=_patch(Prove, "run", lambda self, ctx: None)),
    Guard("one deployment per environment", "an earlier release", removed=_no_constraint,
          people=_LATE),
)
