"""The manifest of a folder that lies unpacked, as the builder would have written it."""

import hashlib
import os
import stat

from deployments.artifacts.manifest import OWN_FILE, OWN_FOLDER, Manifest


def manifest_of(folder) -> bytes:
    """Return the manifest of an unpacked release, modes as 755 and 644."""
    manifest, top = Manifest(), str(folder)
    for root, folders, names in os.walk(top):
        for name in [*folders, *names]:
            whole = os.path.join(root, name)
            path, found = os.path.relpath(whole, top), os.lstat(whole)
            if path == OWN_FILE or path.partition("/")[0] == OWN_FOLDER:
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
    return manifest.content()
