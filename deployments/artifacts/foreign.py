"""A folder on a server that we did not fill, as the tar stream that a version is packed from."""

import tarfile
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from django.utils.translation import gettext as _

from deployments.artifacts.faults import ContentRefused

# $1 the folder; then what is left out. As a build's result is collected, see build.py.
_COLLECT = """
cd -P -- "$1" && shift || exit 66
LC_ALL=C exec tar --create --file=- --sort=name --format=gnu --hard-dereference \
    --anchored --no-wildcards "$@" .
"""
_NEVER = (".git", ".svn", ".releasemgr", "REVISION")


def collect(
    connection, folder: str, *, left_out: Sequence[str], to: BinaryIO, timeout_s: float
) -> None:
    """Write the folder as a tar stream, without what is left out; nothing on the server changes.

    ContentRefused in tar's own words when something could not be read, or changed meanwhile.
    """
    excludes = [f"--exclude=./{path}" for path in (*_NEVER, *left_out)]
    result = connection.run(
        ["sh", "-c", _COLLECT, "sh", folder, *excludes], stdout=to, timeout_s=timeout_s)
    if not result.ok:
        raise ContentRefused(
            folder, why=result.last_line or _("it is gone"), remedy=_("look again, then try once "
                                                                      "more"))


def relink(stream: BinaryIO, to: BinaryIO, *, links: Mapping[str, str]) -> None:
    """Copy a tar stream; links at these paths get these targets instead of their own."""
    # Left open where it is read, as in archive.py; the target is ours to close.
    source = tarfile.open(fileobj=stream, mode="r|", errors="surrogateescape")  # noqa: SIM115
    with tarfile.open(fileobj=to, mode="w|", format=tarfile.GNU_FORMAT,
                      errors="surrogateescape") as out:
        for member in source:
            source.members.clear()
            path = member.name.removeprefix("./")
            if member.issym() and path in links:
                member.linkname = links[path]
            out.addfile(member, source.extractfile(member) if member.isreg() else None)
            out.members.clear()
