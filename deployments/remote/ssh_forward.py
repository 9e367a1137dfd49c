"""Sockets of a server - PHP-FPM's, nginx's, another machine's SSH - through its SSH connection.

paramiko has no helper for `direct-streamlocal@openssh.com` (OpenSSH's PROTOCOL, section 2.4), so
its channel-open message is built here by hand.
"""

import contextlib
import select
import socket
import threading
import time

import paramiko
from django.utils.translation import gettext as _
from paramiko.common import DEFAULT_MAX_PACKET_SIZE, DEFAULT_WINDOW_SIZE, cMSG_CHANNEL_OPEN

BLOCK = 64 * 1024
PROHIBITED = 1  # RFC 4254 section 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED


class NotOpened(Exception):
    """The server refused the channel; `prohibited` when its configuration forbids forwarding.

    For unix sockets OpenSSH answers "connect failed" in each case, also when only the socket's
    queue is full: that `may_pass`.
    """

    def __init__(self, *, prohibited: bool, is_unix: bool):
        super().__init__(_("forwarding prohibited") if prohibited else _("connect failed"))
        self.prohibited, self.may_pass = prohibited, is_unix and not prohibited


def split_address(address: str) -> tuple[str, int] | None:
    """Return (host, port) of "host:port" or "[v6]:port"; None for the path of a unix socket."""
    if address.startswith("/"):
        return None
    host, __, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"{address!r} is neither an absolute socket path nor host:port")
    return host.strip("[]"), int(port)


def open_channel(
    transport: paramiko.Transport, address: str, *, timeout_s: float
) -> paramiko.Channel:
    """Return a channel joined to `address` on the server; NotOpened, TimeoutError, or EOFError."""
    place = split_address(address)
    try:
        if place is None:
            return _open_streamlocal(transport, address, timeout_s=timeout_s)
        return transport.open_channel("direct-tcpip", place, ("127.0.0.1", 0), timeout=timeout_s)
    except paramiko.ChannelException as error:
        raise NotOpened(prohibited=error.code == PROHIBITED, is_unix=place is None) from None
    except paramiko.SSHException as error:
        if transport.is_active() and "Timeout" in str(error):
            raise TimeoutError(_("no answer within {timeout_s:g} s").format(
                timeout_s=timeout_s)) from None
        raise EOFError(_("the SSH connection ended")) from None


def as_socket(channel: paramiko.Channel) -> socket.socket:
    """Return a real socket (ssl, select and http.client take it) carried over the channel."""
    ours, theirs = socket.socketpair()
    for carry in (_carry_up, _carry_down):
        threading.Thread(
            target=carry, args=(theirs, channel), name="ssh-forward", daemon=True
        ).start()
    return ours


def _open_streamlocal(
    transport: paramiko.Transport, path: str, *, timeout_s: float
) -> paramiko.Channel:
    opened = threading.Event()
    with transport.lock:
        number = transport._next_channel()
        channel = paramiko.Channel(number)
        transport._channels.put(number, channel)
        transport.channel_events[number] = opened
        transport.channels_seen[number] = True
        channel._set_transport(transport)
        channel._set_window(DEFAULT_WINDOW_SIZE, DEFAULT_MAX_PACKET_SIZE)
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_OPEN)
    message.add_string("direct-streamlocal@openssh.com")
    message.add_int(number)
    message.add_int(DEFAULT_WINDOW_SIZE)
    message.add_int(DEFAULT_MAX_PACKET_SIZE)
    message.add_string(path)
    message.add_string("")  # reserved
    message.add_int(0)  # reserved
    transport._send_user_message(message)
    ends_at = time.monotonic() + timeout_s
    while not opened.wait(0.1):
        if not transport.is_active():
            raise EOFError(_("the SSH connection ended"))
        if time.monotonic() > ends_at:
            raise TimeoutError(_("no answer within {timeout_s:g} s").format(timeout_s=timeout_s))
    if not transport.is_active():  # its end sets the event too
        raise EOFError(_("the SSH connection ended"))
    if transport._channels.get(number) is not None:
        return channel
    error = transport.get_exception()
    refused = isinstance(error, paramiko.ChannelException)
    raise error if refused else NotOpened(prohibited=False, is_unix=True)


def _carry_up(sock: socket.socket, channel: paramiko.Channel) -> None:
    """Carry from us to the server until we stop writing or hang up."""
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while block := sock.recv(BLOCK):
            channel.sendall(block)
        if _hung_up(sock):
            channel.close()
        else:
            channel.shutdown_write()
        return
    # Whoever still writes gets an error and does not wait for us; what came back stays readable.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RD)
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        channel.close()


def _carry_down(sock: socket.socket, channel: paramiko.Channel) -> None:
    """Carry from the server to us until it stops writing; then nothing more can come."""
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        while block := channel.recv(BLOCK):
            sock.sendall(block)
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        channel.close()
    sock.close()


def _hung_up(sock: socket.socket) -> bool:
    """Return whether the reader closed its end, and did not only finish writing."""
    waiting = select.poll()
    try:
        waiting.register(sock, 0)
    except ValueError:
        return True  # _carry_down closed ours
    return any(event & select.POLLHUP for __, event in waiting.poll(0))
