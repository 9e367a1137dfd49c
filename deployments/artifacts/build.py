"""Running a project's build commands on a builder: this machine or a server, the same code.

The tree is hostile: it is unpacked, worked on and read back as the build account, by commands
that trust nothing in it. It holds no `.git`; nothing here runs git.
"""

import os
import pwd
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from deployments.artifacts.deadline import Deadline
from deployments.artifacts.faults import (
    BuilderUnusable,
    BuildFailed,
    BuildSilent,
    BuildTimedOut,
    BuildTooLong,
    ContentRefused,
)
from deployments.artifacts.output import LIMIT_BYTES, LIMIT_LINES, OutputCleaner
from deployments.remote import scripts
from deployments.remote.faults import RemoteFault, TimedOut

COPY_S = 900
REMOVE_S = 120  # also after the deadline: the queue's own limit is 300 s later
ORPHAN_S = 30  # how long a builder goes on alone after its caller is gone
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Each command may say this much, however much the ones before it said.
_LEAST_BYTES, _LEAST_LINES = 200_000, 200

# $1 the builder's folder, $2 the release, $3 the subdirectory. Leftovers of crashed builds go too.
_UNPACK = """
umask 022
[ -d "$1" ] || mkdir -p -m 700 -- "$1"
cd -P -- "$1" && mkdir -p work home cache || exit 74
find work home -mindepth 1 -maxdepth 1 -mtime +2 -exec rm -rf -- {} +
chmod -R u+rwX -- "work/$2" "home/$2" 2>/dev/null
rm -rf -- "work/$2" "home/$2" && mkdir -- "work/$2" "home/$2" || exit 74
ln -s -- "$1/cache" "home/$2/.cache" || exit 74
tar --ignore-zeros --no-same-owner --no-same-permissions -xf - -C "work/$2" || exit 74
[ -d "work/$2/$3" ] || exit 66
"""
# The build may have put a link where the application was: never read through one that leads out.
_COLLECT = """
cd -P -- "$1/work/$2" && top=$(pwd -P) && cd -P -- "./$3" || exit 66
case $(pwd -P)/ in "$top"/*) ;; *) exit 66 ;; esac
shift 3
LC_ALL=C exec tar --create --file=- --sort=name --format=gnu --hard-dereference \
    --anchored --no-wildcards "$@" .
"""
_REMOVE = """
cd -P -- "$1" || exit 0
chmod -R u+rwX -- "work/$2" "home/$2" 2>/dev/null
rm -rf -- "work/$2" "home/$2"
"""
_SOCKET = re.compile(r"tar: \./(.*): socket ignored")


@dataclass(frozen=True)
class Limits:
    """What one process of a build may use; `processes` is for all of the account's.

    `space_mb` is far above `memory_mb`: Node.js reserves address space that it never uses.
    """

    memory_mb: int = 4096
    space_mb: int = 65536
    processes: int = 512
    file_mb: int = 4096
    cpu_s: int = 3600


@dataclass(frozen=True)
class Recipe:
    """Everything a build is told. `secret_names` are the variables masked in its output."""

    sha: str
    ref: str
    release: str
    commands: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_names: frozenset[str] = frozenset()
    subdirectory: str = ""
    left_out: tuple[str, ...] = ()
    limit_s: float = 900
    silence_s: float = 300
    limits: Limits = Limits()


def make_room(folder: Path | str, *, user: str | None = None) -> None:
    """Make the local builder's folder, closed to other accounts and owned by `user`.

    The folders above it must let that account pass.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    account = pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())
    os.chown(folder, account.pw_uid, account.pw_gid, follow_symlinks=False)
    os.chmod(folder, 0o700)


class Build:
    """One build on one builder; call unpack, run_commands, collect, and always remove.

    `connection` is a LocalConnection or a server's; `folder`, an absolute path because commands
    run elsewhere, is the builder's place for this project and holds work/RELEASE, home/RELEASE
    and cache, which stays.
    """

    def __init__(
        self,
        connection,
        *,
        folder: str,
        recipe: Recipe,
        deadline: Deadline,
        on_line: Callable[[str], None] = lambda line: None,
        builder: str = "This machine",
    ):
        self._connection, self._folder, self._recipe = connection, str(folder), recipe
        self._deadline, self._on_line, self._builder = deadline, on_line, builder
        self._bytes_left, self._lines_left = LIMIT_BYTES, LIMIT_LINES
        self._subdirectory = _inside(recipe.subdirectory)
        self.work = f"{self._folder}/work/{recipe.release}/{self._subdirectory}"
        self._pairs = [f"{name}={value}" for name, value in self._variables().items()]

    def unpack(self, tree: BinaryIO) -> None:
        """Put an exported tree into a fresh folder; what an earlier try left over is ended."""
        self._deadline.left(COPY_S)  # while it is ours: another worker's processes look the same
        with suppress(BuilderUnusable):  # nothing there yet
            self.end_processes()
        result = self._shell(_UNPACK, self._subdirectory, stdin=tree)
        if result.exit_code == 66:
            raise ContentRefused(
                self._subdirectory, why=_("the source has no such folder"),
                remedy=_("correct the project's application folder"),
            )
        if not result.ok:
            raise BuilderUnusable(self._builder, why=result.last_line or _("the copy was cut off"))

    def run_commands(self) -> None:
        """Run the commands in order; the first that fails, hangs or stays silent is raised."""
        for command in self._recipe.commands:
            self._on_line(f"$ {command}")
            self._run_command(command)

    def collect(self, *, to: BinaryIO) -> None:
        """Write the result as a tar stream, sorted, without what is left out."""
        excludes = [f"--exclude=./{_inside(path)}" for path in self._recipe.left_out if path]
        result = self._shell(_COLLECT, self._subdirectory, *excludes, stdout=to)
        if socket := _SOCKET.search(result.stderr):
            raise ContentRefused(
                socket[1], why=_("a socket"), remedy=_("remove it in a build command, or leave it "
                                                       "out")
            )
        if not result.ok:
            raise ContentRefused(
                self._subdirectory or _("The build's result"), why=result.last_line or _("it is "
                                                                                         "gone"),
                remedy=_("let the build leave a folder that its own account can read"),
            )

    def end_processes(self) -> None:
        """End whatever of this build still runs on the builder."""
        result = self._connection.run(
            ["sh", "-s"], stdin=self._script("", f"{self._folder}/work", limit_s=0), timeout_s=60
        )
        self._insist_on_builder(result)

    def remove(self) -> None:
        """Remove tree and home; the cache stays. A builder that is gone is no error.

        Nothing is removed when another worker has taken over: it works in the same folders.
        """
        if not self._deadline.is_held():
            return
        with suppress(RemoteFault, BuilderUnusable):
            self.end_processes()
            self._run_shell(_REMOVE, timeout_s=REMOVE_S)

    def _run_command(self, command: str) -> None:
        recipe, started = self._recipe, time.monotonic()
        limit_s = self._deadline.left(recipe.limit_s)
        secrets = [recipe.variables[each] for each in recipe.secret_names & set(recipe.variables)]
        cleaner = OutputCleaner(
            self._on_line, secrets=secrets, limit_bytes=max(self._bytes_left, _LEAST_BYTES),
            limit_lines=max(self._lines_left, _LEAST_LINES),
        )
        result = None
        try:
            result = self._connection.run(
                ["sh", "-s"], stdin=self._script(command, self.work, limit_s=limit_s),
                stdout=cleaner, timeout_s=limit_s, silence_s=recipe.silence_s,
            )
        except TimedOut:
            took_s = time.monotonic() - started
        finally:
            cleaner.close()
        self._bytes_left -= cleaner.bytes_seen
        self._lines_left -= cleaner.lines_sent
        if result is None and self._deadline.is_over:
            raise BuildTooLong(self._deadline.limit_s)
        if result is None and took_s >= recipe.limit_s:
            raise BuildTimedOut(command, limit_s=recipe.limit_s, tail=cleaner.tail)
        if result is None:
            raise BuildSilent(command, limit_s=recipe.silence_s, tail=cleaner.tail)
        self._insist_on_builder(result)
        if not result.ok:
            raise BuildFailed(command, exit_code=result.exit_code, tail=cleaner.tail)

    def _insist_on_builder(self, result) -> None:
        # Errors of a project's command are in its output, whatever its exit code.
        if result.exit_code in (64, 74) and result.stderr:
            raise BuilderUnusable(self._builder, why=result.last_line)

    def _script(self, command: str, work: str, *, limit_s: float) -> BytesIO:
        limits = self._recipe.limits
        numbers = (
            int(limit_s + ORPHAN_S), limits.memory_mb * 1024, limits.space_mb * 1024,
            limits.processes, limits.file_mb * 2048, limits.cpu_s,
        )
        mark = scripts.new_mark()
        return BytesIO(
            scripts.compose("build.sh", (work, *numbers, command, *self._pairs), mark=mark)
        )

    def _variables(self) -> dict[str, str]:
        recipe = self._recipe
        return {
            "PATH": SEARCH_PATH,
            "LANG": "C.UTF-8",
            **recipe.variables,
            "HOME": f"{self._folder}/home/{recipe.release}",
            "CACHE_DIR": f"{self._folder}/cache",
            "REVISION": recipe.sha,
            "RELEASE_REF": recipe.ref,
            "RELEASE_NAME": recipe.release,
        }

    def _shell(self, script: str, *args: str, **streams: BinaryIO):
        return self._run_shell(script, *args, timeout_s=self._deadline.left(COPY_S), **streams)

    def _run_shell(self, script: str, *args: str, timeout_s: float, **streams: BinaryIO):
        # Data alone on stdin: a shell that reads its script there would swallow some of it.
        argv = ["sh", "-c", script, "sh", self._folder, self._recipe.release, *args]
        return self._connection.run(argv, timeout_s=timeout_s, **streams)


def _inside(path: str) -> str:
    """Return a relative path without dots; ContentRefused for one that leads out."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or not path.isprintable():
        raise ContentRefused(
            path, why=_("no path inside the project"), remedy=_("correct it in the project's "
                                                                "settings")
        )
    return "/".join(parts)
