"""Builds one release: claim, mirror, commands, archive, and its one end."""

import threading
from dataclasses import asdict

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .. import audit
from ..artifacts.build import Limits, Recipe
from ..artifacts.deadline import Deadline
from ..artifacts.faults import ArtifactFault, RefMissing
from ..artifacts.making import ending_with, make_artifact
from ..artifacts.mirror import FETCH_S
from ..errors import TakenOver
from ..models import AuditEntry, Release
from ..models.fields import lines_of
from ..plan import entries_of
from ..remote.faults import RemoteFault
from ..services.recipe import recipe_of
from ..services.turns import release_built
from .build_claim import BuildClaim
from .builders import builder_of
from .contexts import store
from .log import Journal
from .sources import mirror_of

TICK_S = 0.5


def build_release(pk):
    """Build a pending release to its end; safe to call any number of times."""
    claim = BuildClaim.take(pk)
    if claim is None:
        return
    release, deadline = claim.release, Deadline(settings.BUILD_LIMIT_S, is_held=claim.is_held)
    variables = list(release.project.build_variables.all())
    secrets = [row.value for row in variables if row.is_secret]
    journal = Journal(release=release, secrets=[*secrets, release.project.git_password])
    status, changes = "errored", {"problem": "The worker stopped."}
    try:
        builder = builder_of(release.project)  # here: its rows are read before the thread starts
        made_from = {"recipe": recipe_of(release.project), "entries": entries_of(release.project)}
        changes = _watched(
            lambda: _make(release, variables, builder, journal, deadline), claim, journal)
        changes["contents"] |= made_from
        status = "ready"
    except (ArtifactFault, RemoteFault) as fault:
        status, changes = "failed", {"problem": journal.clean(str(fault))}
        journal.say(str(fault))
    except TakenOver:
        # Mostly another worker's by now, and then _end() writes nothing. Else nobody noticed.
        changes = {"problem": "The worker could not reach the database for too long."}
        journal.drop()
    except BaseException as problem:
        changes = {"problem": f"{type(problem).__name__}: {problem}"}
        raise
    finally:
        journal.flush()
        _end(release, status, changes)


def _watched(work, claim, journal):
    """Run `work` in a thread while this one extends the lease and writes the journal; return or
    raise what it does. TakenOver leaves the thread to end by itself: it may begin nothing more."""
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
        claim.beat()
        journal.flush()
    if "problem" in box:
        raise box["problem"]
    return box["result"]


def _make(release, variables, builder, journal, deadline):
    """Everything that touches git or runs commands; no database here (a thread's rule)."""
    with ending_with(deadline):
        mirror = _fetched(release, deadline)
        journal.say(f"Building {release.name} from {release.commit_sha}", step="build")
        journal.say(builder.account, step="build")
        project = release.project
        with builder as (connection, folder, name):
            contents = make_artifact(
                connection, mirror=mirror, recipe=_recipe(release, variables), folder=folder,
                store=store(), project=project.slug, epoch=release.file_epoch, deadline=deadline,
                public_folder=project.public_folder,
                on_line=lambda line: journal.say(line, step="build"), builder=name)
    journal.say(f"Built: {contents.files} files, {contents.bytes} bytes, content "
                f"{contents.digest[:12]}", step="build")
    return {"digest": contents.digest, "contents": asdict(contents)}


def _fetched(release, deadline):
    """Return the project's mirror, which has the release's commit, if the source has it."""
    mirror = mirror_of(release.project)
    try:
        mirror.resolve(release.commit_sha)
    except (RefMissing, ArtifactFault):
        mirror.refresh(timeout_s=deadline.left(FETCH_S))
    return mirror


def _recipe(release, variables):
    project = release.project
    return Recipe(
        sha=release.commit_sha, ref=release.ref, release=release.name,
        commands=tuple(lines_of(project.build_commands)),
        variables={row.name: row.value for row in variables},
        secret_names=frozenset(row.name for row in variables if row.is_secret),
        subdirectory=project.subdirectory, left_out=tuple(lines_of(project.left_out)),
        limit_s=project.build_limit_s, silence_s=project.build_silence_s,
        limits=Limits(memory_mb=settings.BUILD_MEMORY_MB, processes=settings.BUILD_PROCESSES),
    )


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
