"""Where finished artifacts are kept: one file per release, never changed after it is there."""

import re
from pathlib import Path
from typing import BinaryIO

from deployments.artifacts.archive import pack
from deployments.artifacts.contents import Contents

_PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_RELEASE = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9]+")


class ArtifactStore:
    """A folder of ours, closed to other accounts: folder/PROJECT/RELEASE.tar.gz."""

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)

    def path(self, project: str, release: str) -> Path:
        """Return where the artifact is or will be; ValueError for a name of another form."""
        if not _PROJECT.fullmatch(project) or not _RELEASE.fullmatch(release):
            raise ValueError(f"no project and release name: {project!r}, {release!r}")
        return self.folder / project / f"{release}.tar.gz"

    def save(
        self, project: str, release: str, stream: BinaryIO, *, epoch: int, public_folder: str = ""
    ) -> Contents:
        """Pack a tar stream as this release's artifact; ContentRefused leaves nothing behind.

        A build that is repeated after a crash replaces the file in one rename.
        """
        destination = self.path(project, release)
        destination.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return pack(stream, destination, epoch=epoch, public_folder=public_folder)
