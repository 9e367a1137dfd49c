"""What can go wrong between a git address and a finished artifact.

str(fault) is one sentence for people: what happened and what to do. Nothing secret is in it.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class ArtifactFault(Exception):
    """Base of everything this room raises."""


class RefRefused(ArtifactFault):
    """The name has a form we hand to no program, whether or not it exists."""

    def __init__(self, ref: str):
        super().__init__(
            _("“{shown}” cannot be used as a version: write a branch, a tag or a commit with "
              "letters, digits, dot, slash, dash and underscore.").format(shown=_shown(ref))
        )
        self.ref = ref


class RefMissing(ArtifactFault):
    """The source, as last read, has no such branch, tag or commit."""

    def __init__(self, ref: str):
        super().__init__(
            _("The source has no branch, tag or commit “{shown}”: check the spelling, or push it "
              "and read the source again.").format(shown=_shown(ref))
        )
        self.ref = ref


class SourceUnreachable(ArtifactFault):
    """The git host did not answer in time, or not like one; trying again may help."""

    def __init__(self, where: str, *, why: str):
        super().__init__(
            _("The source {where} could not be reached ({why}): check its address and whether it "
              "is up, then try again.").format(where=where, why=why)
        )


class SourceRefused(ArtifactFault):
    """The address, the login or the host key was not accepted; somebody must change it."""

    def __init__(self, where: str, *, why: str, remedy: str):
        super().__init__(_("The source {where} cannot be read ({why}): {remedy}.").format(
            where=where, why=why, remedy=remedy))


class MirrorFailed(ArtifactFault):
    """git could not work on our own copy of the source: our machine, not the project."""

    def __init__(self, folder: str, *, why: str):
        super().__init__(
            _("Our copy of the source in {folder} could not be used ({why}): check the disk; the "
              "folder may be removed, it is made again from the source.").format(
                folder=folder, why=why)
        )


class StoreFailed(ArtifactFault):
    """Our own disk could not take the artifact: our machine, not the project."""

    def __init__(self, folder: str, *, why: str):
        super().__init__(
            _("The artifact could not be written to {folder} ({why}): make room there or correct "
              "the folder's owner, then build again.").format(folder=folder, why=why)
        )


class LfsPointer(ArtifactFault):
    """Files of the tree are placeholders of Git LFS; their content is not in git."""

    def __init__(self, paths: Sequence[str]):
        super().__init__(
            ngettext("{files} is kept in Git LFS, which is not fetched: put the content into git "
                     "itself (git lfs migrate export), or remove the file from git and download "
                     "it in a build command.",
                     "{files} are kept in Git LFS, which is not fetched: put the content into git "
                     "itself (git lfs migrate export), or remove the file from git and download "
                     "it in a build command.", len(paths)).format(files=_several(paths))
        )
        self.paths = tuple(paths)


class BuilderUnusable(ArtifactFault):
    """The machine that should build lacks something; nothing of the project was run."""

    def __init__(self, builder: str, *, why: str):
        super().__init__(
            _("{builder} cannot build ({why}): give the build account a folder it may write, GNU "
              "tar and coreutils there, or choose another builder.").format(
                builder=builder, why=why)
        )


class BuildUserUnusable(ArtifactFault):
    """We are root and have no other account to build as; nothing of the project was run."""

    def __init__(self, *, why: str):
        super().__init__(
            _("Nothing is built on this machine as root ({why}): set BUILD_USER to an "
              "account without rights and restart the worker, or choose a server as the "
              "project's builder.").format(why=why)
        )


class BuildFailed(ArtifactFault):
    """A command of the project ended badly. `exit_code` None: killed, or nobody told us."""

    def __init__(self, command: str, *, exit_code: int | None, tail: str):
        ended = _("was killed") if exit_code is None else _("exited with {exit_code}").format(
            exit_code=exit_code)
        super().__init__(
            _("The build command “{shown}” {ended}: see the end of its output, correct the project "
              "and build again.").format(shown=_shown(command), ended=ended)
        )
        self.command, self.exit_code, self.tail = command, exit_code, tail


class BuildTimedOut(ArtifactFault):
    """A command of the project ran longer than it may; it was ended."""

    def __init__(self, command: str, *, limit_s: float, tail: str):
        super().__init__(
            _("The build command “{shown}” did not finish within {limit_s:g} s and was ended: make "
              "it faster or raise the project's build limit.").format(
                shown=_shown(command), limit_s=limit_s)
        )
        self.command, self.limit_s, self.tail = command, limit_s, tail


class BuildSilent(ArtifactFault):
    """A command of the project printed nothing for too long; it was ended."""

    def __init__(self, command: str, *, limit_s: float, tail: str):
        super().__init__(
            _("The build command “{shown}” printed nothing for {limit_s:g} s and was ended: it may "
              "be waiting for an answer; make it ask nothing, or raise the limit.").format(
                shown=_shown(command), limit_s=limit_s)
        )
        self.command, self.limit_s, self.tail = command, limit_s, tail


class BuildTooLong(ArtifactFault):
    """The build as a whole, fetching and packing included, used up its time; it was ended."""

    def __init__(self, limit_s: float):
        super().__init__(
            _("The build took longer than {limit_s:g} s in all: make its commands faster, or raise "
              "BUILD_LIMIT_S.").format(limit_s=limit_s)
        )
        self.limit_s = limit_s


class ContentRefused(ArtifactFault):
    """Something in the tree cannot be released; `path` names it."""

    def __init__(self, path: str, *, why: str, remedy: str):
        super().__init__(_("“{shown}” cannot be released ({why}): {remedy}.").format(
            shown=_shown(path), why=why, remedy=remedy))
        self.path, self.why = path, why


def _shown(name: str, *, longest: int = 200) -> str:
    """Return a name as people may read it: one line, printable, not endless."""
    plain = "".join(each if each.isprintable() else "\ufffd" for each in name)
    return plain if len(plain) <= longest else plain[:longest] + "…"


def _several(paths: Sequence[str]) -> str:
    shown = ", ".join(f"“{_shown(path)}”" for path in paths[:5])
    return shown if len(paths) <= 5 else _("{shown} and {paths} more").format(
        shown=shown, paths=len(paths) - 5)
