"""Changes between what is live and what was, or could be; the commits of a project read once."""

from dataclasses import dataclass
from functools import cached_property

from ..models import Commit
from ..services.source import Graph, branches_of, newer_than

SHOWN = 40


@dataclass(frozen=True)
class Counted:
    """How many changes, and the newest of them."""

    count: int
    rows: list


class Changes:
    """Of one project."""

    def __init__(self, project):
        self._project = project

    @cached_property
    def _graph(self):
        return Graph.of(self._project)

    @cached_property
    def _branches(self):
        return branches_of(self._project)

    def brought_by(self, lives):
        """{key of a deployment: what it changed for visitors}; without the first one, and without
        those of which nobody read what was there before."""
        brought = {live.pk: self._graph.between(live.previous.commit_sha, live.release.commit_sha)
                   for live in lives if live.previous
                   and live.previous.commit_sha in self._graph.parents}
        rows = Commit.objects.filter(project=self._project, sha__in=set().union(
            *brought.values())).order_by("-authored_at", "-pk")
        order = list(rows.values_list("sha", flat=True)) if brought else []
        shown = {pk: [sha for sha in order if sha in own][:SHOWN] for pk, own in brought.items()}
        found = {row.sha: row for row in rows.filter(
            sha__in=set().union(*shown.values())).defer("files")} if order else {}
        return {pk: Counted(len(own), [found[sha] for sha in shown[pk]])
                for pk, own in brought.items()}

    def after(self, live):
        """(How many changes the main branch has that are not live there, its name)."""
        return newer_than(self._project, live.release.commit_sha, graph=self._graph,
                          branches=self._branches) if live else (0, "")
