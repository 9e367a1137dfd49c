"""Releases put on a WebHost without the product: for tests of the sandbox and of PHP's caches."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.sandbox.site import (
    BUILD_COMMAND,
    ENV_FILE,
    SHARED_FILE,
    SHARED_FOLDER,
    WRITABLE_FOLDER,
    SiteRepository,
)
from tests.sandbox.webhost import WebHost


def share(host: WebHost) -> None:
    """Make the site's shared file and folder, as an administrator does once per server."""
    shared = host.root / "shared"
    (shared / SHARED_FOLDER).mkdir(parents=True, exist_ok=True)
    (shared / SHARED_FILE).write_text(ENV_FILE)
    _hand_over(shared, host=host)
    (shared / SHARED_FOLDER).chmod(0o2775)


def place(host: WebHost, *, repository: SiteRepository, ref: str, release: str) -> Path:
    """Build `ref` into `releases/RELEASE` and return that folder; `current` stays as it is."""
    folder = host.root / "releases" / release
    repository.export(ref, folder=folder)
    subprocess.run(
        BUILD_COMMAND.split(),
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "REVISION": repository.commit_of(ref), "RELEASE_REF": ref},
    )
    (folder / SHARED_FILE).symlink_to(f"../../shared/{SHARED_FILE}")
    (folder / SHARED_FOLDER).symlink_to(f"../../shared/{SHARED_FOLDER}")
    (folder / WRITABLE_FOLDER).mkdir(parents=True)
    _hand_over(host.root / "releases", host=host)
    (folder / WRITABLE_FOLDER).chmod(0o2775)
    return folder


def switch(host: WebHost, *, release: str) -> None:
    """Point `current` at the release by one rename and do nothing else: the trap, bare."""
    draft = host.root / ".current.new"
    draft.symlink_to(f"releases/{release}")
    draft.rename(host.root / "current")


def _hand_over(folder: Path, *, host: WebHost) -> None:
    if not host.account:
        return
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            shutil.chown(path, host.ssh_user, host.web_group)
