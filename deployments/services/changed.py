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


@dataclass(frozen=True)
class ReadFiles:
    """What was read of one commit: `lines` are "LETTER PATH", not all of them where `is_part`."""

    lines: tuple
    is_part: bool

    @property
    def rows(self):
        return [(path, letter) for letter, _, path in (line.partition(" ") for line in self.lines)]

    @property
    def paths(self):
        return {path for path, _ in self.rows}


def files_read(project, commits):
    """{sha: ReadFiles} of those of these commits whose files were read."""
    found = Commit.objects.filter(project=project, sha__in=[row.sha for row in commits],
                                  files_count__isnull=False)
    return {sha: ReadFiles(tuple(lines), count != len(lines))
            for sha, lines, count in found.values_list("sha", "files", "files_count")}


def files_of(commits, read, *, is_taken_away=False):
    """The `ChangedFiles` of these commits (newest first), from `files_read`; None where nothing
    was read of them.

    What one adds and a later one removes is no change. `is_taken_away`: of the way back.
    """
    known = [read[row.sha] for row in reversed(commits) if row.sha in read]
    if not known:
        return None
    found = {}
    for each in known:
        for path, letter in each.rows:
            found.setdefault(path, []).append(letter)
    rows = [(path, _turned(letter) if is_taken_away else letter)
            for path, letters in sorted(found.items()) if (letter := _sum(letters))]
    is_complete = len(known) == len(commits) and not any(each.is_part for each in known)
    return ChangedFiles(tuple(rows), is_complete)


def _sum(letters):
    """What several changes of one file come to, the oldest first; "" for nothing."""
    was_there, is_there = letters[0] != ADDED, letters[-1] != REMOVED
    if was_there and is_there:
        return CHANGED
    return ADDED if is_there else REMOVED if was_there else ""


def _turned(letter):
    return {ADDED: REMOVED, REMOVED: ADDED}.get(letter, letter)
