"""A throwaway system user: who logs in over SSH when the sandbox runs as root.

Debian's FPM sockets are 0660 www-data:www-data, so the account is a member of www-data: the case
that real servers have.
"""

import contextlib
import os
import pwd
import secrets
import subprocess
import time
from pathlib import Path

from tests.sandbox.daemons import kill, open_folder, remove_folder

LOCKED = 1  # useradd and userdel: /etc/passwd could not be locked, somebody else is writing it


class Account:
    """`with Account() as account:` makes relmgr-XXXXXXXX and removes it with all its processes."""

    def __init__(self, *, groups: tuple[str, ...] = ("www-data",)):
        self.name = f"relmgr-{secrets.token_hex(4)}"
        self.groups = groups
        self.home: Path | None = None

    @property
    def uid(self) -> int:
        return pwd.getpwnam(self.name).pw_uid

    @property
    def gid(self) -> int:
        return pwd.getpwnam(self.name).pw_gid

    def create(self, *, home: Path | None = None) -> "Account":
        """Make the account: a home of its own, /bin/sh, no password, allowed to use SSH keys.

        `home` is a folder for it to live in, by default a new temporary one; remove() removes it.
        """
        home = home or open_folder("relmgr-home-")
        # "*" is no password; useradd's default "!" means locked, and sshd refuses locked accounts.
        _insist(
            ["useradd", "--system", "--user-group", "--no-create-home", "--password", "*"]
            + ["--home-dir", str(home), "--shell", "/bin/sh"]
            + (["--groups", ",".join(self.groups)] if self.groups else [])
            + [self.name]
        )
        self.home = home  # from here on the account is ours to remove
        os.chown(home, self.uid, self.gid)
        return self

    def remove(self) -> None:
        """End the account's processes, then remove it and its home; a second call does nothing."""
        if self.home is None:
            return
        kill(_processes_of(self.uid))
        _insist(["userdel", "--force", self.name])
        remove_folder(self.home)
        self.home = None

    def __enter__(self) -> "Account":
        return self.create()

    def __exit__(self, *exc_info) -> None:
        self.remove()


def _processes_of(uid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == uid:
                found.append(int(folder.name))
    return found


def _insist(argv: list[str]) -> None:
    """Run a shadow-utils command again while another process holds the lock on /etc/passwd."""
    for _ in range(50):
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)
        if ended.returncode != LOCKED:
            break
        time.sleep(0.1)
    # 12: the account is gone but its home could not be removed; 8: it is still logged in (--force).
    if ended.returncode not in (0, 8, 12):
        raise RuntimeError(f"{argv[0]} exited {ended.returncode}: {ended.stderr.strip()}")
