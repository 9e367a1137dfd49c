"""What later steps want to know of a release without opening its archive again."""

import heapq
from dataclasses import asdict, dataclass, field

from deployments.artifacts.plain_class import LARGEST_BYTES, is_plain_class

PLAIN_CLASSES = 8
STATIC_FILES = 1000
STATIC_NAMES = 4000  # of more files than that nobody says that one is missing
STATIC_BYTES = 512 * 1024  # larger ones are not read again through the web server
_PHP = (".php", ".phtml", ".phar", ".inc")


@dataclass(frozen=True)
class Contents:
    """A finished artifact in figures and names; paths are relative, `/`-separated UTF-8.

    `static_files` are (path, SHA-256) below the public folder, small ones; `plain_classes` are
    safe to include in a probe, smallest first. `static_left_out` names the other public files, and
    `is_static_complete` says that both together name them all.
    """

    digest: str
    files: int
    folders: int
    links: int
    bytes: int
    archive_bytes: int = 0
    php_files: tuple[str, ...] = field(default=(), repr=False)
    static_files: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    plain_classes: tuple[str, ...] = ()
    static_left_out: tuple[str, ...] = field(default=(), repr=False)
    is_static_complete: bool = False
    manifest: bytes = field(default=b"", repr=False)

    def as_json(self) -> dict:
        """Return what later steps want to know; the whole manifest is no part of it."""
        return {name: value for name, value in asdict(self).items() if name != "manifest"}


class Survey:
    """Looks at each file while it is written into the archive."""

    def __init__(self, *, public_folder: str):
        self._public = public_folder.strip("/")
        self.files = self.folders = self.links = self.bytes = 0
        self.php_files: list[str] = []
        self._static: list[tuple[str, str]] = []
        self._left_out: list[str] = []
        self._classes: list[tuple[int, str]] = []

    def wants(self, path: str, *, size: int) -> bool:
        """Return whether add_file() would like to see this file's content.

        Scripts that visitors call are left alone; where all of the site is public, only what
        is_plain_class() finds decides.
        """
        is_script = bool(self._public) and self._is_public(path)
        is_enough = len(self._classes) == PLAIN_CLASSES and size >= self._classes[-1][0]
        return path.endswith(".php") and size <= LARGEST_BYTES and not (is_script or is_enough)

    def add_file(self, path: str, *, size: int, sha256: str, content: bytes | None) -> None:
        """Count a file; a name that is not UTF-8 is counted, not listed."""
        self.files += 1
        self.bytes += size
        if not _is_text(path):
            return
        if path.endswith(".php"):
            self.php_files.append(path)
        if content is not None and is_plain_class(content):
            self._classes.append((size, path))
            self._classes = heapq.nsmallest(PLAIN_CLASSES, self._classes)
        if not self._is_static(path):
            return
        if size <= STATIC_BYTES and len(self._static) < STATIC_FILES:
            self._static.append((path, sha256))
        elif len(self._left_out) <= STATIC_NAMES:
            self._left_out.append(path)

    def finish(self, *, digest: str, archive_bytes: int, manifest: bytes) -> Contents:
        return Contents(
            digest=digest,
            files=self.files,
            folders=self.folders,
            links=self.links,
            bytes=self.bytes,
            archive_bytes=archive_bytes,
            php_files=tuple(self.php_files),
            static_files=tuple(self._static),
            plain_classes=tuple(path for _, path in self._classes),
            static_left_out=tuple(self._left_out[:STATIC_NAMES]),
            is_static_complete=len(self._left_out) <= STATIC_NAMES,
            manifest=manifest,
        )

    def _is_public(self, path: str) -> bool:
        return not self._public or path.startswith(self._public + "/")

    def _is_static(self, path: str) -> bool:
        is_hidden = path.startswith(".") or "/." in path
        return self._is_public(path) and not is_hidden and not path.lower().endswith(_PHP)


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
