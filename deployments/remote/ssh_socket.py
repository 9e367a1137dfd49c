"""The wire below an SSH connection: no Nagle, no delayed acknowledgements, and a sense of life.

paramiko alone loses about 40 ms in each exchange: Nagle's algorithm here, delayed acknowledgement
there. TCP_QUICKACK is not permanent (tcp(7)), so it is set again before every receive.
"""

import contextlib
import errno
import ipaddress
import socket
import time

from django.utils.translation import gettext as _

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


_METADATA = {"fd00:ec2::254", "100.100.100.200"}
"""Where clouds keep their machines' credentials, beside 169.254.169.254, which is link-local."""


class Wire:
    """What paramiko asks of a socket, over a TCP socket or over a jump host's channel.

    `heard_at` (monotonic) is when the other side last sent anything at all.
    """

    def __init__(self, sock):
        self._sock = sock
        self.heard_at = time.monotonic()
        self._rearms = isinstance(sock, socket.socket) and _QUICKACK is not None
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, size: int) -> bytes:
        if self._rearms:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        block = self._sock.recv(size)
        if block:
            self.heard_at = time.monotonic()
        return block

    def send(self, block: bytes) -> int:
        return self._sock.send(block)

    def settimeout(self, seconds: float | None) -> None:
        self._sock.settimeout(seconds)

    def getpeername(self):
        return self._sock.getpeername()

    def close(self) -> None:
        self._sock.close()

    @property
    def _closed(self) -> bool:
        return self._sock._closed  # paramiko's stop_thread() reads this private name


def connect(address: str, *, port: int, timeout_s: float) -> socket.socket:
    """Return a TCP connection; OSError. All addresses of a name together get `timeout_s`.

    A name is looked up once, and what was looked up is what is connected to: a name server that
    answers otherwise the next time leads nowhere else. Link-local addresses are never asked.
    """
    ends_at = time.monotonic() + timeout_s
    places = [found for found in socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
              if not _is_forbidden(found[4][0])]
    if not places:
        raise OSError(errno.EADDRNOTAVAIL, _("this address is never asked: it belongs to the "
                                             "machine's own network or its cloud"))
    for left, (family, kind, protocol, __, place) in enumerate(places, start=-len(places)):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(ends_at - time.monotonic(), 0.1) / -left)
            sock.connect(place)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _is_forbidden(text: str) -> bool:
    place = ipaddress.ip_address(text.partition("%")[0])
    place = getattr(place, "ipv4_mapped", None) or place
    return (place.is_link_local or place.is_multicast or place.is_unspecified
            or str(place) in _METADATA)
