"""Where built releases lie: in the data folder of some machine, which others may share."""

import os
import tempfile
import uuid
from pathlib import Path

from django.conf import settings

from . import clusters


def data_folder():
    """Return the identity of the data folder this process works in: 36 characters, made once.

    Machines that share the folder read the same one, whatever path they reach it by.
    """
    path = Path(settings.PRIVATE_ROOT) / "identity"
    if not path.exists():
        _make(path)
    return path.read_text().strip()


def _make(path):
    """Make it whole or not at all; whoever was first wins."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix="identity-") as file:
        file.write(f"{uuid.uuid4()}\n")
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return


def kept_elsewhere(release, *, is_here):
    """Return the name of a machine whose workers, alive now, have the release's archive when we
    do not, else "".

    `is_here` says whether it lies in our own data folder. "" also when nobody has it: whoever
    tries then says so.
    """
    if is_here or release.kept_in in ("", data_folder()):
        return ""
    rows = clusters.alive().filter(data_folder=release.kept_in).order_by("-seen_at")
    return rows.values_list("machine", flat=True).first() or ""


def folders_apart(machine):
    """Names of other supervisors, alive now, whose workers keep releases in another folder."""
    rows = clusters.alive().exclude(machine=machine).exclude(data_folder=data_folder())
    return sorted(set(rows.values_list("machine", flat=True)))
