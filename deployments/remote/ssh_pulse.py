"""Notices that the other side is gone although the connection still looks open.

A network black hole closes nothing: paramiko would wait for ever, its keepalive counts no misses.
So every few seconds we ask for a session channel and expect any byte back. What arrives for other
reasons counts too, so a slow line full of our own upload is not taken for a dead one.
"""

import threading
import time

import paramiko

from deployments.remote.ssh_socket import Wire

# Together below 15 seconds, the time within which a black hole has to be noticed.
EVERY_S = 5.0
LIMIT_S = 9.0


class Pulse:
    """Pings one transport from a thread of its own until the transport ends."""

    def __init__(self, transport: paramiko.Transport, wire: Wire):
        self._transport, self._wire = transport, wire
        self._asked_at: float | None = None
        self._over = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="ssh-pulse", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def is_lost(self) -> bool:
        """Return whether the connection ended or an open question got no byte for LIMIT_S."""
        asked_at = self._asked_at
        if not self._transport.is_active():
            return True
        if asked_at is None:
            return False
        return time.monotonic() - max(asked_at, self._wire.heard_at) > LIMIT_S

    def beat(self, *, limit_s: float = LIMIT_S) -> bool:
        """Ask now; return whether the server answered (a refusal is an answer) in time."""
        asked_at = time.monotonic()
        try:
            self._transport.open_session(timeout=limit_s).close()
        except paramiko.ChannelException:
            pass
        except (paramiko.SSHException, EOFError, OSError):
            return self._transport.is_active() and self._wire.heard_at > asked_at
        return True

    def _run(self) -> None:
        while not self._over.wait(EVERY_S) and self._transport.is_active():
            # Written down before asking: sending alone may block for ever in a full buffer.
            self._asked_at = time.monotonic()
            while not self.beat():
                if self.is_lost() or self._over.is_set():
                    self._transport.close()
                    return
            self._asked_at = None
