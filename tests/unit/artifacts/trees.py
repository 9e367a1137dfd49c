"""Small tar streams and folders for the tests of this room."""

import io
import subprocess
import tarfile
from pathlib import Path

EPOCH = 1_764_000_000


def tar(*entries):
    """Return a tar stream of (path, content) files, or TarInfo for anything else."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folders = set()
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            path, content = entry
            for parent in list(reversed(Path(path).parents))[1:]:
                if str(parent) not in folders:
                    folders.add(str(parent))
                    archive.addfile(special(f"./{parent}", tarfile.DIRTYPE))
            content = content.encode() if isinstance(content, str) else content
            found = special(f"./{path}", tarfile.REGTYPE)
            found.size = len(content)
            archive.addfile(found, io.BytesIO(content))
    stream.seek(0)
    return stream


def special(path, kind, *, target="", mode=0o644):
    """Return one entry of any kind."""
    entry = tarfile.TarInfo(path)
    entry.type, entry.linkname, entry.mode = kind, target, mode
    return entry


def tar_of(folder):
    """Return the stream that a builder sends of this folder."""
    argv = ["tar", "--sort=name", "--format=gnu", "--hard-dereference", "-cf", "-", "."]
    return io.BytesIO(subprocess.run(argv, cwd=folder, check=True, capture_output=True).stdout)


def unpack(artifact, folder):
    """Unpack an artifact as a server does."""
    folder.mkdir()
    with artifact.open("rb") as stream:
        subprocess.run(["tar", "-xzpf", "-", "-C", folder], stdin=stream, check=True)
    return folder
