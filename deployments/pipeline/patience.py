"""What a worker does while the database is away: it waits as long as its lease lasts."""

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from .. import clock
from ..errors import TakenOver

RETRY_S = 0.5


def patiently(write, *, beaten_at):
    """Return what `write()` does; while the database is away, try again as long as the lease
    lasts that was extended at `beaten_at`. TakenOver after that: nothing may be done that is not
    written down."""
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as fault:
            if clock.monotonic() - beaten_at >= settings.LEASE_S:
                raise TakenOver from fault
            connection.close_if_unusable_or_obsolete()
            clock.sleep(RETRY_S)
