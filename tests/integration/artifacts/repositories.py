"""Real git repositories for tests, written by an ordinary git in an ordinary work tree."""

import os
import subprocess
from pathlib import Path

_WRITER = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada Löwe",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Löwe",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


class Repository:
    """A work tree with its `.git`; `url` is what a project would enter."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._second = 1_700_000_000
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return str(self.folder)

    def git(self, *args: str, **environment: str) -> str:
        """Run git here; the clock moves on by a second with each call."""
        self._second += 1
        now = f"{self._second} +0000"
        when = {"GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now}
        return subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *args],
            cwd=self.folder, env=_WRITER | when | environment, check=True, text=True,
            capture_output=True,
        ).stdout.strip()

    def commit(self, files: dict[str, str], subject: str = "Change") -> str:
        """Write files, commit everything, return the commit id."""
        for path, content in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def add_submodule(self, path: str, url: str) -> str:
        """Add a submodule as developers do, under exactly this url in `.gitmodules`."""
        self.git("submodule", "--quiet", "add", url, path)
        return self.commit({}, f"Add {path}")

    def bare(self, folder: Path) -> Path:
        """Return a bare copy, as a git host has it."""
        self.git("clone", "--quiet", "--mirror", ".", str(folder))
        return folder


def commit_of(mirror, name):
    """The commit that a branch or tag of a mirror leads to."""
    return next(ref.sha for ref in mirror.refs() if ref.name == name)
