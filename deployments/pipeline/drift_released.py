"""What we know of a release that a server was given: from rows, and from its archive."""

import hashlib
import tarfile
import zlib

from ..models import Target
from ..plan import entries_of
from .contexts import archive_of

KEPT_OF = 10
"""Versions whose assets may be kept in another one: more do not lie on a server."""
FOR_EVER = 2**33  # that is in the year 2242


def entries_in(release):
    """(sort, path) pairs that its folders were set up with: as it was built."""
    return tuple(map(tuple, release.contents.get("entries", entries_of(release.project))))


def targets_of(installation, release):
    """The parts that the installation had in deployments of the release."""
    return Target.objects.filter(installation=installation, deployment__release=release)


def placed_at(installation, release):
    """Epoch seconds, by the server's clock, when the release was complete there: its switch."""
    rows = [row for row in targets_of(installation, release).order_by("-pk")
            if "switched_at_ms" in row.evidence]
    copied = [row for row in rows if row.evidence.get("was_placed") is False]
    for row in copied or rows:
        return row.evidence["switched_at_ms"] // 1000 + 1
    return FOR_EVER


def kept_scripts(release):
    """Paths of PHP files in asset folders that earlier versions brought: place.sh keeps those."""
    folders = tuple(f"{path}/" for sort, path in entries_in(release) if sort == "asset")
    earlier = release.project.releases.filter(pk__lt=release.pk, status="ready")
    rows = earlier.values_list("contents__php_files", flat=True) if folders else ()
    return {path for row in rows for path in row or () if path.startswith(folders)}


def kept_records(installation, release):
    """Records of the other versions that the installation had last: assets.sh links their files."""
    rows = installation.targets.exclude(deployment__release=release).filter(
        deployment__release__project=release.project_id)
    pks = list(dict.fromkeys(rows.order_by("-pk").values_list("deployment__release", flat=True)))
    others = release.project.releases.filter(pk__in=pks[:KEPT_OF])
    return {record for row in others for record in (manifest_of(row) or b"").split(b"\0")}


def manifest_of(release):
    """Return the approved list of contents from the archive, None when it is not here."""
    try:
        with tarfile.open(archive_of(release)) as archive:
            for member in archive:
                if member.name.removeprefix("./") == ".releasemgr/manifest":
                    content = archive.extractfile(member).read()
                    return content if hashlib.sha256(content).hexdigest() == release.digest \
                        else None
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError):
        return None
    return None
