"""One bare mirror per project: what the git host has, kept on this machine.

    folder/git          the bare repository
    folder/lock         held while fetching
    folder/login        credentials, only while fetching
    folder/submodules/  a mirror of the same form for each submodule address
"""

import contextlib
import datetime
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from deployments.artifacts import git as runner
from deployments.artifacts.faults import RefMissing, SourceUnreachable
from deployments.artifacts.output import plain_line
from deployments.artifacts.source import Access, is_sha, parse_address, usable_ref

FETCH_S = 600
_REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_KEPT = "refs/releasemgr/"
_LONGEST_NAME, _LONGEST_SUBJECT = 200, 500
_LAST_TIME = 253402300799  # year 9999: authors may write any number
# The tree's own .gitattributes must not make files vanish or change; this file counts before them.
_ATTRIBUTES = "* -export-ignore -export-subst\n"


@dataclass(frozen=True)
class Ref:
    """A branch or tag; `sort` says which, `sha` is the commit it leads to."""

    name: str
    sort: str
    sha: str
    committed_at: datetime.datetime


@dataclass(frozen=True)
class Commit:
    """What people read about one commit; texts are single lines without control characters."""

    sha: str
    parents: tuple[str, ...]
    author_name: str
    authored_at: datetime.datetime
    subject: str


class Mirror:
    """The copy of one address. Only refresh() and obtain() use the network."""

    def __init__(self, folder: Path | str, *, url: str, access: Access | None = None):
        self.folder = Path(folder)
        self.address = parse_address(url)
        self.access = access or Access()
        self._git = runner.Git(self.folder / "git")

    def refresh(self, *, timeout_s: float = FETCH_S) -> None:
        """Read the source again; branches and tags that are gone there are gone here.

        SourceUnreachable or SourceRefused say what stands in the way; nothing is lost then.
        """
        with self._locked(timeout_s) as (lock, left_s):
            self._prepare()
            self._git.fetch(
                self.address, _REFSPECS, access=self.access, timeout_s=left_s, keep_open=lock
            )

    def refs(self) -> list[Ref]:
        """Return the branches and tags that lead to a commit, the latest first.

        Names that check_ref() refuses are not listed: nobody could ask for them.
        """
        fields = ("refname", "objectname", "objecttype", "committerdate:unix",
                  "*objectname", "*objecttype", "*committerdate:unix")
        printed = self.ask(
            "for-each-ref", f"--format={'%00'.join(f'%({each})' for each in fields)}",
            "refs/heads", "refs/tags",
        )
        lines = printed.decode(errors="replace").splitlines()
        found = [ref for line in lines if (ref := _parse_ref(line.split("\0")))]
        return sorted(found, key=lambda ref: (ref.committed_at, ref.name), reverse=True)

    def has(self, sha: str) -> bool:
        """Return whether the commit of this whole id is here."""
        return is_sha(sha) and self._git.folder.is_dir() and bool(self._commit_of(sha))

    def commits(self, old: str, new: str, *, limit: int) -> list[Commit]:
        """Return what `new` has and `old` lacks, the latest first; `old` may be empty."""
        self._insist(new)
        span = [new]
        if old:
            self._insist(old)
            span = [new, f"^{old}"]
        printed = self.ask(
            "log", "-z", f"--max-count={int(limit)}", "--encoding=UTF-8", "--no-show-signature",
            "--no-mailmap", "--format=tformat:%H%n%P%n%at%n%an%n%s", "--end-of-options", *span,
        )
        entries = printed.decode(errors="replace").split("\0")
        return [_parse_commit(entry) for entry in entries if entry]

    def keep(self, sha: str) -> None:
        """Keep this commit also when the source forgets it; RefMissing when it is not here."""
        self._insist(sha)
        self.ask("update-ref", _KEPT + sha, sha)

    def write_tree(self, sha: str, *, prefix: str, to: IO[bytes], timeout_s: float) -> None:
        """Write the commit's own files below `prefix` as a tar archive, without submodules.

        All of them, as they are in git, whatever the tree's attributes say about exporting.
        """
        self._insist_on_attributes()
        with self._reading():
            self._git.write(
                "archive", "--format=tar", f"--prefix={prefix}", sha, to=to, timeout_s=timeout_s
            )

    def obtain(self, sha: str, *, timeout_s: float = FETCH_S) -> None:
        """Have this commit here, from the source if need be; RefMissing if it has none such."""
        if self.has(sha):
            return
        until = time.monotonic() + timeout_s
        self.refresh(timeout_s=timeout_s)
        if self._commit_of(sha):
            return
        # Pinned to a commit that no branch contains any more: hosts give it by its whole id.
        with (
            contextlib.suppress(SourceUnreachable),
            self._locked(_left(until)) as (lock, left_s),
        ):
            self._git.fetch(
                self.address, [f"{sha}:{_KEPT}{sha}"], access=self.access, timeout_s=left_s,
                keep_open=lock,
            )
        self._insist(sha)

    def ask(self, *args: str, accepted: Sequence[int] = (0,)) -> bytes:
        """Return what a git command prints about our copy; MirrorFailed when it cannot."""
        with self._reading():
            return self._git.run(*args, accepted=accepted)

    def _commit_of(self, name: str) -> str:
        # The name is refs/…, or a whole id: neither can be read as anything else.
        with contextlib.suppress(runner.GitFailed):
            return self._git.run(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
            ).decode().split()[-1]
        return ""

    def _insist(self, sha: str) -> None:
        if not self.has(sha):
            raise RefMissing(sha)

    def _prepare(self) -> None:
        if not (self._git.folder / "HEAD").exists():
            self.ask("init", "--quiet", "--bare", "--template=")
        runner.drop_stale_locks(self._git.folder)

    def _insist_on_attributes(self) -> None:
        place = self._git.folder / "info" / "attributes"
        if place.exists():
            return
        place.parent.mkdir(exist_ok=True)
        partial = place.with_name(f"attributes.{os.getpid()}")
        partial.write_text(_ATTRIBUTES)
        partial.rename(place)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except runner.GitFailed as failed:
            raise runner.on_mirror(self._git.folder, failed) from None

    @contextlib.contextmanager
    def _locked(self, timeout_s: float) -> Iterator[tuple[int, float]]:
        """Hold the mirror alone; a fetch of another worker is waited for.

        Gives the lock's descriptor and the seconds that are left of `timeout_s`.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            until = time.monotonic() + timeout_s
            while not _try_lock(lock):
                if time.monotonic() > until:
                    why = _("another task has been reading it for {timeout_s:g} s").format(
                        timeout_s=timeout_s)
                    raise SourceUnreachable(str(self.address), why=why)
                time.sleep(0.1)
            yield lock, _left(until)
        finally:
            os.close(lock)


def _left(until: float) -> float:
    return max(until - time.monotonic(), 1)


def _try_lock(lock: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _parse_ref(fields: list[str]) -> Ref | None:
    name, *here = fields[:4]
    sha, kind, committed = fields[4:] if fields[4] else here  # an annotated tag leads on
    __, folder, short = name.split("/", 2)
    if kind != "commit" or not usable_ref(short):
        return None
    return Ref(short, "branch" if folder == "heads" else "tag", sha, _time(committed))


def _parse_commit(entry: str) -> Commit:
    sha, parents, authored, author, subject = entry.split("\n", 4)
    return Commit(
        sha=sha,
        parents=tuple(parents.split()),
        author_name=plain_line(author)[:_LONGEST_NAME],
        authored_at=_time(authored),
        subject=plain_line(subject)[:_LONGEST_SUBJECT],
    )


def _time(epoch: str) -> datetime.datetime:
    seconds = min(max(int(epoch or 0), 0), _LAST_TIME)
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
