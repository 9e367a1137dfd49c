"""`build_plan(deployment) -> Plan`: everything a deployment will do, fixed, printable and hashed.

What is approved is what runs: the approval names the hash, and the runner builds the plan again
before it starts and compares. Only reads; holds plain values, so target threads can carry it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field

from django.utils.translation import gettext_lazy as _

from .bound import identity_of, scripts_digest
from .models import Installation, InstallationPool, ServerCommand
from .models.fields import lines_of as text_lines_of
from .plan_words import lines_of
from .waves import in_waves, wave_words
from .witness_words import NO_WITNESS, WitnessPlan

PARTS = {
    "kind": _("what was asked for"), "project": _("the project's short name"),
    "environment": _("the environment's short name"), "site_host": _("the site's host name"),
    "release": _("the version"), "commit_sha": _("the version"), "digest": _("the version's "
                                                                             "content"),
    "file_epoch": _("the version's content"), "size_bytes": _("the version's content"),
    "files": _("the version's content"), "public_folder": _("the public folder"),
    "entries": _("shared, writable or asset folders"), "before": _("commands before the switch"),
    "after": _("commands after the switch"), "pages": _("check pages"),
    "keep_releases": _("how many versions are kept"), "targets": _("servers or their settings"),
    "waves": _("the waves"), "wave_pause_s": _("the waves"), "witness": _("what the witness asks"),
    "scripts": _("the release manager's own scripts"),
}
"""What people call each part of a plan."""


@dataclass(frozen=True)
class PoolPlan:
    """One PHP pool: its FPM master, its socket, and the two addresses that reach it."""

    name: str
    master: str
    socket: str
    page_path: str
    endpoint_path: str


@dataclass(frozen=True)
class TargetPlan:
    """One installation: where it is, and how PHP there is asked and made new."""

    installation_id: int
    server_id: int
    server: str
    login: str
    root: str
    web_group: str
    strategy: str
    php_door: str
    pools: tuple[PoolPlan, ...]
    ask_address: str
    is_https: bool
    asked_over: str
    web_server: str = "nginx"
    web_service: str = "nginx"  # its service's name, also where the installation leaves it empty
    web_test: str = "/usr/sbin/nginx -t"  # what tests its configuration, resolved as well
    service_manager: str = "/usr/bin/systemctl"
    identity: str = ""  # of the machine, as `bound` tells it
    shares: tuple[str, ...] = ()  # other sites whose PHP shares an OPcache with this one's


@dataclass(frozen=True)
class PagePlan:
    """A page that must answer: statuses from–to, optional text, request headers."""

    path: str = "/"
    status_from: int = 200
    status_to: int = 399
    text: str = ""
    headers: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class CommandPlan:
    """A command of the project on its servers; `first_only`: on the first one alone."""

    command: str
    limit_s: int
    first_only: bool
    is_irreversible: bool = False
    restarts: str = ""  # part of the command line of processes that it restarts


@dataclass(frozen=True)
class Plan:
    """One deployment, bound. `entries` are (sort, path) pairs as `place.sh` takes them."""

    kind: str
    project: str
    environment: str
    site_host: str
    release: str
    commit_sha: str
    digest: str
    file_epoch: int
    size_bytes: int
    files: int
    public_folder: str
    entries: tuple[tuple[str, str], ...]
    before: tuple[CommandPlan, ...]
    after: tuple[CommandPlan, ...]
    pages: tuple[PagePlan, ...]
    keep_releases: int
    targets: tuple[TargetPlan, ...]
    waves: tuple[tuple[int, ...], ...]  # installation ids that are switched together
    wave_pause_s: int
    witness: WitnessPlan = NO_WITNESS
    scripts: str = ""  # digest of what we run on servers ourselves

    @classmethod
    def from_json(cls, saved):
        """Return the Plan that `as_json` gave `saved`; it equals the one that was saved.

        One that was saved before there were waves has one, of all its servers.
        """
        alone = [[row["installation_id"] for row in saved["targets"]]]
        saved = {"waves": alone, "wave_pause_s": 0} | saved
        witness = saved.pop("witness", None)
        parts = {
            "entries": lambda row: tuple(row), "waves": lambda row: tuple(row),
            "before": lambda row: CommandPlan(**row), "after": lambda row: CommandPlan(**row),
            "pages": lambda row: PagePlan(**row | {"headers": tuple(row["headers"])}),
            "targets": lambda row: TargetPlan(**row | {
                "pools": tuple(PoolPlan(**pool) for pool in row["pools"]),
                "shares": tuple(row.get("shares", ()))}),
        }
        return cls(**saved | {name: tuple(make(row) for row in saved[name])
                              for name, make in parts.items()},
                   witness=WitnessPlan.from_json(witness))

    @property
    def pauses_s(self):
        """Seconds of all pauses between its waves together."""
        return self.wave_pause_s * (len(self.waves) - 1)

    def as_json(self):
        """Return the plan as the database keeps it: dicts, lists, words and numbers."""
        return json.loads(json.dumps(asdict(self)))

    @property
    def wave_words(self):
        """“First web-1 alone, then 2 at a time, 60 s in between”; "" where all go together."""
        names = {target.installation_id: target.server for target in self.targets}
        return wave_words([list(dict.fromkeys(names[pk] for pk in wave)) for wave in self.waves],
                          self.wave_pause_s)

    @property
    def hash(self):
        """Hex SHA-256 over the canonical JSON of all that is approved."""
        text = json.dumps(_bound(self.as_json()), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def differences(self, earlier):
        """Return what differs from `earlier` (another plan's JSON), in people's words, sorted.

        What plans did not say yet when `earlier` was saved is no difference.
        """
        mine = self.as_json()
        theirs = Plan.from_json(_completed(earlier, mine)).as_json() if earlier else {}
        names = {name for name in mine if not theirs or _bound(mine)[name] != _bound(theirs)[name]}
        if "targets" in names:
            names.discard("waves")  # they are made of the servers
        return sorted({str(PARTS[name]) for name in names})

    def lines(self):
        """Yield the plan as sentences, the first lines of every deployment's log."""
        return lines_of(self)


def _bound(saved):
    """A plan's JSON without which other sites share its PHP: that is told, and theirs to change."""
    return saved | {"targets": [row | {"shares": None} for row in saved["targets"]]}


def _completed(earlier, mine):
    """Return the saved plan, with what plans did not say yet when it was saved said as now.

    Scripts of ours, too: an update voids what waits, and nothing that a person decides about.
    """
    now = {row["installation_id"]: row for row in mine["targets"]}
    targets = [now.get(row["installation_id"], {}) | row for row in earlier["targets"]]
    return {"witness": mine["witness"]} | earlier | {
        "targets": targets, "scripts": mine["scripts"]}


def waves_of(environment, kind, places):
    """Return the ids that are switched together; `places` are (server, id) pairs, in their order.

    Canary servers first, then so many at a time; all at once where no waves are wanted, and
    whenever something is to come back quickly. Installations on one server stay together.
    """
    by_server = {}
    for server, place in places:
        by_server.setdefault(server, []).append(place)
    groups = [list(by_server)] if kind != "deploy" else in_waves(
        list(by_server), first=environment.canary_servers, size=environment.wave_size)
    return tuple(tuple(place for server in group for place in by_server[server])
                 for group in groups if group)


def entries_of(project):
    """Return (sort, path) pairs: what the project shares, lets PHP write and keeps of assets."""
    kinds = (
        ("file", project.shared_files), ("create", project.created_files),
        ("dir", project.shared_folders), ("writable", project.writable_folders),
        ("asset", project.asset_folders),
    )
    return tuple((kind, path) for kind, text in kinds for path in text_lines_of(text))


WEB_SERVICES = {Installation.NGINX: "nginx", Installation.APACHE: "apache2"}
WEB_TESTS = {Installation.NGINX: "/usr/sbin/nginx -t",
             Installation.APACHE: "/usr/sbin/apache2ctl configtest"}


def _target(installation, strategy):
    server, uses = installation.server, installation.pool_uses.select_related("pool")
    pools = tuple(PoolPlan(use.pool.name, use.pool.master, use.pool.socket, use.page_path,
                           use.endpoint_path) for use in uses)
    return TargetPlan(
        installation.pk, server.pk, server.name,
        f"{server.user}@{server.address}:{server.port}", installation.root,
        installation.web_group, _strategy(installation, strategy), installation.php_door, pools,
        installation.ask_address, installation.is_https, installation.asked_over,
        installation.web_server,
        installation.web_service or WEB_SERVICES[installation.web_server],
        installation.web_test or WEB_TESTS[installation.web_server],
        server.service_manager, identity_of(server), _shares(installation),
    )


def _strategy(installation, instead):
    """A site without PHP has nothing that could be done in another way."""
    return instead if instead and installation.php_door != Installation.NO_PHP \
        else installation.strategy


def _shares(installation):
    """Names of the other active sites with a pool of the same FPM masters, sorted."""
    masters = installation.pools.values("master")
    uses = InstallationPool.objects.filter(
        pool__server_id=installation.server_id, pool__master__in=masters,
        installation__is_active=True).exclude(installation=installation)
    rows = uses.select_related("installation__environment__project")
    return tuple(sorted({str(use.installation.environment) for use in rows}))


def _commands(project, moment):
    return tuple(CommandPlan(row.command, row.limit_s, row.runs_on == ServerCommand.ONE,
                             row.is_irreversible, row.restarts)
                 for row in project.server_commands.filter(moment=moment))


def _pages(project):
    pages = tuple(PagePlan(row.path, row.status_from, row.status_to, row.text,
                           tuple(text_lines_of(row.headers)))
                  for row in project.check_pages.all())
    return pages or (PagePlan(),)


def build_plan(kind, environment, release, *, installations=None, strategy=""):
    """Return the Plan for making `release` live in `environment`, from what the rows say now.

    `installations`: pks of exactly those it is for (making PHP reload on one server, ending what
    was begun); None means all active ones. `strategy`: how PHP is made new instead of the
    installations' own ways; "" means those.
    """
    project = environment.project
    rows = Installation.objects.filter(environment=environment)
    rows = rows.filter(is_active=True) if installations is None else \
        rows.filter(pk__in=installations)
    contents = release.contents
    moves = kind != "reload"
    entries = contents.get("entries", entries_of(project))  # as it was built; not built yet: now
    targets = tuple(_target(row, strategy)
                    for row in rows.select_related("server__jump").order_by("pk"))
    waves = waves_of(environment, kind, [
        (target.server_id, target.installation_id) for target in targets])
    return Plan(
        kind=kind, project=project.slug, environment=environment.slug,
        site_host=environment.site_host, release=release.name, commit_sha=release.commit_sha,
        digest=release.digest, file_epoch=release.file_epoch,
        size_bytes=contents.get("bytes", 0), files=contents.get("files", 0),
        public_folder=project.public_folder, entries=tuple(map(tuple, entries)) if moves else (),
        before=_commands(project, "before") if moves else (),
        after=_commands(project, "after") if moves else (),
        pages=_pages(project), keep_releases=project.keep_releases,
        targets=targets, waves=waves,
        wave_pause_s=environment.wave_pause_s if len(waves) > 1 else 0,
        witness=WitnessPlan.of(environment), scripts=scripts_digest(),
    )
