"""Django's log lines name the address of what was refused or went wrong: a password link's is a
secret, and is written without its token."""

import logging
import re

_LINK = re.compile(r"(/password/)[^/\s?#]+")
HIDDEN = r"\1…"


class HidesLinks(logging.Filter):
    """Never drops a line. For the loggers themselves, so that no handler sees more."""

    def filter(self, record):
        record.msg = _plain(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_plain, record.args))
        return True


def _plain(part):
    return _LINK.sub(HIDDEN, part) if isinstance(part, str) else part
