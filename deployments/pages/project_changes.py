"""Changes between what is live and what was, or could be; the commits of a project read once."""

from dataclasses import dataclass
from functools import cached_property

from ..models import Commit
from ..services.source import Graph, newer_than

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

    def brought_by(self, live):
        """What this deployment changed for visitors; None where it is the first, or nobody read
        what was there before."""
        before = live and live.previous
        if not before or before.commit_sha not in self._graph.parents:
            return None
        shas = self._graph.between(before.commit_sha, live.release.commit_sha)
        rows = Commit.objects.filter(project=self._project, sha__in=shas).defer("files")
        return Counted(len(shas), list(rows.order_by("-authored_at", "-pk")[:SHOWN]))

    def after(self, live):
        """(How many changes the main branch has that are not live there, its name)."""
        return newer_than(self._project, live.release.commit_sha, graph=self._graph) \
            if live else (0, "")
