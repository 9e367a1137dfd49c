"""Reading what the git host has, as rows: versions to choose from, commits between two."""

from dataclasses import dataclass

from ..models import Commit, Ref

TRUNKS = ("main", "master", "trunk", "develop")
"""Branches that everything comes to, in the order in which they are looked for."""


def changes_between(project, old_sha, new_sha, *, limit=200):
    """Commits reachable from `new_sha` and not from `old_sha`, newest first, at most `limit`.

    Counts only commits that were read; an unknown `old_sha` ("" on a first release) gives the
    newest `limit` commits.
    """
    known = {sha: (parents, at, pk) for sha, parents, at, pk in Commit.objects.filter(
        project=project).values_list("sha", "parents", "authored_at", "pk")}
    graph = Graph({sha: parents for sha, (parents, _, _) in known.items()})
    ages = sorted((known[sha][1:] for sha in graph.between(old_sha, new_sha)), reverse=True)
    rows = Commit.objects.filter(pk__in=[pk for _, pk in ages[:limit]]).defer("files").in_bulk()
    return [rows[pk] for _, pk in ages[:limit]]


@dataclass(frozen=True)
class Graph:
    """The commits that were read of a project, each with its parents' SHAs as one text."""

    parents: dict

    @classmethod
    def of(cls, project):
        return cls(dict(Commit.objects.filter(project=project).values_list("sha", "parents")))

    def ancestors(self, sha):
        """The commit itself and all before it; none where it was not read."""
        seen, todo = set(), [sha]
        while todo:
            at = todo.pop()
            if at in seen or at not in self.parents:
                continue
            seen.add(at)
            todo.extend(self.parents[at].split())
        return seen

    def between(self, old_sha, new_sha):
        """What `new_sha` has and `old_sha` has not."""
        return self.ancestors(new_sha) - self.ancestors(old_sha)


def branches_of(project):
    """{name of a branch: its newest commit}, as last read."""
    return dict(project.refs.filter(sort=Ref.BRANCH).values_list("name", "sha"))


def newer_than(project, sha, *, graph=None, branches=None):
    """(how many changes the project's main branch has that `sha` has not, the branch's name).

    (0, "") where the main branch does not hold that commit: then it is no matter of age.
    """
    graph = graph or Graph.of(project)
    names = branches_of(project) if branches is None else branches
    for name in TRUNKS:
        if name in names and sha in (held := graph.ancestors(names[name])):
            return len(held - graph.ancestors(sha)), name
    return 0, ""
