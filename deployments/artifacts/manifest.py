"""The list of everything in a release, and its digest: what an approval is bound to.

Records end with NUL and are sorted bytewise, so a server makes the same bytes with find,
`sha256sum -z` and `LC_ALL=C sort -z`:

    d MODE ./path        f MODE ./path        SHA256  ./path        l ./path//TARGET

MODE is 755 or 644. The release's own `./REVISION` and `./.releasemgr` are not part of it.
"""

import os

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

    def _add(self, record: bytes) -> None:
        self._records.append(record + b"\0")
