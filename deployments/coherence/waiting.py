"""Telling what is waited for: a line after a moment, and again and again while it lasts.

The deployment's page shows the newest one beside the step (pages/progress_words.py). A request is
named by its script alone: what stands in its query is the visitors' own business.
"""

import re

from django.utils.translation import gettext as _

from .. import clock
from ..strategy_words import WAITING

TELL_AFTER_S = 2
EVERY_S = 4
RELEASE = re.compile(r".*?/(?:current|releases/[^/]+)/(.+)", re.DOTALL)


class Waiting:
    """`tell(text)` says what is waited for, when it is due: not for what is over in a moment."""

    def __init__(self, say):
        self._say, self._due = say, clock.monotonic() + TELL_AFTER_S

    @property
    def is_due(self):
        return clock.monotonic() >= self._due

    def tell(self, text):
        """Say “Waiting for TEXT”, unless that was said a moment ago."""
        if self.is_due:
            self._due = clock.monotonic() + EVERY_S
            self._say(f"{WAITING}{text}")


def request_words(script, age_s, pid):
    """“the request for public/export.php, which has been running for 7 s (worker 4711)”."""
    return _("{named}, which has been running for {age_s:.0f} s (worker {pid})").format(
        named=_named(script), age_s=age_s, pid=pid)


def _named(script):
    if not script:
        return _("a request")
    inside = RELEASE.fullmatch(script)
    return _("the request for {inside}").format(inside=inside[1]) if inside else _(
        "a request outside the site's versions")


def longest(status):
    """Return the row of the pool's longest request that runs now, but for our own; None."""
    rows = [row for row in status["pool"]["procs"]
            if row["pid"] != status["pid"] and row.get("age_s")]
    return max(rows, key=lambda row: row["age_s"], default=None)


def row_words(row):
    """`request_words` of a row of control.php's list."""
    return request_words(row["script"], row["age_s"], row["pid"])
