"""One command on a session channel: input fed, both outputs drained, limits kept."""

import select
import threading
import time
from typing import BinaryIO

import paramiko
from django.utils.translation import gettext as _

from deployments.remote.faults import ConnectionLost, LoginRefused
from deployments.remote.output import Deadline, Output
from deployments.remote.ssh_pulse import Pulse

BLOCK = 256 * 1024
LOOK_EVERY_MS = 200
# Background children may hold the output open after the command itself has ended.
LINGER_S = 2.0


class RemoteCommand:
    """Runs one line; everything that may block in paramiko happens in the feeder's thread."""

    def __init__(self, session: paramiko.Channel, *, server: str, output: Output):
        self.session, self.server, self.output = session, server, output
        self._refused = False
        self._input_error: Exception | None = None

    def run(
        self,
        line: str,
        *,
        stdin: BinaryIO | None,
        stdout: BinaryIO | None,
        deadline: Deadline,
        pulse: Pulse,
    ) -> int | None:
        """Return the exit code, None when the server did not tell it."""
        threading.Thread(target=self._feed, args=(line, stdin), daemon=True).start()
        try:
            self._follow(stdout, deadline=deadline, pulse=pulse)
        finally:
            self.session.close()
        if self._input_error:
            raise self._input_error
        if self.session.exit_status >= 0:
            return self.session.exit_status
        if not pulse.beat():
            raise lost(self.server)
        if self._refused:
            raise LoginRefused(
                _("{server} let us in but runs no commands for this account; give it a shell and a "
                  "key without restrictions.").format(server=self.server),
                server=self.server,
            )
        return None

    def _feed(self, line: str, stdin: BinaryIO | None) -> None:
        try:
            self.session.exec_command(line)
        except (paramiko.SSHException, EOFError, OSError):
            self._refused = True
            self.session.close()
            return
        try:
            while stdin and (block := stdin.read(BLOCK)):
                self.session.sendall(block)
                self.output.touch()
        except Exception as error:
            # A command that ends without reading all its input closes the channel: no error.
            if not self.session.closed and not self.session.exit_status_ready():
                self._input_error = error
                self.session.close()
        finally:
            self._end_input()

    def _end_input(self) -> None:
        try:
            self.session.shutdown_write()
        except (paramiko.SSHException, EOFError, OSError):
            self.session.close()

    def _follow(self, stdout: BinaryIO | None, *, deadline: Deadline, pulse: Pulse) -> None:
        session, waiting = self.session, select.poll()
        waiting.register(session.fileno(), select.POLLIN)
        while True:
            moved = self._drain(stdout)
            if moved:
                deadline.check()
                continue
            if session.closed or (session.exit_status_ready() and self._is_quiet()):
                self._drain(stdout)
                return
            if pulse.is_lost():
                raise lost(self.server)
            deadline.check()
            if session.eof_received:
                # The poll would return at once from now on; what is missing is the exit status.
                session.status_event.wait(0.05)
                time.sleep(0.005 if session.exit_status_ready() else 0)
            else:
                waiting.poll(LOOK_EVERY_MS)

    def _is_quiet(self) -> bool:
        return self.session.eof_received or time.monotonic() - self.output.heard_at > LINGER_S

    def _drain(self, stdout: BinaryIO | None) -> bool:
        moved = False
        if self.session.recv_ready():
            block, moved = self.session.recv(BLOCK), True
            if stdout is None:
                self.output.out(block)
            else:
                stdout.write(block)
                self.output.touch()
        if self.session.recv_stderr_ready():
            self.output.err(self.session.recv_stderr(BLOCK))
            moved = True
        return moved


def lost(server: str) -> ConnectionLost:
    """Return the fault for a connection that ended under a running command."""
    return ConnectionLost(
        _("The connection to {server} was lost while a command ran: it may have finished or not, "
          "so look at the server before going on.").format(server=server),
        server=server,
    )
