"""The page for what went wrong here, not with a request: 503 while the database is away, or 500."""

import sys

from django.db import InterfaceError, OperationalError
from django.shortcuts import render

from .request_ids import reference

RETRY_S = 5


def answer(request):
    """503 with `Retry-After` (RFC 9110, 10.2.3) when the database could not be used, else 500.

    Django calls it while the exception is being handled. What waits for SQLite's lock has waited
    for its whole time limit by then. The page asks the database for nothing.
    """
    if not isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return render(None, "500.html", reference(), status=500)
    response = render(None, "503.html", reference(), status=503)
    response.headers["Retry-After"] = str(RETRY_S)
    return response
