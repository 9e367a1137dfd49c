"""One version: where it comes from, how its build went, where it was released."""

from django.http import JsonResponse

from . import log
from .door import release_page, show

_MOVING = ("pending", "building")


@release_page("GET")
def watch(request, actor, release):
    """The version and its build's log; reloads itself without scripts while it is built."""
    find = log.sought(request)
    lines = log.newest(log.having(release.log.all(), find))
    released = release.deployments.with_replaced().select_related(
        "environment__project", "release__project", "previous__project")
    return show(
        request, "builds/build.html", title=f"{release.project.name} {release.title}",
        release=release, words=release.words, lines=lines, find=find,
        last=lines[-1]["number"] if lines else 0, is_moving=release.status in _MOVING,
        rows=released.prefetch_related("targets", "approvals").order_by("-pk")[:20],
        commit=release.project.commits.filter(sha=release.commit_sha).first(),
    )


@release_page("GET")
def download(request, actor, release):
    """The build's log as a text file, masked as it was stored."""
    return log.as_file(release.log.all(), f"{release.project.slug}-{release.name}")


@release_page("GET")
def rows(request, actor, release):
    """What has changed, for `progress.js`."""
    lines = log.after(log.having(release.log.all(), log.sought(request)), log.cursor(request))
    words = release.words
    wait = 1000 if release.status in _MOVING else None
    return JsonResponse({
        "words": words, "tone": words.tone, "icon": words.icon, "step": "",
        "result": release.problem, "lines": lines,
        "next_ms": 50 if len(lines) == log.AT_ONCE else wait,
    })
