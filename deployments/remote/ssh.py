"""One SSH connection to one server: commands, scripts, sockets.

Only the ssh*.py files import paramiko.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import BinaryIO

import paramiko
from django.utils.translation import gettext as _

from deployments.remote import scripts, ssh_forward, ssh_login, ssh_refusal
from deployments.remote.faults import ConnectionLost, TimedOut, Unreachable
from deployments.remote.host import Host
from deployments.remote.output import Deadline, Output, Result
from deployments.remote.ssh_command import RemoteCommand
from deployments.remote.ssh_pulse import Pulse
from deployments.remote.ssh_socket import Wire

KEEPALIVE_S = 15
CHANNEL_S = 10
BUSY_S, BUSY_PAUSE_S = 2.0, 0.1


class Connection:
    """A logged-in connection; use it in `with`. open_socket may be called from several threads
    at once, run and run_script from one at a time."""

    def __init__(self, host: Host, transport: paramiko.Transport, *, wire: Wire, below=None):
        self.host, self.commands = host, 0
        self._transport, self._below = transport, below
        self._opening, self._has_forwarded = threading.Lock(), False
        transport.set_keepalive(KEEPALIVE_S)
        self._pulse = Pulse(transport, wire)
        self._pulse.start()

    @classmethod
    def open(cls, host: Host, *, connect_timeout_s: float = 10) -> Connection:
        """Connect (through the jump host, if any), compare the pinned key, log in."""
        ssh_login.require_pin(host)
        transport, wire, below = _encrypted(host, timeout_s=connect_timeout_s)
        try:
            ssh_login.check_host_key(host, transport)
            ssh_login.log_in(host, transport)
        except BaseException:
            _close(transport, below)
            raise
        return cls(host, transport, wire=wire, below=below)

    def run_script(
        self,
        name: str,
        *args: object,
        stdin: BinaryIO | None = None,
        timeout_s: float,
        silence_s: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Run scripts/`name` with these arguments; its answers are in `Result.values`.

        `stdin` is for a script that receives data.
        """
        mark = scripts.new_mark()
        argv, script = scripts.start(name, args, mark=mark, has_input=stdin is not None)
        return self._run(
            scripts.command_line(argv),
            stdin=stdin or io.BytesIO(script),
            stdout=None,
            output=Output(mark=mark, on_line=on_line),
            timeout_s=timeout_s,
            silence_s=silence_s,
        )

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: BinaryIO | None = None,
        stdout: BinaryIO | None = None,
        timeout_s: float,
        silence_s: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Run one program with exactly these arguments, whatever the login shell is.

        `stdout` receives the raw bytes; without it they are in `Result.lines`.
        """
        return self._run(
            scripts.command_line(argv),
            stdin=stdin,
            stdout=stdout,
            output=Output(on_line=on_line),
            timeout_s=timeout_s,
            silence_s=silence_s,
        )

    def open_socket(self, address: str, *, timeout_s: float = 10) -> socket.socket:
        """Return a socket joined to "/path.sock" or "host:port" as the server sees it.

        A unix socket with a full queue refuses at once, so a refusal is tried again for a while.
        """
        until = time.monotonic() + BUSY_S
        while True:
            try:
                channel = self._open_channel(address, timeout_s=timeout_s)
            except ssh_forward.NotOpened as refusal:
                if not refusal.may_pass or time.monotonic() > until:
                    raise ssh_refusal.explain(
                        self, address, refusal, has_forwarded=self._has_forwarded
                    ) from None
                time.sleep(BUSY_PAUSE_S)
            else:
                self._has_forwarded = True
                return ssh_forward.as_socket(channel)

    def _open_channel(self, address: str, *, timeout_s: float) -> paramiko.Channel:
        server = self.host.name
        # One at a time: paramiko keeps one place for the reason why a channel was refused.
        if not self._opening.acquire(timeout=timeout_s):
            raise TimedOut(_("{server} did not open {address} in time.").format(
                server=server, address=address), server=server)
        try:
            return ssh_forward.open_channel(self._transport, address, timeout_s=timeout_s)
        except TimeoutError:
            raise TimedOut(
                _("{server} did not open {address} within {timeout_s:g} s; is it "
                  "overloaded?").format(server=server, address=address, timeout_s=timeout_s),
                server=server,
            ) from None
        except EOFError:
            raise self._gone() from None
        finally:
            self._opening.release()

    def alive(self) -> bool:
        """Return whether the server answers on this connection right now."""
        return not self._pulse.is_lost() and self._pulse.beat()

    def close(self) -> None:
        self._pulse.stop()
        _close(self._transport, self._below)

    def _run(self, line, *, stdin, stdout, output, timeout_s, silence_s) -> Result:
        server = self.host.name
        deadline = Deadline(output, server=server, timeout_s=timeout_s, silence_s=silence_s)
        self.commands += 1
        session = self._open_session()
        command = RemoteCommand(session, server=server, output=output)
        try:
            exit_code = command.run(
                line, stdin=stdin, stdout=stdout, deadline=deadline, pulse=self._pulse
            )
        except ConnectionLost:
            self.close()
            raise
        return output.result(exit_code)

    def _open_session(self) -> paramiko.Channel:
        try:
            return self._transport.open_session(timeout=CHANNEL_S)
        except paramiko.ChannelException:
            raise Unreachable(
                _("{host} opens no more sessions on this connection; raise MaxSessions in its "
                  "sshd_config.").format(host=self.host.name),
                server=self.host.name,
            ) from None
        except (paramiko.SSHException, EOFError, OSError):
            self.close()
            raise self._gone() from None

    def _gone(self) -> ConnectionLost:
        server = self.host.name
        return ConnectionLost(_("The connection to {server} was lost; try again.").format(
            server=server), server=server)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exc_info) -> None:
        self.close()


def fetch_host_key(host: Host, *, timeout_s: float = 10) -> str:
    """Return the key line the server shows, to be looked at and confirmed; nobody logs in."""
    if host.jump:
        ssh_login.require_pin(host.jump)
    transport, __, below = _encrypted(host, timeout_s=timeout_s)
    try:
        return ssh_login.shown_key(transport)
    finally:
        _close(transport, below)


def _encrypted(host: Host, *, timeout_s: float):
    """Return (transport, wire, the jump host's Connection or None); nobody is logged in yet."""
    below = Connection.open(host.jump, connect_timeout_s=timeout_s) if host.jump else None
    try:
        if below:
            wire = Wire(_through(below, host, timeout_s=timeout_s))
        else:
            wire = ssh_login.reach(host, timeout_s=timeout_s)
        return ssh_login.negotiate(host, wire, timeout_s=timeout_s), wire, below
    except BaseException:
        if below:
            below.close()
        raise


def _through(below: Connection, host: Host, *, timeout_s: float) -> paramiko.Channel:
    place = f"{host.address}:{host.port}"
    try:
        return ssh_forward.open_channel(below._transport, place, timeout_s=timeout_s)
    except ssh_forward.NotOpened as refusal:
        if refusal.prohibited:
            raise ssh_refusal.forbidden(below.host.name, place) from None
        reason = _("cannot be reached")
    except TimeoutError:
        reason = _("did not answer within {timeout_s:g} s").format(timeout_s=timeout_s)
    except EOFError:
        reason = _("was cut off")
    raise Unreachable(
        _("{host} ({place}) {reason} from the jump host {jump}; check the address.").format(
            host=host.name, place=place, reason=reason, jump=below.host.name),
        server=host.name,
    )


def _close(transport: paramiko.Transport, below: Connection | None) -> None:
    # Closing sends a last message, which fails on a connection that is already broken.
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        transport.close()
    if below:
        below.close()
