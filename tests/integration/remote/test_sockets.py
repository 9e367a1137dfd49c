"""Sockets of a server through its SSH connection: real ones, and a sentence when there is none."""

import contextlib
import os
import select
import socket
import socketserver
import threading
import time

import pytest

from deployments.remote.faults import ConnectionLost, DoorUnusable, ForwardingRefused
from deployments.remote.ssh import Connection
from tests.integration.remote.conftest import host_of
from tests.sandbox.daemons import free_port

FORBIDDING = ["AllowTcpForwarding no", "AllowStreamLocalForwarding no", "DisableForwarding yes"]


class Echo(socketserver.BaseRequestHandler):
    """Sends everything back, then says goodbye when the other side has finished writing."""

    def handle(self):
        with contextlib.suppress(OSError):
            while block := self.request.recv(65536):
                self.request.sendall(block)
            self.request.sendall(b"bye")


class Deaf(socketserver.BaseRequestHandler):
    """A busy worker: neither answers nor notices that nobody waits any more."""

    def handle(self):
        self.server.is_over.wait(30)


class UnixEcho(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class TcpEcho(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture(scope="module")
def echo_path(folder):
    """A unix socket that the account may use."""
    path = str(folder / "echo ünï 'x'.sock")
    with UnixEcho(path, Echo) as server:
        os.chmod(path, 0o666)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield path
        server.shutdown()


@pytest.fixture(scope="module")
def echo_port():
    with TcpEcho(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(params=["unix", "tcp"])
def address(request, echo_path, echo_port):
    return echo_path if request.param == "unix" else f"127.0.0.1:{echo_port}"


def test_a_socket_behaves_like_a_local_one(connection, address):
    """5 MB there and back, timeouts, select, and an end of writing that is not a hang-up."""
    sent, received = os.urandom(5_000_000), bytearray()
    with connection.open_socket(address) as sock:
        assert isinstance(sock, socket.socket)
        sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(30)
        threading.Thread(target=lambda: (sock.sendall(sent), sock.shutdown(socket.SHUT_WR))).start()
        assert select.select([sock], [], [], 10)[0]
        while block := sock.recv(65536):
            received += block
    assert bytes(received) == sent + b"bye"


def test_many_sockets_can_be_opened_from_many_threads(connection, address):
    """Each has its own channel; nothing is mixed up."""
    results = []

    def ask(number: int) -> None:
        with connection.open_socket(address) as sock:
            sock.sendall(b"%d" % number)
            sock.shutdown(socket.SHUT_WR)
            with sock.makefile("rb") as answer:
                results.append(answer.read() == b"%dbye" % number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [True] * 20


def test_hanging_up_frees_channel_and_threads_at_once(connection):
    """A request that was given up is not kept until a busy worker gets round to it."""
    with TcpEcho(("127.0.0.1", 0), Deaf) as server:
        server.is_over = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for _ in range(5):
            connection.open_socket(f"127.0.0.1:{server.server_address[1]}").close()
        until = time.monotonic() + 3
        while time.monotonic() < until and (pumps() or connection._transport._channels.values()):
            time.sleep(0.02)
        assert (pumps(), connection._transport._channels.values()) == ([], [])
        server.is_over.set()
        server.shutdown()


def pumps() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "ssh-forward"]


def test_a_lost_connection_ends_its_sockets(host, sshd, echo_path):
    """The reader sees an end, not silence."""
    with Connection.open(host) as connection, connection.open_socket(echo_path) as sock:
        sshd.drop_connections()
        sock.settimeout(5)
        assert sock.recv(1) == b""
        with pytest.raises(ConnectionLost):
            connection.open_socket(echo_path)


def test_a_connection_that_ends_under_open_sockets_leaves_no_broken_thread(
        host, echo_path, monkeypatch):
    """What carries a socket's bytes sees the end in any call it makes, and ends itself."""
    broken = []
    monkeypatch.setattr(threading, "excepthook", broken.append)
    for _ in range(15):
        with Connection.open(host) as connection:
            socks = [connection.open_socket(echo_path) for _ in range(6)]
            writers = [threading.Thread(target=write_on, args=(sock,), daemon=True)
                       for sock in socks]
            for writer in writers:
                writer.start()
            time.sleep(0.02)
        for sock in socks:
            sock.close()
        for writer in writers:
            writer.join(10)
    until = time.monotonic() + 5
    while pumps() and time.monotonic() < until:
        time.sleep(0.02)
    assert (broken, pumps()) == ([], [])


def write_on(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(b"x" * 4096)


def test_missing_dead_and_forbidden_sockets_are_told_apart(connection, folder):
    """The sentence says which of the four it is, and what to do."""
    dead, plain, locked = (str(folder / name) for name in ("dead.sock", "plain", "locked.sock"))
    open(plain, "w").close()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(dead)
        os.chmod(dead, 0o666)
    expected = {
        "/no/such.sock": "does not exist",
        plain: "is not a socket",
        dead: "nothing listens on it; start PHP-FPM",
        f"127.0.0.1:{free_port()}": "nothing answers there",
    }
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(locked)
        listener.listen()
        os.chmod(locked, 0o600)
        if os.getuid() == 0:
            expected[locked] = "member of the socket's group"
        for address, told in expected.items():
            with pytest.raises(DoorUnusable, match=told) as caught:
                connection.open_socket(address)
            assert str(caught.value).startswith("web-1 cannot open ")
            assert address in str(caught.value)


@pytest.mark.parametrize("has_forwarded", [False, True])
def test_a_full_queue_is_waited_for_and_then_named(host, folder, echo_path, has_forwarded):
    """A pool whose workers are all busy is not taken for a forbidden one, and may recover."""
    path = str(folder / f"full-{has_forwarded}.sock")
    with (
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as waiting,
        Connection.open(host) as connection,
    ):
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen(0)
        waiting.connect(path)
        if has_forwarded:
            connection.open_socket(echo_path).close()
        with pytest.raises(DoorUnusable, match="its queue is full, all workers are busy"):
            connection.open_socket(path)
        threading.Timer(0.5, listener.accept).start()
        connection.open_socket(path).close()


@pytest.mark.parametrize("option", FORBIDDING)
def test_forbidden_forwarding_is_named_as_such(start_sshd, option, echo_path, echo_port):
    """OpenSSH calls a forbidden unix socket "connect failed"; we look, and say what to change."""
    daemon = start_sshd(option.split()[0], options=[option])
    with Connection.open(host_of(daemon)) as connection:
        if "StreamLocal" not in option:
            with pytest.raises(ForwardingRefused, match="AllowTcpForwarding"):
                connection.open_socket(f"127.0.0.1:{echo_port}")
        if "Tcp" not in option:
            with pytest.raises(ForwardingRefused, match="AllowStreamLocalForwarding"):
                connection.open_socket(echo_path)
        assert connection.run(["true"], timeout_s=60).ok


def test_a_key_restricted_to_forwarding_still_opens_sockets(start_sshd, echo_path):
    """The least privilege that the FastCGI door needs is enough for it."""
    daemon = start_sshd("restricted")
    keys = daemon.folder / "authorized_keys"
    keys.write_text('restrict,port-forwarding,command="/bin/false" ' + keys.read_text())
    with Connection.open(host_of(daemon)) as connection:
        connection.open_socket(echo_path).close()
        with pytest.raises(DoorUnusable, match=r"not running there, or .* forbids|does not exist"):
            connection.open_socket("/no/such.sock")
