"""FastCGI record by record, against a peer on the other end of a socket pair."""

import contextlib
import socket
import struct
import threading
import time

import pytest

from deployments.remote import fastcgi


def record(kind: int, content: bytes, padding: int = 0) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), padding) + content + b"\0" * padding


END = record(3, b"\0" * 8)


class Peer:
    """Reads a whole request, keeps it, answers with fixed bytes and hangs up."""

    def __init__(self, *answer: bytes, pause_s: float = 0):
        self.answer, self.pause_s, self.received = answer, pause_s, b""
        self.ours, self.theirs = socket.socketpair()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        with self.theirs, contextlib.suppress(OSError):  # the test may hang up at any time
            while not self.received.endswith(record(5, b"")):
                block = self.theirs.recv(65536)
                if not block:
                    return
                self.received += block
            for block in self.answer:
                self.theirs.sendall(block)
                time.sleep(self.pause_s)

    def ask(self, params=None, body=b"", *, limit_s=60, max_bytes=1_000_000):
        until = time.monotonic() + limit_s
        with self.ours:
            return fastcgi.request(
                self.ours, params or {"A": "b"}, body, deadline=until, max_bytes=max_bytes
            )

    def stream(self, kind: int) -> bytes:
        """Return what the client sent on one of its streams."""
        self.thread.join()
        found, rest = b"", self.received
        while rest:
            _, this, _, size, padding = struct.unpack(">BBHHBx", rest[:8])
            found += rest[8 : 8 + size] if this == kind else b""
            rest = rest[8 + size + padding :]
        return found


def test_an_answer_in_pieces_with_padding_is_put_together():
    """Records may be cut anywhere; stderr is kept apart."""
    answer = b"Status: 404 Not Found\r\nX-A: b: c\r\n\r\nbody"
    whole = record(6, answer[:10], 6) + record(7, b"warn") + record(6, answer[10:]) + END
    peer = Peer(*[whole[at : at + 3] for at in range(0, len(whole), 3)])
    status, headers, body, stderr = peer.ask()
    assert (status, headers["x-a"], body, stderr) == (404, "b: c", b"body", b"warn")


def test_a_missing_status_means_success():
    """RFC 3875: a script without a Status header answered 200."""
    assert Peer(record(6, b"A: b\r\n\r\n") + END).ask()[0] == 200


def test_long_values_and_bodies_are_sent_whole():
    """Lengths above 127 use four bytes, streams above 64 KiB several records."""
    peer = Peer(record(6, b"A: b\r\n\r\n") + END)
    peer.ask({"SHORT": "x", "LONG": "ü" * 1000}, b"z" * 200_000)
    long = struct.pack(">I", 2000 | 0x80000000)
    expected = b"\x05\x01SHORTx" + b"\x04" + long + b"LONG" + "ü".encode() * 1000
    assert peer.stream(4) == expected
    assert peer.stream(5) == b"z" * 200_000


@pytest.mark.parametrize("name", ["PHP_VALUE", "PHP_ADMIN_VALUE"])
def test_settings_that_would_stay_in_the_worker_are_never_sent(name):
    """They stay in force for the worker's next visitors (measured)."""
    with pytest.raises(ValueError, match="next visitors"):
        Peer().ask({name: "memory_limit=1G"})


def test_a_slow_drip_ends_at_the_deadline():
    """One byte at a time does not extend the total deadline."""
    started_at = time.monotonic()
    with pytest.raises(TimeoutError):
        Peer(*[b"\1"] * 600, pause_s=0.1).ask(limit_s=0.5)  # a minute
    assert time.monotonic() - started_at < 30
    with pytest.raises(TimeoutError, match="deadline"):
        Peer().ask(limit_s=-1)


def test_an_answer_without_end_is_cut_off():
    """More than the cap is an error, not memory."""
    with pytest.raises(fastcgi.BadRecord, match="longer"):
        Peer(*[record(6, b"x" * 50_000)] * 50).ask(max_bytes=100_000)


def test_another_protocol_and_a_broken_answer_are_told_apart():
    """A web server on this socket is not taken for PHP; a hang-up is a connection error."""
    with pytest.raises(fastcgi.BadRecord, match="not FastCGI"):
        Peer(b"HTTP/1.1 400 Bad Request\r\n\r\n").ask()
    with pytest.raises(ConnectionError):
        Peer(record(6, b"A: b")).ask()
    with pytest.raises(fastcgi.BadRecord, match="end of headers"):
        Peer(record(6, b"no headers") + END).ask()
