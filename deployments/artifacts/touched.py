"""Which files each commit touches, as git tells them: names only, no content."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deployments.artifacts.mirror import Mirror
from deployments.artifacts.output import plain_line
from deployments.artifacts.source import is_sha

AT_ONCE = 200
MOST_FILES = 100
LONGEST_PATH = 300


@dataclass(frozen=True)
class Touched:
    """`files` are “M path”, “A path” or “D path”, the first of `count` that there are."""

    files: tuple[str, ...]
    count: int


def touched(mirror: Mirror, shas: Sequence[str]) -> dict[str, Touched]:
    """Return {commit: what it touches}; of a merge only what is in none of its parents.

    MirrorFailed when git cannot tell.
    """
    found = {}
    for at in range(0, len(shas), AT_ONCE):
        printed = mirror.ask(
            "log", "-z", "--no-walk=unsorted", "--root", "-c", "--no-renames", "--name-status",
            "--no-show-signature", "--format=tformat:%H", "--end-of-options",
            *shas[at:at + AT_ONCE])
        found |= {sha: Touched(tuple(files[:MOST_FILES]), len(files))
                  for sha, files in _commits(iter(printed.split(b"\0")))}
    return found


def _commits(tokens: Iterator[bytes]) -> Iterator[tuple[str, list[str]]]:
    """SHA, then letters and path in turns, each ended by NUL; a line end comes before the first."""
    sha, files = "", []
    for token in tokens:
        word = token.strip(b"\n").decode(errors="replace")
        if is_sha(word):
            if sha:
                yield sha, files
            sha, files = word, []
        elif word:
            path = plain_line(os.fsdecode(next(tokens)).encode(errors="replace").decode())
            files.append(f"{_letter(word)} {path[:LONGEST_PATH]}")
    if sha:
        yield sha, files


def _letter(word: str) -> str:
    """One letter for each parent: added and removed only where it is so for all of them."""
    letters = set(word)
    return letters.pop() if letters in ({"A"}, {"D"}) else "M"
