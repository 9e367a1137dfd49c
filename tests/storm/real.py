"""Real storms: real kills, real servers, real visitors: `make storm REAL=n DATABASE=sqlite`.

Deployments follow each other while processes of the release manager, of sshd and of PHP are killed
or paused at seeded moments. After each of them everything must be well again.
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.storm.real_scene import LEASE_S, Scene

DATABASES = ("sqlite", "postgres")
ROOT = Path(__file__).parents[2]
RESUMED_S = LEASE_S + 10
QUIET_REQUESTS = 40
TOO_MANY, SHOWN = 10, 5


def run(count, database="", *, seed=None):
    """Make `count` kills on each database, or on one; return the exit code."""
    seed = random.randrange(10**6) if seed is None else seed
    codes, told = [], []
    for each in [database] if database else DATABASES:
        codes.append(_one(count, each, seed, told))
        if told:
            break
    return max(codes)


def _one(count, database, seed, told):
    """The exit code of a storm on one database, in a process that settings are read in anew.

    What we are told, by Ctrl-C too, it hears from us alone; it cleans up before we end.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.storm.real", str(count), database, str(seed)],
        cwd=ROOT, start_new_session=True)

    def tell(number, frame):
        told.append(number)
        child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, tell)
    return abs(child.wait())


class Storm:
    """Deployments and kills on one scene, until there were `count` kills."""

    def __init__(self, scene, *, count, seed):
        from tests.storm.real_acts import People
        from tests.storm.real_checks import FenceWatch, Visitors
        from tests.storm.real_trouble import Troublemaker

        self.scene, self.count, self._parent = scene, count, os.getppid()
        self._rng = random.Random(seed)
        self._people, self._maker = People(scene, self._rng), Troublemaker(scene, self._rng)
        self._fences, self._visitors = FenceWatch(scene.hosts), Visitors(scene, self._maker)
        self._typical_s, self._runs, self._hits, self._violations = 5.0, 0, [], []

    def blow(self):
        """Run all of it; return the exit code."""
        self._deploy("v1.0", self._people.first("v1.0"), [])
        self.scene.traffic.start()  # there is a site now
        ended = self._deploy("v2.0", self._people.first("v2.0"), [])
        self._typical_s = ended.took_s
        while len(self._hits) < self.count and len(self._violations) < TOO_MANY:
            if not self._deploy(*self._people.ask(), self._plan()):
                break
        return self._sum_up()

    def _plan(self):
        from tests.storm.real_run import Planned

        number = self._rng.choices((1, 2, 3), (7, 3, 1))[0]
        kind = "worker" if number == 3 else ""  # it may be given up then
        return [Planned(self._rng, self._typical_s, kind=kind)
                for _ in range(min(number, self.count - len(self._hits)))]

    def _deploy(self, what, row, planned):
        """Run one deployment and check what it left; None when it did not end."""
        from tests.storm.real_run import Run

        run = Run(row, planned, maker=self._maker, people=self._people, look=self._look)
        has_ended = run.watch()
        self._runs += 1
        self._hits += run.hits
        if not has_ended:
            self._violated(run.row, [f"{run.row} is still {run.row.status}"])
            return None
        self._maker.undo_all()
        found = [*self._late(run), *self._check(run.row)]
        hits = "; ".join(map(str, run.hits)) or "no trouble"
        print(f"storm: {self.scene.database} {len(self._hits)}/{self.count} | {what}: "
              f"{run.row.words} after {run.took_s:.1f} s | {hits}", flush=True)
        self._violated(run.row, found)
        return run

    def _check(self, row):
        from tests.storm.real_checks import violations

        self._visitors.expect(row)
        if self._runs > 1:
            self.scene.traffic.wait_for(QUIET_REQUESTS)
        found = [*violations(self.scene, row), *self._visitors.troubles(), *self._fences.fallen]
        self._visitors.expect(None)
        self._fences.fallen.clear()
        self._look()
        return found

    def _late(self, run):
        """One worker killed, and nothing else: another one must have it soon."""
        if [hit.trouble.kind for hit in run.hits] == ["worker"]:
            resumed_s = run.hits[0].resumed_s
            if resumed_s and resumed_s > RESUMED_S:
                yield f"{run.row} was resumed after {resumed_s:.1f} s"

    def _look(self):
        """What goes on all the time: the supervisor's supervisor, what is due, the fences."""
        if os.getppid() != self._parent:
            sys.exit("storm: whoever started it is gone")
        self.scene.keep_worker()
        self._maker.tick()
        self._fences.look()

    def _violated(self, row, found):
        from tests.show import story

        if not found:
            return
        self._violations += found
        print(*(f"storm: VIOLATION {text}" for text in found[:SHOWN]), sep="\n")
        print(f"{row.pk}: {story(row)}\n{self.scene.worker_logs()[-4000:]}", flush=True)

    def _sum_up(self):
        resumed = [hit.resumed_s for hit in self._hits if hit.resumed_s]
        ended = [hit.ended_s for hit in self._hits if hit.ended_s]
        print(f"storm: {self.scene.database}: resumed {_times(resumed)}; ended {_times(ended)}")
        print(f"storm: {self.scene.database}: {self._visitors}")
        print(f"storm: {self._runs} runs, {len(self._hits)} kills, "
              f"violations={len(self._violations)}", flush=True)
        return 1 if self._violations else 0


def _times(seconds):
    if not seconds:
        return "never"
    return (f"{len(seconds)} times, median {statistics.median(seconds):.1f} s, "
            f"longest {max(seconds):.1f} s")


def main(count, database, seed):
    """One storm on one database, in this process."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(f"storm: {count} kills on {database}, seed {seed}", flush=True)
    began = time.monotonic()
    with Scene(database) as scene:
        scene.wait_for_worker()
        code = Storm(scene, count=count, seed=seed).blow()
    print(f"storm: {database} took {time.monotonic() - began:.0f} s", file=sys.stderr)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
    except KeyboardInterrupt:
        sys.exit("storm: stopped, everything is removed")
