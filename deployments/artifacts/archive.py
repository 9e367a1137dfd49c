"""From the builder's tar stream to the artifact: checked, normalised, the same bytes every time.

The stream is not trusted: a hostile build may have written anything into its tree. What the
artifact holds is folders, plain files and links that stay inside.
"""

import gzip
import hashlib
import io
import os
import posixpath
import stat
import tarfile
from pathlib import Path
from typing import IO, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from deployments.artifacts.contents import Contents, Survey
from deployments.artifacts.faults import ContentRefused
from deployments.artifacts.links import Tree
from deployments.artifacts.manifest import OWN_FILE, OWN_FOLDER, Manifest

LARGEST_BYTES = 8 * 1024**3
_KINDS = {
    tarfile.LNKTYPE: _lazy("a hard link"),
    tarfile.FIFOTYPE: _lazy("a pipe"),
    tarfile.CHRTYPE: _lazy("a device"),
    tarfile.BLKTYPE: _lazy("a device"),
    tarfile.GNUTYPE_SPARSE: _lazy("a sparse file"),
}
_REMOVE = _lazy("remove it in a build command, or leave its path out")


def pack(stream: BinaryIO, destination: Path, *, epoch: int, public_folder: str = "") -> Contents:
    """Write the artifact `destination` (tar.gz) from a tar stream; nothing stays if that fails.

    Every time in it is `epoch`, modes are 755 and 644, owners 0. A `REVISION` of the tree's own is
    dropped: the release gets ours. ContentRefused names what cannot be released.
    """
    partial = destination.with_name(f".{destination.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb", opener=_private) as file:
            contents = _Packer(file, epoch=epoch, public_folder=public_folder).pack(stream)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(destination)
        _sync_folder(destination.parent)
    except tarfile.TarError as broken:
        raise ContentRefused(
            _("The build's result"),
            why=_("no whole tar archive: {broken}").format(broken=broken),
            remedy=_("build again"),
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return contents


class _Packer:
    """One pass over the stream; memory holds names, hashes and one small file."""

    def __init__(self, file: IO[bytes], *, epoch: int, public_folder: str):
        self._file, self._epoch = file, epoch
        self._manifest, self._survey = Manifest(), Survey(public_folder=public_folder)
        self._tree = Tree()

    def pack(self, stream: BinaryIO) -> Contents:
        # No name and no other time in gzip's header: the same content gives the same bytes.
        with (
            gzip.GzipFile(
                filename="", mode="wb", fileobj=self._file, mtime=self._epoch, compresslevel=6
            ) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT,
                         errors="surrogateescape") as self._out,
        ):
            self._out.addfile(self._entry("", tarfile.DIRTYPE))
            self._copy(stream)
            self._tree.check_links()
            content = self._manifest.content()
            self._out.addfile(self._entry(OWN_FOLDER, tarfile.DIRTYPE))
            self._out.addfile(
                self._entry(f"{OWN_FOLDER}/manifest", tarfile.REGTYPE, size=len(content)),
                io.BytesIO(content),
            )
        return self._survey.finish(
            digest=hashlib.sha256(content).hexdigest(), archive_bytes=self._file.tell(),
            manifest=content,
        )

    def _copy(self, stream: BinaryIO) -> None:
        # Left open: closing would read a stream that another process may still feed.
        # tarfile's small default block is the fast one: it copies the rest of a block per read.
        source = tarfile.open(  # noqa: SIM115
            fileobj=stream, mode="r|", errors="surrogateescape", tarinfo=_Member
        )
        for member in source:
            source.members.clear()  # tarfile keeps every entry, read or written
            path = _checked_path(member.name)
            if path == "." or path.partition("/")[0] == OWN_FILE:
                continue
            if path.partition("/")[0] == OWN_FOLDER:
                raise ContentRefused(
                    path, why=_("that folder is the release manager's own"), remedy=_REMOVE
                )
            self._take(path, member, source)
            self._out.members.clear()

    def _take(self, path: str, member: tarfile.TarInfo, source: tarfile.TarFile) -> None:
        if member.type == tarfile.DIRTYPE:
            self._tree.add_folder(path)
            self._survey.folders += 1
            self._manifest.add_folder(path)
            self._out.addfile(self._entry(path, tarfile.DIRTYPE))
        elif member.type == tarfile.SYMTYPE:
            self._tree.add_link(path, target=member.linkname)
            self._survey.links += 1
            self._manifest.add_link(path, target=member.linkname)
            link = self._entry(path, tarfile.SYMTYPE)
            link.linkname = member.linkname
            self._out.addfile(link)
        elif member.type in (tarfile.REGTYPE, tarfile.AREGTYPE):
            self._tree.add_file(path)
            self._take_file(path, member, source.extractfile(member))
        else:
            why = _KINDS.get(member.type, "no file, folder or link")
            raise ContentRefused(path, why=why, remedy=_REMOVE)

    def _take_file(self, path: str, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        if self._survey.bytes + member.size > LARGEST_BYTES:
            raise ContentRefused(
                path, why=_("the release would be larger than {largest_bytes} GiB").format(
                    largest_bytes=LARGEST_BYTES // 1024 ** 3),
                remedy=_("leave large folders out"),
            )
        wanted = content.read() if self._survey.wants(path, size=member.size) else None
        read = _Hashed(io.BytesIO(wanted) if wanted is not None else content)
        executable = bool(member.mode & stat.S_IXUSR)
        self._out.addfile(
            self._entry(path, tarfile.REGTYPE, size=member.size, executable=executable), read
        )
        sha256 = read.sha256.hexdigest()
        self._manifest.add_file(path, sha256=sha256, executable=executable)
        self._survey.add_file(path, size=member.size, sha256=sha256, content=wanted)

    def _entry(
        self, path: str, kind: bytes, *, size: int = 0, executable: bool = True
    ) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(f"./{path}")
        entry.type, entry.size, entry.mtime = kind, size, self._epoch
        entry.mode = 0o755 if executable else 0o644
        return entry


class _Member(tarfile.TarInfo):
    """An entry that insists on the archive's end mark: tarfile takes any broken header for it."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_Member":
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as broken:
            raise tarfile.ReadError(str(broken)) from None


class _Hashed:
    """A file that remembers the SHA-256 of what was read from it."""

    def __init__(self, file: IO[bytes]):
        self._file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.sha256.update(block)
        return block


def _checked_path(name: str) -> str:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise ContentRefused(name, why=_("its path leads out of the release"), remedy=_REMOVE)
    return posixpath.normpath(name)


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
