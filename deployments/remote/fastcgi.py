"""FastCGI over any socket: one request to PHP-FPM, nothing kept afterwards (FastCGI 1.0).

Whoever can open the pool's socket can run any PHP file it may read: the socket's permission is the
authority, so it is reached through the SSH connection only.
"""

import socket
import struct
import time
from collections.abc import Mapping

from django.utils.translation import gettext as _

_HEADER = struct.Struct(">BBHHBx")
_VERSION, _REQUEST = 1, 1
_BEGIN, _END, _PARAMS, _STDIN, _STDOUT, _STDERR = 1, 3, 4, 5, 6, 7
_RESPONDER = struct.pack(">HB5x", 1, 0)
_CHUNK = 65_528

# They stay in force for the worker's next visitors (measured), so they are never sent.
FORBIDDEN = ("PHP_VALUE", "PHP_ADMIN_VALUE")


class BadRecord(Exception):
    """The peer does not speak FastCGI, or sent more than it may; the text says which."""


def request(
    sock: socket.socket,
    params: Mapping[str, str],
    body: bytes = b"",
    *,
    deadline: float,
    max_bytes: int,
) -> tuple[int, dict[str, str], bytes, bytes]:
    """Return (status, headers in lower case, body, what PHP wrote to stderr).

    `deadline` is on the monotonic clock and bounds the whole exchange: TimeoutError.
    ConnectionError when the peer hangs up early, BadRecord when it makes no sense.
    """
    for name in FORBIDDEN:
        if name in params:
            raise ValueError(f"{name} would change the worker for its next visitors")
    _limit(sock, deadline)
    sock.sendall(_request_bytes(params, body))
    out, err = _answer(sock, deadline=deadline, max_bytes=max_bytes)
    return (*_split(out), err)


def _request_bytes(params: Mapping[str, str], body: bytes) -> bytes:
    pairs = b"".join(_pair(name, value) for name, value in params.items())
    return b"".join([_record(_BEGIN, _RESPONDER), *_stream(_PARAMS, pairs), *_stream(_STDIN, body)])


def _record(kind: int, content: bytes) -> bytes:
    return _HEADER.pack(_VERSION, kind, _REQUEST, len(content), 0) + content


def _stream(kind: int, content: bytes) -> list[bytes]:
    """Return the records of a stream; an empty one ends it."""
    starts = range(0, len(content), _CHUNK)
    return [_record(kind, content[at : at + _CHUNK]) for at in starts] + [_record(kind, b"")]


def _pair(name: str, value: str) -> bytes:
    key, text = (part.encode("utf-8", "surrogateescape") for part in (name, value))
    return _length(len(key)) + _length(len(text)) + key + text


def _length(size: int) -> bytes:
    return bytes([size]) if size < 128 else struct.pack(">I", size | 0x80000000)


def _answer(sock: socket.socket, *, deadline: float, max_bytes: int) -> tuple[bytes, bytes]:
    streams = {_STDOUT: bytearray(), _STDERR: bytearray()}
    while True:
        header = _read(sock, _HEADER.size, deadline=deadline)
        version, kind, __, size, padding = _HEADER.unpack(header)
        if version != _VERSION:
            raise BadRecord("the answer is not FastCGI")
        content = _read(sock, size + padding, deadline=deadline)[:size]
        if kind == _END:
            return bytes(streams[_STDOUT]), bytes(streams[_STDERR])
        if kind in streams:
            streams[kind] += content
        if sum(map(len, streams.values())) > max_bytes:
            raise BadRecord(f"the answer is longer than {max_bytes} bytes")


def _read(sock: socket.socket, size: int, *, deadline: float) -> bytes:
    blocks = bytearray()
    while len(blocks) < size:
        _limit(sock, deadline)
        block = sock.recv(size - len(blocks))
        if not block:
            raise ConnectionError(_("the answer broke off"))
        blocks += block
    return bytes(blocks)


def _limit(sock: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError(_("the deadline passed"))
    sock.settimeout(left)


def _split(out: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a CGI answer (RFC 3875 section 6)."""
    head, found, body = out.partition(b"\r\n\r\n")
    if not found:
        raise BadRecord("the answer has no end of headers")
    headers = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, __, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    status = headers.get("status", "200").split()[0]
    if not status.isdecimal():
        raise BadRecord("the answer has no readable status")
    return int(status), headers, body
