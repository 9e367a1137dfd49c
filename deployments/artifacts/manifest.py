"""The list of everything in a release, and its digest: what an approval is bound to.

Records end with NUL and are sorted bytewise, so a server makes the same bytes with find,
`sha256sum -z` and `LC_ALL=C sort -z`:

    d MODE ./path        f MODE ./path        SHA256  ./path        l ./path//TARGET

MODE is 755 or 644. The release's own `./REVISION` and `./.releasemgr` are not part of it.
"""

import hashlib
import os
import stat
import tarfile
from pathlib import Path
from typing import BinaryIO

OWN_FOLDER, OWN_FILE = ".releasemgr", "REVISION"


class Manifest:
    """Collects entries in any order; paths are relative, without `./`."""

    def __init__(self):
        self._records: list[bytes] = []

    def add_folder(self, path: str) -> None:
        self._add(b"d 755 ./" + os.fsencode(path))

    def add_file(self, path: str, *, sha256: str, executable: bool) -> None:
        name = os.fsencode(path)
        self._add((b"f 755 ./" if executable else b"f 644 ./") + name)
        self._add(sha256.encode() + b"  ./" + name)

    def add_link(self, path: str, *, target: str) -> None:
        self._add(b"l ./" + os.fsencode(path) + b"//" + os.fsencode(target))

    def content(self) -> bytes:
        """Return the records as they are kept beside the release."""
        return b"".join(sorted(self._records))

    @property
    def digest(self) -> str:
        """The hex SHA-256 of the content."""
        return hashlib.sha256(self.content()).hexdigest()

    def _add(self, record: bytes) -> None:
        self._records.append(record + b"\0")


def is_own(path: str) -> bool:
    """Return whether a relative path is ours in every release, and so outside the digest."""
    return path == OWN_FILE or path.partition("/")[0] == OWN_FOLDER


def from_folder(folder: Path | str) -> Manifest:
    """Return the manifest of an unpacked release, modes as 755 and 644."""
    manifest = Manifest()
    top = str(folder)
    for root, folders, names in os.walk(top):
        for name in [*folders, *names]:
            whole = os.path.join(root, name)
            path, found = os.path.relpath(whole, top), os.lstat(whole)
            if is_own(path):
                continue
            if stat.S_ISLNK(found.st_mode):
                manifest.add_link(path, target=os.readlink(whole))
            elif stat.S_ISDIR(found.st_mode):
                manifest.add_folder(path)
            else:
                with open(whole, "rb") as file:
                    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                executable = bool(found.st_mode & stat.S_IXUSR)
                manifest.add_file(path, sha256=sha256, executable=executable)
    return manifest


def from_archive(stream: BinaryIO) -> Manifest:
    """Return the manifest of an artifact read as a stream."""
    manifest = Manifest()
    with tarfile.open(fileobj=stream, mode="r|*", errors="surrogateescape") as archive:
        for member in archive:
            path = member.name.removeprefix("./")
            if path == "." or is_own(path):
                continue
            if member.issym():
                manifest.add_link(path, target=member.linkname)
            elif member.isdir():
                manifest.add_folder(path)
            else:
                sha256 = hashlib.file_digest(archive.extractfile(member), "sha256").hexdigest()
                manifest.add_file(path, sha256=sha256, executable=bool(member.mode & stat.S_IXUSR))
    return manifest
