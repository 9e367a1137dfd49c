"""The files of two built versions, compared: what a build adds to what git tells."""

import os
import zlib

from ..models import BuiltFiles
from .changed import ADDED, CHANGED, REMOVED, ChangedFiles

KEPT = 50
"""Releases of each project whose files are kept for comparing."""

HASH = 16
"""Hex digits of a hash that are kept: enough to tell two files apart."""


def keep(release, manifest):
    """Keep the files of a release that was built, from its manifest; forget those of older ones.

    For the caller's transaction.
    """
    BuiltFiles.objects.update_or_create(
        release=release, defaults={"packed": zlib.compress(_plain(manifest))})
    rows = BuiltFiles.objects.filter(release__project=release.project_id)
    newest = rows.order_by("-release").values_list("release", flat=True)
    rows.exclude(release__in=list(newest[:KEPT])).delete()


def between(old, new):
    """The `ChangedFiles` from one release to another; None where the files of one are not kept."""
    packed = dict(BuiltFiles.objects.filter(release__in=[old, new])
                  .values_list("release", "packed"))
    if old.pk not in packed or new.pk not in packed:
        return None
    before, after = _files(packed[old.pk]), _files(packed[new.pk])
    return ChangedFiles(tuple(
        (path, _letter(path, before, after)) for path in sorted({*before, *after})
        if before.get(path) != after.get(path)))


def _letter(path, before, after):
    if path not in before:
        return ADDED
    return CHANGED if path in after else REMOVED


def _plain(manifest):
    """“HASH path” or “target//link” for each file and link of a manifest, ended by NUL."""
    kept = []
    for record in manifest.split(b"\0"):
        if record.startswith(b"l ./"):
            path, _, target = record[4:].partition(b"//")
            kept.append(b"l:" + target.replace(b" ", b"%20") + b" " + path)
        elif record[64:68] == b"  ./":
            kept.append(record[:HASH] + b" " + record[68:])
    return b"\0".join(kept)


def _files(packed):
    """{path: what tells its content}, for people to read: names that are no text are made so."""
    lines = (line.partition(b" ") for line in zlib.decompress(packed).split(b"\0") if line)
    return {os.fsdecode(path).encode(errors="replace").decode(): content
            for content, _, path in lines}
