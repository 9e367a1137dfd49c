"""Builds one release: claim, mirror, commands, archive, and its one end."""

import threading
from contextlib import suppress

from django.conf import settings

from ..artifacts.build import Build, Limits, Recipe
from ..artifacts.deadline import Deadline
from ..artifacts.faults import ArtifactFault
from ..artifacts.making import ending_with, make_artifact
from ..artifacts.mirror import FETCH_S
from ..errors import HandedOver, TakenOver
from ..models.fields import lines_of
from ..plan import entries_of
from ..remote.faults import RemoteFault
from ..services.recipe import recipe_of
from . import handover
from .build_claim import BuildClaim, give_up
from .builders import builder_of
from .contexts import store
from .log import Journal
from .sources import mirror_of

TICK_S = 0.5
STOP_S = 60


def build_release(pk):
    """Build a pending release to its end; safe to call any number of times.

    A build whose worker is lost begins anew with the next one; after ATTEMPTS it is given up.
    """
    claim = BuildClaim.take(pk)
    if claim is None:
        give_up(pk)
        return
    project = claim.release.project
    variables = list(project.build_variables.all())
    secrets = [row.value for row in variables if row.is_secret]
    journal = Journal(release=claim.release, secrets=[*secrets, project.git_password],
                      patiently=claim.patiently)
    try:
        _build(claim, variables, journal)
    except HandedOver:
        _stop_commands(claim, variables)
        journal.say("This worker was told to end; the build is in line again")
        journal.flush()
        journal.drop()
        claim.patiently(claim.give_back)
    except TakenOver:
        journal.drop()  # another worker numbers the lines now, or will when the lease is over


def _build(claim, variables, journal):
    """Do it, and end the row; TakenOver and HandedOver leave the row to others."""
    release, deadline = claim.release, Deadline(settings.BUILD_LIMIT_S, is_held=claim.is_held)
    try:
        builder = builder_of(release.project)  # here: its rows are read before the thread starts
        made_from = {"recipe": recipe_of(release.project), "entries": entries_of(release.project)}
        changes = _watched(
            lambda: _make(release, variables, builder, journal, deadline), claim, journal)
        changes["contents"] |= made_from
        _end(claim, journal, "ready", changes)
    except (ArtifactFault, RemoteFault) as fault:
        journal.say(str(fault))
        _end(claim, journal, "failed", {"problem": journal.clean(str(fault))})
    except (TakenOver, HandedOver):
        raise
    except BaseException as problem:
        _end(claim, journal, "errored", {"problem": f"{type(problem).__name__}: {problem}"})
        raise


def _end(claim, journal, status, changes):
    journal.flush()
    claim.patiently(lambda: claim.end(status, changes))


def _watched(work, claim, journal):
    """Run `work` in a thread while this one extends the lease and writes the journal; return or
    raise what it does. TakenOver and HandedOver leave the thread to end by itself: it may begin
    nothing more."""
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
        # What failed while everybody here is told to end may have failed because of that.
        if handover.is_asked() and "result" not in box:
            claim.let_go()
            raise HandedOver
        claim.beat()
        journal.flush()
    if "problem" in box:
        raise box["problem"]
    return box["result"]


def _stop_commands(claim, variables):
    """End what runs on the builder; where that cannot be done, the next worker does it."""
    release = claim.release
    with suppress(ArtifactFault, RemoteFault), builder_of(release.project) as builder:
        connection, folder, name = builder
        Build(connection, folder=folder, recipe=_recipe(release, variables), builder=name,
              deadline=Deadline(STOP_S)).end_processes()


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
    return {"digest": contents.digest, "contents": contents.as_json(),
            "manifest": contents.manifest}


def _fetched(release, deadline):
    """Return the project's mirror, which has the release's commit, if the source has it."""
    mirror = mirror_of(release.project)
    if not mirror.has(release.commit_sha):
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
