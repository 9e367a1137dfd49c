"""From a commit to its whole tree. Submodules come without `git submodule`: the pinned commits,
each from a mirror of its own.

`.gitmodules` is written by whoever can push, so nothing in it reaches git unchecked.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from deployments.artifacts.deadline import Deadline
from deployments.artifacts.faults import ContentRefused, LfsPointer
from deployments.artifacts.mirror import FETCH_S, Mirror
from deployments.artifacts.source import login_for, resolve_address

EXPORT_S = 600
DEEPEST = 8
_GITLINK = "160000"
_POINTER = b"version https://git-lfs.github.com/spec/v1"
_POINTER_LONGEST = 1024
_DECLARE_IT = _lazy("declare the submodule in .gitmodules, or remove it from the tree")


@dataclass(frozen=True)
class Part:
    """One repository's place in an exported tree; `prefix` is empty or ends with a slash."""

    mirror: Mirror
    sha: str
    prefix: str


def export_tree(mirror: Mirror, sha: str, *, to: IO[bytes], deadline: Deadline) -> None:
    """Write the tree of `sha`, submodules included, to an open file as tar archives in a row.

    `tar --ignore-zeros` unpacks them. The commit is kept in the mirror from now on, also when
    the source forgets it. LfsPointer names the files whose content is not in git.
    """
    mirror.keep(sha)
    for part in _parts(mirror, sha, deadline=deadline):
        part.mirror.write_tree(
            part.sha, prefix=part.prefix, to=to, timeout_s=deadline.left(EXPORT_S)
        )


def _parts(
    mirror: Mirror, sha: str, *, deadline: Deadline, prefix: str = "", depth: int = 0
) -> Iterator[Part]:
    """Yield the repository itself, then its submodules, theirs too, each fetched and checked."""
    pointers = [prefix + path for path in _lfs_pointers(mirror, sha)]
    if pointers:
        raise LfsPointer(pointers)
    yield Part(mirror, sha, prefix)
    links = _gitlinks(mirror, sha)
    addresses = _addresses(mirror, sha) if links else {}
    for path, pinned in links.items():
        _check_path(prefix + path, is_declared=path in addresses, depth=depth)
        below = _mirror_of(mirror, addresses[path])
        below.obtain(pinned, timeout_s=deadline.left(FETCH_S))
        yield from _parts(
            below, pinned, deadline=deadline, prefix=f"{prefix}{path}/", depth=depth + 1
        )


def _mirror_of(parent: Mirror, url: str) -> Mirror:
    """Return the mirror for a submodule's url as `.gitmodules` has it, not fetched yet.

    It signs in only at the parent's own host.
    """
    address = resolve_address(url, parent=parent.address)
    folder = parent.folder / "submodules" / hashlib.sha256(address.url.encode()).hexdigest()[:16]
    access = login_for(address, known=parent.address, access=parent.access)
    return Mirror(folder, url=address.url, access=access)


def _gitlinks(mirror: Mirror, sha: str) -> dict[str, str]:
    found = {}
    for entry in _names(mirror.ask("ls-tree", "-r", "-z", "--full-tree", sha)):
        meta, __, path = entry.partition("\t")
        mode, __, pinned = meta.split(" ")
        if mode == _GITLINK:
            found[path] = pinned
    return found


def _addresses(mirror: Mirror, sha: str) -> dict[str, str]:
    """Return path -> url of the `.gitmodules` of that commit."""
    if not mirror.ask("ls-tree", "-z", sha, "--", ".gitmodules"):
        return {}
    listed = mirror.ask("config", "--blob", f"{sha}:.gitmodules", "--no-includes", "-z", "--list")
    values: dict[str, dict[str, str]] = {}
    for entry in _names(listed):
        key, __, value = entry.partition("\n")
        section, __, rest = key.partition(".")
        name, __, variable = rest.rpartition(".")
        if section == "submodule" and variable in ("path", "url"):
            values.setdefault(name, {})[variable] = value
    return {each["path"]: each["url"] for each in values.values() if len(each) == 2}


def _check_path(path: str, *, is_declared: bool, depth: int) -> None:
    if not is_declared:
        raise ContentRefused(path, why=_("a submodule without an address"), remedy=_DECLARE_IT)
    if depth >= DEEPEST:
        raise ContentRefused(
            path, why=_("submodules more than {deepest} deep").format(deepest=DEEPEST), remedy=_(
                "nest fewer submodules")
        )
    if {"", ".", "..", ".git"} & set(path.lower().split("/")):
        raise ContentRefused(path, why=_("no path inside the tree"), remedy=_("rename the "
                                                                              "submodule"))


def _lfs_pointers(mirror: Mirror, sha: str) -> list[str]:
    """Return the files that hold a Git LFS pointer instead of their content."""
    # git grep exits with 1 when it finds nothing.
    found = mirror.ask("grep", "-l", "-z", "-F", "-e", _POINTER.decode(), sha, accepted=(0, 1))
    paths = [entry.removeprefix(f"{sha}:") for entry in _names(found)]
    return [path for path in paths if _is_pointer(mirror, f"{sha}:{path}")]


def _is_pointer(mirror: Mirror, name: str) -> bool:
    if int(mirror.ask("cat-file", "-s", name)) > _POINTER_LONGEST:
        return False
    return mirror.ask("cat-file", "blob", name).startswith(_POINTER)


def _names(printed: bytes) -> list[str]:
    return [each for each in printed.decode(errors="surrogateescape").split("\0") if each]
