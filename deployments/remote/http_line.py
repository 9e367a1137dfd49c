"""The one connection below an HTTP request: opened by us, checked by name, ended by the clock."""

import functools
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR, socket
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Line:
    """Opens one connection and shuts it down at `ends_at` (monotonic), whoever reads from it.

    A timeout per read would let a server that drips one byte a second hold us for ever.
    """

    def __init__(self, opener: Callable[[float], socket], *, ends_at: float):
        self._opener, self._ends_at = opener, ends_at
        self._held: socket | None = None
        self._is_over = False
        self._timer = threading.Timer(max(self._left(), 0), self._end)
        self._timer.daemon = True

    def open(self) -> socket:
        """Return a new connection; TimeoutError when the deadline is over."""
        self.check()
        sock = self._opener(self._left())
        # TLS takes the socket object over; this second handle still ends the same connection.
        self._held = sock.dup()
        self.check()
        sock.settimeout(self._left())
        return sock

    def check(self) -> None:
        """Raise TimeoutError once the deadline has passed."""
        if self._is_over or self._left() <= 0:
            raise TimeoutError(_("the deadline passed"))

    def _left(self) -> float:
        return self._ends_at - time.monotonic()

    def _end(self) -> None:
        self._is_over = True
        if self._held:
            with suppress(OSError):  # the other side was quicker
                self._held.shutdown(SHUT_RDWR)

    def __enter__(self) -> "Line":
        self._timer.start()
        return self

    def __exit__(self, *exc_info) -> None:
        self._timer.cancel()
        if self._held:
            self._held.close()


class LineAdapter(HTTPAdapter):
    """requests over a Line; certificates are checked against the URL's name."""

    def __init__(self, line: Line, *, ca_bundle: str):
        self._line, self._ca_bundle = line, ca_bundle
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):
        place = urlsplit(request.url)
        if place.scheme == "https":
            context = _trust(self._ca_bundle or requests.certs.where())
            pool = HTTPSConnectionPool(place.hostname, place.port, ssl_context=context)
            kind = _TlsConnection
        else:
            pool, kind = HTTPConnectionPool(place.hostname, place.port), _PlainConnection
        pool.ConnectionCls = functools.partial(kind, line=self._line)
        return pool

    def cert_verify(self, conn, url, verify, cert) -> None:
        """Leave the pool's own context alone: it already trusts what it shall, and only that."""


class _PlainConnection(HTTPConnection):
    def __init__(self, *args, line: Line, **kwargs):
        self._line = line
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket:
        return self._line.open()


class _TlsConnection(HTTPSConnection):
    def __init__(self, *args, line: Line, **kwargs):
        self._line = line
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket:
        return self._line.open()


@functools.lru_cache(maxsize=16)
def _trust(ca_bundle: str) -> ssl.SSLContext:
    """Return the context for a bundle; reading the usual roots takes 20 ms, so it is kept."""
    return ssl.create_default_context(cafile=ca_bundle)
