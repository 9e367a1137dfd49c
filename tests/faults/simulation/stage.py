"""What stands before a run: a shop on some servers, its people and versions, as rows and models."""

import copy
from dataclasses import dataclass

from deployments.models import Deployment, Environment, Release, ServerCommand
from deployments.pipeline.contexts import store
from tests import factories

from . import php
from .database import Kept
from .faults import Faults
from .machine import Machine
from .people import asks, release
from .world import START, World

MASTER = "php8.2-fpm"


@dataclass
class Stage:
    """Rows (`kept`) and machines as they are before a run; `start` gives a World on a copy.

    `versions` are names of ready releases, oldest first; those of `broken` answer with 500.
    """

    memory: object
    machines: dict
    environments: tuple
    versions: tuple
    now: float = START
    kept: Kept = None

    def keep(self):
        self.kept = Kept(self.memory)
        return self

    def start(self, faults=None, rng=None, *, removed=frozenset()):
        """Return a World that begins here; what happens in it is gone with the next one."""
        self.kept.restore()
        machines = copy.deepcopy(self.machines)
        for machine in machines.values():
            for folder in machine.folders.values():
                folder.removed = frozenset(removed)
        return World(self.memory, machines, faults or Faults(), rng, now=self.now)

    def after(self, *people):
        """Return the Stage that there is once these people got what they want."""
        world = self.start()
        world.run(*people)
        if world.violations:
            raise AssertionError(world.violations)
        ends = set(Deployment.objects.values_list("status", "result"))
        if {status for status, _ in ends} != {"succeeded"}:
            raise AssertionError(ends)
        return self._then(world)

    def asked(self, request):
        """Return the Stage in which this request was made, and nobody has taken it up yet."""
        world = self.start()
        with world.in_charge():
            request()
        return self._then(world)

    def _then(self, world):
        return Stage(self.memory, world.machines, self.environments, self.versions,
                     now=world.loop.now).keep()


def shop(memory, *, servers=2, versions=3, broken=(), commands=False, sites=1, when_busy="refuse",
         strategies=("reset", "auto"), wave_size=""):
    """Return a Stage: `sites` shops on the same servers and FPM masters; nothing is live yet.

    `broken` are the positions of versions whose pages answer 500.
    """
    factories.make_user("releaser", None, "look", "build", "release", "go_back")
    factories.make_user("decider", None, "look", "approve", "decide")
    machines = {f"web-{number + 1}": Machine(f"web-{number + 1}") for number in range(servers)}
    environments, names = [], []
    for site in range(sites):
        project = factories.make_project(
            name=f"Shop {site}", slug=f"shop-{site}", created_files=".env", keep_releases=2,
            asset_folders="public/build", when_busy=when_busy)
        environment = factories.make_environment(
            project, slug="production", wave_size=wave_size, wave_pause_s=2 if wave_size else 0)
        environments.append(environment.pk)
        if commands:
            _commands(project)
        ready = [_version(project, number) for number in range(versions)]
        names.append(tuple(ready))
        bad = frozenset(ready[number] for number in broken)
        for number, machine in enumerate(machines.values()):
            _install(environment, machine, strategies[number % len(strategies)], bad)
    return Stage(memory, machines, tuple(environments), tuple(names)).keep()


def _commands(project):
    ServerCommand.objects.create(project=project, moment="before", runs_on="one",
                                 command="migrate", limit_s=60)
    ServerCommand.objects.create(project=project, moment="after", command="warm up", limit_s=60)


def _version(project, number):
    """A ready release, with an archive that carries its digest."""
    row = factories.make_release(project, label=f"1.{number}.0")
    row.contents |= {"static_files": [["public/app.css", php.static_digest(row.name)]],
                     "php_files": ["public/index.php"]}
    row.save()
    archive = store().path(project.slug, row.name)
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.write_text(row.digest)
    return row.name


def _install(environment, machine, strategy, broken):
    server = factories.make_server(machine.name)
    if strategy == "none":
        place = factories.make_installation(
            environment, server=server, pools=[], strategy="none", php_door="none")
        machine.add_site(place.root)
        return
    place = factories.make_installation(environment, server=server, strategy=strategy)
    pool = place.pools.get()
    machine.add_site(place.root, master=MASTER, socket=pool.socket,
                     follows=strategy == "auto")
    machine.pool_at(pool.socket)[1].broken = broken


def with_earlier(memory, **over):
    """The same with the first version live."""
    return shop(memory, **over).after(asks(release(0)))


def environment_of(stage, site=0):
    return Environment.objects.get(pk=stage.environments[site])


def version_of(stage, number, site=0):
    return Release.objects.get(name=stage.versions[site][number])
