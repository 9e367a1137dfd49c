"""A folder that plays the server, on which the real scripts run; and releases to put there."""

import contextlib
import hashlib
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from deployments.paths import DeployPaths
from deployments.remote import scripts
from tests.unit.manifests import manifest_of

HOSTILE = "-a 'b' \"c\" $(touch pwned) `touch pwned` \\ ; & * é日本\nline"
RELEASE = "20261123T202645Z-17"
OLDER = "20261122T101112Z-16"
EPOCH = 1_795_000_000
CONTROL = "control-0123456789ab.php"
NOBODY = 65534


@dataclass(frozen=True)
class Link:
    """A symbolic link in a release."""

    target: str


FOLDER = object()
SITE = {
    "public/index.php": b"<?php echo 1;",
    "public/build/new.js": b"new",
    "bin/console": b"#!/usr/bin/env php",
    "src/Shop/Cart.php": b"<?php class Cart {}",
    "latest": Link("src/Shop"),
    "var/empty": FOLDER,
}


@dataclass
class Answer:
    """How a script ended and what it said."""

    code: int
    values: dict
    stderr: str
    stdout: bytes = field(repr=False)

    def __getitem__(self, key):
        return self.values[key]


@dataclass
class Running:
    """A script on its way."""

    process: subprocess.Popen
    mark: str
    stdin: bytes

    def answer(self, timeout=120) -> Answer:
        """Feed it, wait for its end, return what it said."""
        stdout, stderr = self.process.communicate(self.stdin, timeout=timeout)
        lines = stdout.decode(errors="replace").split("\n")
        return Answer(self.process.returncode, scripts.parse(lines, mark=self.mark),
                      stderr.decode(errors="surrogateescape"), stdout)


class Server:
    """One root folder; every method runs the script of its name."""

    def __init__(self, root: Path, *, shell=("sh",), user: int | None = None):
        self.root, self.shell, self.user = root, shell, user
        self.paths = DeployPaths(str(root))
        self.search_path = os.environ["PATH"]

    def run(self, name, *args, **more) -> Answer:
        return self.start(name, *args, **more).answer()

    def start(self, name, *args, stdin: bytes | None = None, **more) -> "Running":
        """Begin a script; it belongs to this process's session unless start_new_session."""
        mark = scripts.new_mark()
        (_, *argv), text = scripts.start(name, args, mark=mark, has_input=stdin is not None)
        process = subprocess.Popen(
            [*self.shell, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd="/", env={"PATH": self.search_path, **more.pop("env", {})},
            **({"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}),
            **more,
        )
        return Running(process, mark, text if stdin is None else stdin)

    def inspect(self, *entries, fence=1, release=RELEASE, digest=None, kb=0, inodes=0,
                php="<?php\n", **more):
        """`digest`: by default that of what lies there."""
        manifest = self.root / "releases" / release / ".releasemgr/manifest"
        if digest is None:
            digest = hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.exists() else ""
        return self.run("inspect.sh", self.root, fence, release, digest, kb, inodes, CONTROL, php,
                        *entries, **more)

    def send(self, files, *, fence=1, release=RELEASE, archive=None, **more):
        """Send an archive with these files, or these bytes, to unpack.sh."""
        return self.run("unpack.sh", self.root, fence, release,
                        stdin=archive_of(files) if archive is None else archive, **more)

    def place(self, *entries, digest, fence=1, release=RELEASE, epoch=EPOCH, group="",
              previous="", lists=None, **more):
        """`lists`: by default the digest of the previous release's list, - without one."""
        if lists is None:
            there = self.root / previous / ".releasemgr/manifest"
            lists = hashlib.sha256(there.read_bytes()).hexdigest() if there.is_file() else "-"
        return self.run("place.sh", self.root, fence, release, digest, epoch, "c0ffee", group,
                        previous, lists, *entries, **more)

    def switch(self, target, expected="", *, fence=1, **more):
        return self.run("switch.sh", self.root, fence, target, expected, **more)

    def command(self, text, *pairs, fence=1, key="1-before-0", release=RELEASE, limit=20, **more):
        return self.run("command.sh", self.root, fence, key, release, limit, text, *pairs, **more)

    def prune(self, *names, fence=1, **more):
        return self.run("prune.sh", self.root, fence, *names, **more)

    def unpack(self, files, *, fence=1, release=RELEASE, epoch=EPOCH) -> str:
        """Lay a release down as tar would, its manifest inside; return the digest."""
        folder = Path(self.paths.incoming(release, fence))
        folder.mkdir(parents=True)
        lay(folder, files)
        content = manifest_of(folder)
        lay(folder, {".releasemgr/manifest": content})
        age(folder, epoch)
        return hashlib.sha256(content).hexdigest()

    def placed(self, files, *entries, release=RELEASE, fence=1, **more) -> Path:
        """Unpack and place a release; return its folder."""
        digest = self.unpack(files, release=release, fence=fence, epoch=more.get("epoch", EPOCH))
        answer = self.place(*entries, digest=digest, release=release, fence=fence, **more)
        assert answer.code == 0, answer
        return Path(self.paths.release(release))

    def current(self) -> str:
        return os.readlink(self.root / "current")

    def shim(self, folder: Path, name: str, body: str) -> None:
        """Put a shell script in front of a program; it may exec the real one."""
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
        self.search_path = f"{folder}:{os.environ['PATH']}"


def archive_of(files: dict) -> bytes:
    """Return a gzipped tar with these files, as the builder packs one."""
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder), files)
        return subprocess.run(["tar", "-czf", "-", "-C", folder, "."], capture_output=True,
                              check=True).stdout


def alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def end_soon(pids: list, limit_s: float = 30) -> bool:
    """Return whether all of them end: who is killed takes its moment on a busy machine."""
    until = time.monotonic() + limit_s
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


def lay(folder: Path, files: dict) -> None:
    """Write {path: bytes, Link or FOLDER}; files with a shebang are executable."""
    for path, content in files.items():
        whole = folder / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            whole.symlink_to(content.target)
        elif content is FOLDER:
            whole.mkdir(exist_ok=True)
        else:
            whole.write_bytes(content)
            whole.chmod(0o755 if content.startswith(b"#!") else 0o644)


def fill_disk(folder: Path) -> None:
    """Leave not a byte free on a small file system."""
    with open(folder / "ballast", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 1024):
            pass


def use_up_inodes(folder: Path) -> None:
    """Leave no room for one more file on a small file system."""
    with contextlib.suppress(OSError):
        for number in range(10_000):
            (folder / f"ballast{number}").touch()


def age(folder: Path, epoch: int) -> None:
    """Give everything in it one time, as the archive does."""
    for root, folders, names in os.walk(folder, topdown=False):
        for name in [*folders, *names]:
            os.utime(os.path.join(root, name), (epoch, epoch), follow_symlinks=False)
    os.utime(folder, (epoch, epoch))


def listing(folder: Path) -> dict:
    """Return {path: (mode, content or target)} of everything in a folder.

    Except .releasemgr/holder: it names the process that had the lock last.
    """
    found = {}
    for root, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            whole = Path(root, name)
            path = str(whole.relative_to(folder))
            if path == ".releasemgr/holder":
                continue
            if whole.is_symlink():
                found[path] = ("link", os.readlink(whole))
            else:
                content = whole.read_bytes() if whole.is_file() else None
                found[path] = (oct(whole.stat().st_mode & 0o7777), content)
    return found
