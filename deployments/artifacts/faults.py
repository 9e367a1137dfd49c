"""What can go wrong between a git address and a finished artifact.

str(fault) is one sentence for people: what happened and what to do. Nothing secret is in it.
"""

from collections.abc import Sequence


class ArtifactFault(Exception):
    """Base of everything this room raises."""


class RefRefused(ArtifactFault):
    """The name has a form we hand to no program, whether or not it exists."""

    def __init__(self, ref: str):
        super().__init__(
            f"“{_shown(ref)}” cannot be used as a version: write a branch, a tag or a commit with "
            "letters, digits, dot, slash, dash and underscore."
        )
        self.ref = ref


class RefMissing(ArtifactFault):
    """The source, as last read, has no such branch, tag or commit."""

    def __init__(self, ref: str):
        super().__init__(
            f"The source has no branch, tag or commit “{_shown(ref)}”: check the spelling, or push "
            "it and read the source again."
        )
        self.ref = ref


class SourceUnreachable(ArtifactFault):
    """The git host did not answer in time, or not like one; trying again may help."""

    def __init__(self, where: str, *, why: str):
        super().__init__(
            f"The source {where} could not be reached ({why}): check its address and whether it is "
            "up, then try again."
        )


class SourceRefused(ArtifactFault):
    """The address, the login or the host key was not accepted; somebody must change it."""

    def __init__(self, where: str, *, why: str, remedy: str):
        super().__init__(f"The source {where} cannot be read ({why}): {remedy}.")


class MirrorFailed(ArtifactFault):
    """git could not work on our own copy of the source: our machine, not the project."""

    def __init__(self, folder: str, *, why: str):
        super().__init__(
            f"Our copy of the source in {folder} could not be used ({why}): check the disk; the "
            "folder may be removed, it is made again from the source."
        )


class StoreFailed(ArtifactFault):
    """Our own disk could not take the artifact: our machine, not the project."""

    def __init__(self, folder: str, *, why: str):
        super().__init__(
            f"The artifact could not be written to {folder} ({why}): make room there or correct "
            "the folder's owner, then build again."
        )


class LfsPointer(ArtifactFault):
    """Files of the tree are placeholders of Git LFS; their content is not in git."""

    def __init__(self, paths: Sequence[str]):
        super().__init__(
            f"{_several(paths)} {'is' if len(paths) == 1 else 'are'} kept in Git LFS, which is not "
            "fetched: put the content into git itself (git lfs migrate export), or remove the file "
            "from git and download it in a build command."
        )
        self.paths = tuple(paths)


class BuilderUnusable(ArtifactFault):
    """The machine that should build lacks something; nothing of the project was run."""

    def __init__(self, builder: str, *, why: str):
        super().__init__(
            f"{builder} cannot build ({why}): give the build account a folder it may write, GNU "
            "tar and coreutils there, or choose another builder."
        )


class BuildUserUnusable(ArtifactFault):
    """We are root and have no other account to build as; nothing of the project was run."""

    def __init__(self, *, why: str):
        super().__init__(
            f"Nothing is built on this machine as root ({why}): set BUILD_USER to an account "
            "without rights and restart the worker, or choose a server as the project's builder."
        )


class BuildFailed(ArtifactFault):
    """A command of the project ended badly. `exit_code` None: killed, or nobody told us."""

    def __init__(self, command: str, *, exit_code: int | None, tail: str):
        ended = "was killed" if exit_code is None else f"exited with {exit_code}"
        super().__init__(
            f"The build command “{_shown(command)}” {ended}: see the end of its output, correct "
            "the project and build again."
        )
        self.command, self.exit_code, self.tail = command, exit_code, tail


class BuildTimedOut(ArtifactFault):
    """A command of the project ran longer than it may; it was ended."""

    def __init__(self, command: str, *, limit_s: float, tail: str):
        super().__init__(
            f"The build command “{_shown(command)}” did not finish within {limit_s:g} s and was "
            "ended: make it faster or raise the project's build limit."
        )
        self.command, self.limit_s, self.tail = command, limit_s, tail


class BuildSilent(ArtifactFault):
    """A command of the project printed nothing for too long; it was ended."""

    def __init__(self, command: str, *, limit_s: float, tail: str):
        super().__init__(
            f"The build command “{_shown(command)}” printed nothing for {limit_s:g} s and was "
            "ended: it may be waiting for an answer; make it ask nothing, or raise the limit."
        )
        self.command, self.limit_s, self.tail = command, limit_s, tail


class BuildTooLong(ArtifactFault):
    """The build as a whole, fetching and packing included, used up its time; it was ended."""

    def __init__(self, limit_s: float):
        super().__init__(
            f"The build took longer than {limit_s:g} s in all: make its commands faster, or raise "
            "BUILD_LIMIT_S."
        )
        self.limit_s = limit_s


class ContentRefused(ArtifactFault):
    """Something in the tree cannot be released; `path` names it."""

    def __init__(self, path: str, *, why: str, remedy: str):
        super().__init__(f"“{_shown(path)}” cannot be released ({why}): {remedy}.")
        self.path, self.why = path, why


def _shown(name: str, *, longest: int = 200) -> str:
    """Return a name as people may read it: one line, printable, not endless."""
    plain = "".join(each if each.isprintable() else "\ufffd" for each in name)
    return plain if len(plain) <= longest else plain[:longest] + "…"


def _several(paths: Sequence[str]) -> str:
    shown = ", ".join(f"“{_shown(path)}”" for path in paths[:5])
    return shown if len(paths) <= 5 else f"{shown} and {len(paths) - 5} more"
