"""Small disks that can be filled up or made read-only: a tmpfs over a folder. Needs root."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

FILLER = ".filler"


class Disk:
    """The mounted folder; `fill` and `use_up_inodes` leave what they are told to, `free` undoes."""

    def __init__(self, folder: Path):
        self.folder = folder

    def fill(self, *, leave_kb: int = 0) -> None:
        """Fill it with one file up to so many free KB."""
        room = os.statvfs(self.folder)
        size = room.f_bavail * room.f_frsize - leave_kb * 1024
        with (self.folder / FILLER).open("wb") as file:
            while size > 0:
                size -= file.write(bytes(min(size, 1 << 20)))

    def use_up_inodes(self, *, leave: int = 0) -> None:
        """Fill it with empty files up to so many free inodes."""
        heap = self.folder / FILLER
        heap.mkdir()
        for number in range(os.statvfs(self.folder).f_favail - leave):
            (heap / str(number)).touch()

    def free(self) -> None:
        """Take away again what filled it."""
        heap = self.folder / FILLER
        if heap.is_dir():
            shutil.rmtree(heap)
        else:
            heap.unlink(missing_ok=True)

    def make_read_only(self) -> None:
        self._remount("ro")

    def make_writable(self) -> None:
        self._remount("rw")

    def _remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)


@contextlib.contextmanager
def small_disk(folder: Path, *, size: str = "64m", inodes: int = 5000) -> Iterator[Disk]:
    """Mount a disk of that size over `folder`, empty, its owner kept; unmounted at the end."""
    before = folder.stat()
    options = f"size={size},nr_inodes={inodes},mode={before.st_mode & 0o7777:o}"
    options += f",uid={before.st_uid},gid={before.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
