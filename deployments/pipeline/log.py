"""The journal of one run: threads say lines, the main thread writes them, numbered and masked."""

import queue
from dataclasses import dataclass
from itertools import count

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import LogLine

LONGEST = 2000
AT_ONCE = 500  # lines per transaction: pages and other workers write between two
MASK = "•••"


@dataclass(frozen=True)
class Line:
    """One line as a thread said it."""

    at: object
    server: str
    step: str
    text: str


class Journal:
    """Collects lines for one deployment or release; `flush` is for the main thread only.

    `secrets` never reach the database: every occurrence becomes `MASK`. `patiently(write)` calls
    `write`, and again while the database is away; `demand()` raises TakenOver when another worker
    numbers the lines.
    """

    def __init__(self, *, deployment=None, release=None, secrets=(), patiently=None, demand=None):
        self._patiently = patiently or (lambda write: write())
        self._demand = demand or (lambda: None)
        self._owner = {"deployment": deployment, "release": release}
        self.hide(secrets)
        self._lines, self._is_over = queue.SimpleQueue(), False
        rows = LogLine.objects.filter(deployment=deployment, release=release)
        newest = rows.order_by("-number").first()
        self._number = newest.number if newest else 0

    def hide(self, secrets):
        """Mask these from now on."""
        self._secrets = sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True)

    def mask(self, text):
        """Return `text` without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def clean(self, text):
        """Return `text` without secrets and control characters, at most `LONGEST` long."""
        text = "".join(char if char.isprintable() or char == "\t" else " "
                       for char in self.mask(text))
        return text if len(text) <= LONGEST else _("{text} … (cut)").format(text=text[:LONGEST])

    def say(self, text, *, server="", step=""):
        """Add a line; safe from any thread."""
        if self._is_over:
            return
        self._lines.put(Line(timezone.now(), server, step, self.clean(str(text))))

    def drop(self):
        """Forget what was not written, and what threads still say: another worker numbers the
        lines now."""
        self._is_over = True
        self._lines = queue.SimpleQueue()

    def flush(self):
        """Write what was said since the last call; what is said meanwhile waits for the next."""
        waiting = self._lines.qsize()
        for start in range(0, waiting, AT_ONCE):
            self._write([self._row(self._lines.get())
                         for __ in range(min(AT_ONCE, waiting - start))])

    def _write(self, rows):
        tries = count()

        def write():  # tried again, it may have been written already
            with transaction.atomic():
                self._demand()
                LogLine.objects.bulk_create(rows, ignore_conflicts=next(tries) > 0)

        self._patiently(write)

    def _row(self, line):
        self._number += 1
        return LogLine(**self._owner, number=self._number, at=line.at, server_name=line.server,
                       step=line.step, text=line.text)
