"""What log lines must not hold, for the loggers themselves: no handler sees more. And what each
line has: which request it belongs to."""

import logging
import re
import sys

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


class NamesRequest(logging.Filter):
    """Gives each line the id of what was at work, which error pages show for support."""

    def filter(self, record):
        # Django reads these classes before models can be imported, which that module needs.
        ids = sys.modules.get("deployments.audit.request_ids")
        request = getattr(record, "request", None)  # Django tells of an answer when it has left us
        record.ref = (ids and ids.current()) or getattr(request, "ref", "-")
        return True


def without_token(part):
    """The text with a password link's token left out; anything else as it is."""
    return _LINK.sub(HIDDEN, part) if isinstance(part, str) else part
