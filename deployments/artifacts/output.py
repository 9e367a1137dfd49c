"""What a build printed, made fit for a log: readable lines, no secrets, never more than the cap."""

import codecs
import re
from collections import deque
from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _

from deployments.artifacts.masking import Masker

LIMIT_BYTES, LIMIT_LINES = 5_000_000, 5000
LINE_CHARS = 16_384
TAIL_LINES = 200

_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor moves
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]*[0-Z\\`-~]"
)
_OPEN_ESCAPE = re.compile(
    r"(?:\x1b[ -/]*|(?:\x1b\[|\x9b)[0-?]{0,99}[ -/]{0,9}"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,4096}\x1b?)\Z"
)
# Control characters but tab, newline, return; marks that reorder or hide text; odd line ends.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def plain_line(text: str) -> str:
    """Return text from outside as one readable line."""
    return " ".join(_UNSEEN.sub("", _ESCAPE.sub("", text)).split())


class OutputCleaner:
    """A file to write bytes to; `emit` gets each finished line.

    The beginning is emitted as it comes. Past four fifths of either cap only the end is kept, in
    memory, and emitted by close() after a line that says how much was left out.
    """

    def __init__(
        self,
        emit: Callable[[str], None],
        *,
        secrets: Iterable[str] = (),
        limit_bytes: int = LIMIT_BYTES,
        limit_lines: int = LIMIT_LINES,
    ):
        self._send, self._secrets = emit, tuple(secrets)
        self._lines = _Lines(self._secrets)
        self._head_left, self._head_lines = limit_bytes * 4 // 5, limit_lines * 4 // 5
        self._end = _End(limit_bytes - self._head_left)
        self._end_lines = limit_lines - self._head_lines
        self._recent: deque[str] = deque(maxlen=TAIL_LINES)
        self.bytes_seen = self.lines_sent = 0

    @property
    def tail(self) -> str:
        """The last lines, for the sentence that says why a command failed."""
        return "\n".join(self._recent)

    def write(self, block: bytes) -> int:
        self.bytes_seen += len(block)
        cut = self._room_for(block)
        head, rest = block[:cut], block[cut:]
        self._head_left = 0 if rest else self._head_left - len(head)
        if head:
            self._emit(self._lines.feed(head))
        if rest:
            self._end.add(bytes(rest))
        return len(block)

    def flush(self) -> None:
        """Nothing to do: finished lines have been emitted."""

    def close(self) -> None:
        """Emit what is left; no more may be written."""
        end, bytes_gone, lines_gone = self._end.take()
        if bytes_gone:
            self._emit(self._lines.cut())
            self._lines = _Lines(self._secrets)
            # The first bytes may be the rest of a secret whose beginning was left out.
            skipped = end[self._lines.longest_secret * 4 :]
            whole = skipped.partition(b"\n")[2] or skipped
            bytes_gone += len(end) - len(whole)
            lines_gone += end.count(b"\n") - whole.count(b"\n")
            end = whole
        lines = [*self._lines.feed(end), *self._lines.rest()]
        gone = max(len(lines) - self._end_lines, 0)
        lines_gone += gone
        bytes_gone += sum(len(line.encode()) + 1 for line in lines[:gone])
        if bytes_gone:
            self._emit([_("… {lines_gone:,} lines, {bytes_gone:,} bytes of output left out "
                          "…").format(lines_gone=lines_gone, bytes_gone=bytes_gone)])
        self._emit(lines[gone:])

    def _room_for(self, block: bytes) -> int:
        """Return where in a block the beginning of the output ends."""
        end = min(len(block), self._head_left)
        found = block.count(b"\n", 0, end)
        if found < self._head_lines:
            self._head_lines -= found
            return end
        at = 0
        for __ in range(self._head_lines):
            at = block.index(b"\n", at) + 1
        self._head_lines = 0
        return at

    def _emit(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._recent.append(line)
            self._send(line)
            self.lines_sent += 1


class _Lines:
    """Bytes to clean lines, whatever the places where the blocks were cut."""

    def __init__(self, secrets: Iterable[str]):
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._masker = Masker(secrets)
        self.longest_secret = self._masker.longest
        self._escape, self._open = "", ""

    def feed(self, block: bytes, *, final: bool = False) -> list[str]:
        text = _ESCAPE.sub("", self._escape + self._decoder.decode(block, final))
        held = None if final else _OPEN_ESCAPE.search(text)
        self._escape = held[0] if held else ""
        text = text[: held.start()] if held else text
        return self._split(self._masker.feed(_UNSEEN.sub("", text)))

    def rest(self) -> list[str]:
        """Return the last lines; the stream has ended."""
        lines = self.feed(b"", final=True) + self._split(self._masker.rest())
        return lines + self._last()

    def cut(self) -> list[str]:
        """Return the last lines before a gap."""
        return self._split(self._masker.cut()) + self._last()

    def _last(self) -> list[str]:
        last, self._open = _settled(self._open), ""
        return [last] if last else []

    def _split(self, text: str) -> list[str]:
        *whole, self._open = (self._open + text).split("\n")
        if "\r" in self._open[:-1]:
            # A progress display writes over its line: only what it shows now is worth keeping.
            self._open = self._open[self._open.rindex("\r", 0, -1) + 1 :]
        lines = []
        for line in map(_settled, whole):
            lines += [line[at : at + LINE_CHARS] for at in range(0, max(len(line), 1), LINE_CHARS)]
        while len(self._open) > LINE_CHARS:
            lines.append(self._open[:LINE_CHARS])
            self._open = self._open[LINE_CHARS:]
        return lines


class _End:
    """The last bytes of a stream, and how many bytes and lines before them were dropped."""

    def __init__(self, limit: int):
        self._limit = limit
        self._blocks: deque[bytes] = deque()
        self._kept = self._dropped = self._lines_dropped = 0

    def add(self, block: bytes) -> None:
        if len(block) > self._limit:
            self._drop(block[: -self._limit])
            block = block[-self._limit :]
        self._blocks.append(block)
        self._kept += len(block)
        while self._kept - len(self._blocks[0]) >= self._limit:
            first = self._blocks.popleft()
            self._kept -= len(first)
            self._drop(first)

    def take(self) -> tuple[bytes, int, int]:
        kept, self._blocks = b"".join(self._blocks), deque()
        return kept, self._dropped, self._lines_dropped

    def _drop(self, block: bytes) -> None:
        self._dropped += len(block)
        self._lines_dropped += block.count(b"\n")


def _settled(line: str) -> str:
    """Return what a terminal would show of a line in the end."""
    return line.rstrip("\r").rpartition("\r")[2]
