"""Reading what the git host has, as rows: versions to choose from, commits between two."""

from ..models import Commit


def changes_between(project, old_sha, new_sha, *, limit=200):
    """Commits reachable from `new_sha` and not from `old_sha`, newest first, at most `limit`.

    Counts only commits that were read; an unknown `old_sha` ("" on a first release) gives the
    newest `limit` commits.
    """
    rows = {row.sha: row for row in Commit.objects.filter(project=project)}
    hidden = _ancestors(rows, old_sha)
    found = [rows[sha] for sha in _ancestors(rows, new_sha) - hidden if sha in rows]
    return sorted(found, key=lambda row: (row.authored_at, row.pk), reverse=True)[:limit]


def _ancestors(rows, sha):
    seen, todo = set(), [sha]
    while todo:
        at = todo.pop()
        if at in seen or at not in rows:
            continue
        seen.add(at)
        todo.extend(rows[at].parents.split())
    return seen
