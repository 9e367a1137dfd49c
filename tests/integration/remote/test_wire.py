"""The TCP options that take 40 ms stalls away, on a real connection."""

import socket
import time

import pytest

from deployments.remote.ssh_socket import Wire, connect


@pytest.fixture
def pair():
    """Our end and the other end of one TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = connect("127.0.0.1", port=server.getsockname()[1], timeout_s=5)
        theirs, _ = server.accept()
        with ours, theirs:
            yield ours, theirs


def test_what_is_sent_goes_out_at_once(pair):
    """Nagle's algorithm is off."""
    ours, _ = pair
    Wire(ours)
    assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_quick_acknowledgement_is_armed_again_before_each_receive(pair):
    """The kernel takes the option back by itself, so once is not enough."""
    ours, theirs = pair
    wire = Wire(ours)
    for _ in range(3):
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        theirs.sendall(b"x")
        assert wire.recv(1) == b"x"
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)


def test_it_knows_when_the_other_side_was_last_heard(pair):
    """Any byte counts; silence and the end do not."""
    ours, theirs = pair
    wire = Wire(ours)
    wire.heard_at = 0
    wire.settimeout(0.05)
    with pytest.raises(TimeoutError):
        wire.recv(1)
    assert wire.heard_at == 0
    theirs.sendall(b"x")
    wire.recv(1)
    heard_at = wire.heard_at
    assert time.monotonic() - heard_at < 5
    theirs.close()
    assert wire.recv(1) == b""
    assert wire.heard_at == heard_at
