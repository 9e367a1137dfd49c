"""The versions one can choose from, and the one that was chosen. Reads rows only."""

from dataclasses import dataclass

from ..errors import Refused
from ..models import Commit, Deployment, Release
from ..services.deployments import ready_releases, releases_gone_live
from ..services.recipe import built_today, commits_built_today
from ..services.releases import resolve

SHOWN = 12
"""How many ready versions, names and commits the page lists; any other can be typed."""


@dataclass(frozen=True)
class Choice:
    """A version somebody chose: a stored `release`, or a `ref` that is built first."""

    value: str
    title: str
    sha: str
    release: Release | None = None
    ref: str = ""

    @property
    def is_built(self):
        return self.release is not None and self.release.status == "ready"

    @property
    def unbuilt_sha(self):
        """Its commit while its build has not begun; else ""."""
        is_new = self.release is None or self.release.status == "pending"
        return self.sha if is_new else ""

    @property
    def short_sha(self):
        return self.sha[:10]


def choose(project, value):
    """Return the Choice that `value` (a release's name, or a branch, tag or commit) means.

    What is built already is not built again, unless the project's build or shared paths were
    changed since. Refused, with what to do, when it means nothing.
    """
    value = value.strip()
    if not value:
        raise Refused("No version was chosen.", "Choose one of the list.")
    release = Release.objects.filter(project=project, name=value).first()
    if release:
        return Choice(value, release.title, release.commit_sha, release=release)
    sha = resolve(project, value)
    built = built_today(project, sha)
    if built:
        return Choice(built.name, built.title, sha, release=built)
    title = sha[:10] if sha.startswith(value) else value
    return Choice(value, title, sha, ref=value)


def options(environment):
    """What the page offers: `ready` releases, `names` (branches and tags) and `commits`; and the
    value `suggested` among them: what is newer than the live version and was never live here."""
    project = environment.project
    ready = list(ready_releases(project)[:SHOWN])
    built = commits_built_today(project)
    live = Deployment.objects.live(environment)
    elsewhere = _live_elsewhere(environment)
    names = list(project.refs.all())
    called = {}
    for ref in names:
        called.setdefault(ref.sha, []).append(ref.name)
    offered = [ref for ref in names if ref.sha not in built][:SHOWN]
    return {
        "suggested": _suggested(environment, ready, offered, live),
        "ready": [{
            "release": release, "is_live": live and live.release_id == release.pk,
            "places": elsewhere.get(release.pk, []),
            "names": [name for name in called.get(release.commit_sha, [])
                      if name != release.title],
        } for release in ready],
        "names": _with_subjects(project, offered),
        "commits": [row for row in Commit.objects.filter(project=project)
                    .order_by("-authored_at", "-pk")[:SHOWN]
                    if row.sha not in built and row.sha not in called],
    }


def _suggested(environment, ready, names, live):
    if live is None:
        choices = [*[release.name for release in ready[:1]], *[ref.name for ref in names[:1]]]
        return choices[0] if choices else ""
    known = {release.pk for release in releases_gone_live(environment)}
    for release in ready:
        is_new = release.pk not in known and release.commit_sha != live.release.commit_sha
        if release.pk > live.release_id and is_new:
            return release.name
    now = Commit.objects.filter(project=environment.project, sha=live.release.commit_sha).first()
    for ref in names:
        if now and ref.committed_at > now.authored_at:
            return ref.name
    return live.release.name


def _live_elsewhere(environment):
    places = {}
    for other in environment.project.environments.exclude(pk=environment.pk):
        live = Deployment.objects.live(other)
        if live:
            places.setdefault(live.release_id, []).append(live)
    return places


def _with_subjects(project, refs):
    subjects = dict(Commit.objects.filter(project=project, sha__in=[ref.sha for ref in refs])
                    .values_list("sha", "subject"))
    for ref in refs:
        ref.subject = subjects.get(ref.sha, "")
    return refs
