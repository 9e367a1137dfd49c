"""The files that changes touch, added up from what was read of each of them."""

from dataclasses import dataclass

from ..models import Commit

ADDED, REMOVED, CHANGED = "A", "D", "M"


@dataclass(frozen=True)
class ChangedFiles:
    """`rows` are (path, letter), by path. Without `is_complete` there are more than these."""

    rows: tuple = ()
    is_complete: bool = True

    @property
    def paths(self):
        return [path for path, _ in self.rows]

    def count(self, letter):
        return sum(found == letter for _, found in self.rows)

    @property
    def added(self):
        return self.count(ADDED)

    @property
    def changed(self):
        return self.count(CHANGED)

    @property
    def removed(self):
        return self.count(REMOVED)


def files_of(project, commits, *, is_taken_away=False):
    """The `ChangedFiles` of these commits (newest first); None where they were not read.

    What one adds and a later one removes is no change. `is_taken_away`: of the way back.
    """
    shas = [row.sha for row in commits]
    read = {sha: (files, count) for sha, files, count in Commit.objects.filter(
        project=project, sha__in=shas).values_list("sha", "files", "files_count")}
    known = [read[sha] for sha in reversed(shas) if read.get(sha, ([], None))[1] is not None]
    if not known:
        return None
    found = {}
    for files, _ in known:
        for line in files:
            letter, _, path = line.partition(" ")
            found.setdefault(path, []).append(letter)
    rows = [(path, _turned(letter) if is_taken_away else letter)
            for path, letters in sorted(found.items()) if (letter := _sum(letters))]
    is_complete = len(known) == len(shas) and all(count == len(files) for files, count in known)
    return ChangedFiles(tuple(rows), is_complete)


def _sum(letters):
    """What several changes of one file come to, the oldest first; "" for nothing."""
    was_there, is_there = letters[0] != ADDED, letters[-1] != REMOVED
    if was_there and is_there:
        return CHANGED
    return ADDED if is_there else REMOVED if was_there else ""


def _turned(letter):
    return {ADDED: REMOVED, REMOVED: ADDED}.get(letter, letter)
