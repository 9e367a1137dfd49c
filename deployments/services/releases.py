"""Verbs on releases: ask for a build, and what follows when it is done."""

import re

from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Commit, Project, Release
from .acting import acting, demand, hold

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


def resolve(project, ref):
    """Return the commit SHA that `ref` (branch, tag, full or short SHA) names, as last read.

    Raises Refused when it names nothing, or more than one thing.
    """
    if not _REF.fullmatch(ref):
        shown = "".join(char if char.isprintable() else "?" for char in ref[:80])
        raise Refused(_("“{shown}” cannot be a version's name.").format(shown=shown),
                      _("Give a branch, a tag or a commit."))
    named = set(project.refs.filter(name=ref).values_list("sha", flat=True))
    if len(named) > 1:
        raise Refused(_("“{ref}” is both a branch and a tag, at different commits.").format(
            ref=ref),
                      _("Give the commit itself."))
    if named:
        return named.pop()
    if re.fullmatch(r"[0-9a-f]{7,64}", ref):
        shas = list(Commit.objects.filter(project=project, sha__startswith=ref)
                    .values_list("sha", flat=True)[:2])
        if len(shas) == 1:
            return shas[0]
        if shas:
            raise Refused(_("“{ref}” is the beginning of more than one commit.").format(ref=ref),
                          _("Give more of it."))
    raise Refused(_("{project} has no version “{ref}”.").format(project=project.name, ref=ref),
                  _("Check the name, or read the list of versions again."))


def _release_name(now, number):
    """UTC time and the project's own counter: sorts by age, never repeats."""
    return f"{now:%Y%m%dT%H%M%SZ}-{number}"


def new_name(project):
    """Return (name, file_epoch) of one more version; neither is given twice."""
    now = timezone.now()
    Project.objects.filter(pk=project.pk).update(
        release_counter=F("release_counter") + 1,
        last_file_epoch=Greatest(F("last_file_epoch") + 1, int(now.timestamp())),
    )
    project.refresh_from_db(fields=["release_counter", "last_file_epoch"])
    return _release_name(now, project.release_counter), project.last_file_epoch


def new_release(actor, project, ref):
    """Return a pending Release of what `ref` names now, its build queued in the transaction."""
    sha = resolve(project, ref)
    name, file_epoch = new_name(project)
    release = Release.objects.create(
        project=project, name=name, commit_sha=sha, ref=ref, file_epoch=file_epoch,
        requested_by=actor.user, requested_by_name=actor.name,
    )
    audit.record("release.requested",
                 _("{actor} asked to build {project} {ref} ({sha}) as {release}").format(
                     actor=actor.name, project=project.name, ref=ref, sha=sha[:10],
                     release=release.name), actor=actor, project=project,
                 release=release.name, commit=sha)
    queue.wake(queue.BUILD, release.pk)
    return release


def request_build(actor, project, ref):
    """Build what `ref` names now; returns the Release. Refused without the right.

    While that commit is being built, the same row is returned: a double click is one build. One
    whose worker is gone is queued again, for the next worker to take up.
    """
    with acting(actor, "release.requested", project=project):
        demand(policy.may_build(actor, project))
        hold(project)
        unfinished = project.releases.filter(
            commit_sha=resolve(project, ref), status__in=("pending", "building"))
        release = unfinished.first()
        if release is None:
            return new_release(actor, project, ref)
        if unfinished.filter(pk=release.pk, status="building", lease_until__lt=Now()).exists():
            audit.record("release.requested", _("{actor} asked again to build {project} {ref} as "
                                                "{release}, whose worker is gone").format(
                actor=actor.name, project=project.name, ref=ref, release=release.name), actor=actor,
                         project=project, release=release.name, commit=release.commit_sha)
            queue.wake(queue.BUILD, release.pk)
        return release
