"""The versions one can choose from, and the one that was chosen. Reads rows only."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..errors import Refused
from ..models import Commit, Deployment, Ref, Release
from ..services.deployments import ready_releases
from ..services.recipe import built_today, commits_built_today
from ..services.releases import resolve
from ..services.source import Graph
from ..services.way_back import releases_gone_live

SHOWN = 12
"""How many versions and commits the page lists at first; any other can be typed."""


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
        raise Refused(_("No version was chosen."), _("Choose one of the list."))
    release = Release.objects.filter(project=project, name=value).first()
    if release:
        return Choice(value, release.title, release.commit_sha, release=release)
    sha = resolve(project, value)
    built = built_today(project, sha)
    if built:
        return Choice(built.name, built.title, sha, release=built)
    title = sha[:10] if sha.startswith(value) else value
    return Choice(value, title, sha, ref=value)


@dataclass(frozen=True)
class Option:
    """A version on the page. `lacks` counts changes that are live here and not in it; `is_older`
    says that it was before what is live, `is_same` that it is the same code, built anew."""

    value: str
    title: str
    sha: str
    at: object  # when its last change was made
    release: Release | None = None  # None: it is built first
    words: str = ""
    names: tuple = ()  # branches and tags that are here now
    is_live: bool = False
    places: tuple = ()  # deployments by which it is live elsewhere
    lacks: int = 0
    is_older: bool = False
    is_same: bool = False


def options(environment):
    """What the page offers: `shown` and `folded` options, newest first, single `commits`, the value
    `suggested` among them (what is newer than the live version and was never live here; "" where
    there is none: what somebody went back from is not for us to suggest), and for other names of
    an option its value (`also`)."""
    project = environment.project
    ready, names = list(ready_releases(project)[:SHOWN]), list(project.refs.all())
    built, live = commits_built_today(project), Deployment.objects.live(environment)
    called = {}
    for ref in names:
        called.setdefault(ref.sha, []).append(ref.name)
    offered = _once([ref for ref in names if ref.sha not in built])[:SHOWN]
    told = Commit.objects.filter(project=project, sha__in=[
        *(release.commit_sha for release in ready), *(ref.sha for ref in offered)])
    commits = {row.sha: row for row in told.defer("files")}
    compare = _comparison(project, live)
    found = [*_of_releases(environment, ready, commits, called, live, compare),
             *_of_refs(offered, commits, called, compare)]
    found.sort(key=lambda option: option.at, reverse=True)
    single = [row for row in Commit.objects.filter(project=project).defer("files")
              .order_by("-authored_at", "-pk")[:SHOWN]
              if row.sha not in built and row.sha not in called]
    return {
        "suggested": _suggested(environment, ready, offered, live),
        "shown": found[:SHOWN], "folded": found[SHOWN:], "commits": single,
        "values": {*(option.value for option in found), *(row.sha for row in single)},
        "also": {name: option.value for option in found for name in option.names
                 if option.release is None or option.sha in built},
    }


def _once(refs):
    """One of those that name the same commit: a tag before a branch, which moves on."""
    found = {}
    for ref in refs:
        held = found.get(ref.sha)
        if held is None or (ref.sort == Ref.TAG and held.sort != Ref.TAG):
            found[ref.sha] = ref
    return list(found.values())


def _of_releases(environment, ready, commits, called, live, compare):
    elsewhere = _live_elsewhere(environment)
    for release in ready:
        commit, title = commits.get(release.commit_sha), release.title
        names = [name for name in called.get(release.commit_sha, []) if name != title]
        yield Option(
            release.name, title, release.commit_sha,
            commit.authored_at if commit else release.built_at or release.requested_at,
            release=release, words=commit.subject if commit else "", names=tuple(names),
            is_live=bool(live) and live.release_id == release.pk,
            places=tuple(elsewhere.get(release.pk, ())), **compare(release.commit_sha))


def _of_refs(refs, commits, called, compare):
    for ref in refs:
        words = commits[ref.sha].subject if ref.sha in commits else ""
        names = tuple(name for name in called[ref.sha] if name != ref.name)
        yield Option(ref.name, ref.name, ref.sha, ref.committed_at, words=words, names=names,
                     **compare(ref.sha))


def _comparison(project, live):
    """A function that compares a commit with what is live; what was not read is not compared."""
    if live is None:
        return lambda sha: {}
    graph = Graph.of(project)
    here = live.release.commit_sha
    now = graph.ancestors(here)

    def compare(sha):
        held = graph.ancestors(sha)
        if not (now and held):
            return {}
        return {"lacks": len(now - held), "is_older": sha in now and sha != here,
                "is_same": sha == here}

    return compare


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
    return ""


def _live_elsewhere(environment):
    places = {}
    for other in environment.project.environments.exclude(pk=environment.pk):
        live = Deployment.objects.live(other)
        if live:
            places.setdefault(live.release_id, []).append(live)
    return places
