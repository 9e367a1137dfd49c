"""What Django's own log lines must not hold. For the loggers themselves: no handler sees more."""

import logging
import re

_LINK = re.compile(r"(/password/)[^/\s?#]+")
HIDDEN = r"\1…"


class HidesLinks(logging.Filter):
    """The address of what was refused or went wrong: a password link's is a secret, and is
    written without its token."""

    def filter(self, record):
        record.msg = without_token(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(without_token, record.args))
        return True


class DropsDetails(logging.Filter):
    """Lines for debugging templates quote all that a page was given, recovery codes as well."""

    def filter(self, record):
        return record.levelno > logging.DEBUG


def without_token(part):
    """The text with a password link's token left out; anything else as it is."""
    return _LINK.sub(HIDDEN, part) if isinstance(part, str) else part
