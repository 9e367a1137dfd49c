"""What a command printed: decoded, split into lines, kept within bounds, answers set apart."""

import codecs
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from deployments.remote import scripts
from deployments.remote.faults import TimedOut

HEAD_CHARS = 100_000
TAIL_CHARS = 400_000
LINE_CHARS = 16_384
ANSWER_CHARS = 1_000_000


@dataclass(frozen=True)
class Result:
    """How a command ended. `exit_code` None is unknown: killed by a signal, or nobody told us.

    `values` are the answers of a script of ours, `lines` what else it wrote to stdout and `stderr`
    what it told people; both keep their beginning and their end when there is too much.
    """

    exit_code: int | None
    values: dict[str, str | list[str]] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    stderr: str = ""

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def last_line(self) -> str:
        """The last thing said to people: of stderr, or else of stdout."""
        spoken = [line for line in self.stderr.splitlines() if line.strip()]
        return (spoken or [line for line in self.lines if line.strip()] or [""])[-1]


class Output:
    """Takes blocks of both streams as they come; `heard_at` is when something last moved."""

    def __init__(self, *, mark: str = "", on_line: Callable[[str], None] | None = None):
        self.mark, self.on_line = mark, on_line
        self.heard_at = time.monotonic()
        self._out, self._err = _Lines(), _Lines()
        self._kept_out, self._kept_err = _Kept(), _Kept()
        self._answers, self._answer_chars = [], 0

    def touch(self) -> None:
        """Note a sign of life that is not output: our input was taken."""
        self.heard_at = time.monotonic()

    def out(self, block: bytes) -> None:
        self.touch()
        for line in self._out.feed(block):
            self._take_out(line)

    def err(self, block: bytes) -> None:
        self.touch()
        for line in self._err.feed(block):
            self._take(line, kept=self._kept_err)

    def result(self, exit_code: int | None) -> Result:
        """Return everything; the streams have ended, a last line without newline counts."""
        for line in self._out.rest():
            self._take_out(line)
        for line in self._err.rest():
            self._take(line, kept=self._kept_err)
        return Result(
            exit_code=exit_code,
            values=scripts.parse(self._answers, mark=self.mark) if self.mark else {},
            lines=tuple(self._kept_out.lines()),
            stderr="\n".join(self._kept_err.lines()),
        )

    def _take_out(self, line: str) -> None:
        before, found, __ = line.partition(f"{self.mark} ") if self.mark else (line, "", "")
        if found and self._answer_chars + len(line) <= ANSWER_CHARS:
            self._answer_chars += len(line)
            self._answers.append(line)
            line = before  # a banner without newline stands before our first answer
        if line or not found:
            self._take(line, kept=self._kept_out)

    def _take(self, line: str, *, kept: "_Kept") -> None:
        line = line.removesuffix("\r")
        for start in range(0, max(len(line), 1), LINE_CHARS):
            piece = line[start : start + LINE_CHARS]
            kept.add(piece)
            if self.on_line:
                self.on_line(piece)


class _Lines:
    """Bytes to whole lines: UTF-8 with replacement, NUL replaced (PostgreSQL's text has none)."""

    def __init__(self):
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._open = ""

    def feed(self, block: bytes, *, final: bool = False) -> list[str]:
        text = self._decoder.decode(block, final).replace("\0", "\ufffd")
        *lines, self._open = (self._open + text).split("\n")
        if len(self._open) > ANSWER_CHARS:
            lines.append(self._open)
            self._open = ""
        return lines

    def rest(self) -> list[str]:
        lines = self.feed(b"", final=True)
        last, self._open = self._open, ""
        return [*lines, last] if last else lines


class _Kept:
    """The first and the last lines, and how many between them were left out."""

    def __init__(self):
        self._head, self._head_chars = [], 0
        self._tail, self._tail_chars = deque(), 0
        self._dropped = 0

    def add(self, line: str) -> None:
        size = len(line) + 1
        if not self._tail and self._head_chars + size <= HEAD_CHARS:
            self._head.append(line)
            self._head_chars += size
            return
        self._tail.append(line)
        self._tail_chars += size
        while self._tail_chars > TAIL_CHARS:
            self._tail_chars -= len(self._tail.popleft()) + 1
            self._dropped += 1

    def lines(self) -> list[str]:
        gap = [_("… {dropped} lines left out …").format(
            dropped=self._dropped)] if self._dropped else []
        return [*self._head, *gap, *self._tail]


class Deadline:
    """The two limits of one command; `check` raises TimedOut with the one that passed.

    `aftermath` tells what became of the command then.
    """

    def __init__(
        self,
        output: Output,
        *,
        server: str,
        timeout_s: float,
        silence_s: float | None,
        aftermath: str = "was given up: it may still be running there",
    ):
        self.output, self.server, self.aftermath = output, server, aftermath
        self.timeout_s, self.silence_s = timeout_s, silence_s
        self.ends_at = time.monotonic() + timeout_s

    def check(self) -> None:
        now = time.monotonic()
        if now > self.ends_at:
            limit = _("did not finish within {timeout_s:g} s").format(timeout_s=self.timeout_s)
        elif self.silence_s is not None and now - self.output.heard_at > self.silence_s:
            limit = _("wrote nothing for {silence_s:g} s").format(silence_s=self.silence_s)
        else:
            return
        raise TimedOut(
            _("A command on {server} {limit} and {aftermath}.").format(
                server=self.server, limit=limit, aftermath=self.aftermath), server=self.server
        )
