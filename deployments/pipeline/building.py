"""Builds one release: claim, mirror, commands, archive, and its one end."""

import threading
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from .. import audit
from ..artifacts.build import Limits, Recipe, make_room
from ..artifacts.faults import ArtifactFault, RefMissing
from ..artifacts.making import make_artifact
from ..checks import builds_have_own_user
from ..models import AuditEntry, Release
from ..models.fields import lines_of
from ..remote.faults import RemoteFault
from ..remote.local import LocalConnection
from ..remote.ssh import Connection
from ..services.deployments import release_built
from .claim import worker_name
from .contexts import store
from .hosts import host_of
from .log import Journal
from .sources import mirror_of

REMOTE_FOLDER = ".releasemgr-build"
TICK_S = 0.5


def build_release(pk):
    """Build a pending release to its end; safe to call any number of times."""
    release = _claim(pk)
    if release is None:
        return
    variables = list(release.project.build_variables.all())
    secrets = [row.value for row in variables if row.is_secret]
    journal = Journal(release=release, secrets=[*secrets, release.project.git_password])
    status, changes = "errored", {"problem": "The worker stopped."}
    try:
        builder = _builder(release.project)  # here: its rows are read before the thread starts
        changes = _watched(lambda: _make(release, variables, builder, journal), journal)
        status = "ready"
    except (ArtifactFault, RemoteFault) as fault:
        status, changes = "failed", {"problem": journal.clean(str(fault))}
        journal.say(str(fault))
    except BaseException as problem:
        changes = {"problem": f"{type(problem).__name__}: {problem}"}
        raise
    finally:
        journal.flush()
        _end(release, status, changes)


def _claim(pk):
    lease = Now() + timedelta(seconds=settings.BUILD_LIMIT_S)
    free = Q(status="pending") | Q(status="building", lease_until__lt=Now())
    claimed = Release.objects.filter(free, pk=pk).update(
        status="building", owner=worker_name(), lease_until=lease, fence=F("fence") + 1)
    rows = Release.objects.select_related("project__deploy_key", "project__builder__ssh_key")
    return rows.get(pk=pk) if claimed else None


def _watched(work, journal):
    """Run `work` in a thread while this one writes the journal; return or raise what it does."""
    box = {}

    def run():
        try:
            box["result"] = work()
        except BaseException as problem:
            box["problem"] = problem

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(TICK_S)
        journal.flush()
    if "problem" in box:
        raise box["problem"]
    return box["result"]


def _make(release, variables, builder, journal):
    """Everything that touches git or runs commands; no database here (a thread's rule)."""
    project = release.project
    mirror = mirror_of(project)
    try:
        mirror.resolve(release.commit_sha)
    except (RefMissing, ArtifactFault):
        mirror.refresh()
    journal.say(f"Building {release.name} from {release.commit_sha}", step="build")
    journal.say(builder.account, step="build")
    recipe = Recipe(
        sha=release.commit_sha, ref=release.ref, release=release.name,
        commands=tuple(lines_of(project.build_commands)),
        variables={row.name: row.value for row in variables},
        secret_names=frozenset(row.name for row in variables if row.is_secret),
        subdirectory=project.subdirectory, left_out=tuple(lines_of(project.left_out)),
        limit_s=project.build_limit_s, silence_s=project.build_silence_s,
        limits=Limits(memory_mb=settings.BUILD_MEMORY_MB, processes=settings.BUILD_PROCESSES),
    )
    with builder as (connection, folder, name):
        contents = make_artifact(
            connection, mirror=mirror, recipe=recipe, folder=folder, store=store(),
            project=project.slug, epoch=release.file_epoch, public_folder=project.public_folder,
            on_line=lambda line: journal.say(line, step="build"), builder=name)
    journal.say(f"Built: {contents.files} files, {contents.bytes} bytes, content "
                f"{contents.digest[:12]}", step="build")
    return {"digest": contents.digest, "contents": asdict(contents)}


def _builder(project):
    """Return a context manager that gives (connection, folder, name) of the project's builder."""
    if project.builder:
        return _RemoteBuilder(project)
    return _LocalBuilder(project)


class _RemoteBuilder:
    """A server builds, as its SSH user."""

    def __init__(self, project):
        self._host = host_of(project.builder)
        self._folder = f"{REMOTE_FOLDER}/{project.slug}"
        self.account = f"Commands run on {self._host.name} as its SSH user {self._host.user}."

    def __enter__(self):
        self._connection = Connection.open(self._host)
        return self._connection, self._folder, self._host.name

    def __exit__(self, *exc_info):
        self._connection.close()


class _LocalBuilder:
    """This machine builds, as BUILD_USER where we may switch users."""

    def __init__(self, project):
        self._user = settings.BUILD_USER if builds_have_own_user() else None
        self._folder = f"{settings.BUILD_DIR}/{project.slug}"
        self.account = (
            f"Commands run on this machine as {self._user}." if self._user else
            "Careful: commands run as the release manager's own user and could read its secrets. "
            "Run the worker as root with BUILD_USER set, or build on a server.")

    def __enter__(self):
        make_room(self._folder, user=self._user)
        return LocalConnection(self._user), self._folder, "This machine"

    def __exit__(self, *exc_info):
        pass


def _end(release, status, changes):
    with transaction.atomic():
        if status == "ready":
            changes = {**changes, "built_at": timezone.now()}
        if not Release.objects.move(release, status, was="building", fence=release.fence,
                                    lease_until=None, **changes):
            return
        words = "is built" if status == "ready" else f"could not be built: {release.problem}"
        audit.record(
            f"release.{status}", f"{release.project.name} {release.name} {words}",
            outcome=AuditEntry.DONE if status == "ready" else AuditEntry.FAILED,
            project=release.project, release=release.name, digest=release.digest)
        release_built(release)
