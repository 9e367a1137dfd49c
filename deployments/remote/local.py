"""The same interface as ssh.Connection, on this machine and, when we are root, as another user."""

import contextlib
import os
import pwd
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from deployments.remote import scripts
from deployments.remote.faults import DoorUnusable, TimedOut
from deployments.remote.output import Deadline, Output, Result
from deployments.remote.ssh_forward import split_address

BLOCK = 256 * 1024
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SERVER = "this machine"
# What left the session may hold our pipes open after everything else was ended.
LINGER_S = 1.0


class LocalConnection:
    """Runs as `user` (default: as we are) with a minimal environment, nothing of ours in it.

    Each command is a session of its own, and all of its process group is killed at the end, also
    after success: nothing started by a build or a script outlives it.
    """

    def __init__(self, user: str | None = None, *, env: Mapping[str, str] | None = None):
        self._account = pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())
        self._env = _environment(self._account) | dict(env or {})
        self.commands = 0

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
            argv,
            stdin=stdin or BytesIO(script),
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
        """Run one program; exit code 127 when it is missing, 126 when it cannot be started,
        None when a signal ended it."""
        return self._run(
            argv,
            stdin=stdin,
            stdout=stdout,
            output=Output(on_line=on_line),
            timeout_s=timeout_s,
            silence_s=silence_s,
        )

    def open_socket(self, address: str, *, timeout_s: float = 10) -> socket.socket:
        """Return a socket joined to "/path.sock" or "host:port"."""
        place = split_address(address)
        try:
            if place:
                return socket.create_connection(place, timeout_s)
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(timeout_s)
            try:
                sock.connect(address)
            except BaseException:
                sock.close()
                raise
            return sock
        except TimeoutError:
            raise TimedOut(
                _("{address} did not answer within {timeout_s:g} s.").format(
                    address=address, timeout_s=timeout_s), server=SERVER
            ) from None
        except OSError as error:
            raise DoorUnusable(
                _("{server} cannot open {address}: {why}.").format(
                    server=SERVER, address=address, why=error.strerror or error), server=SERVER
            ) from None

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        """Do nothing: each command has ended all of its processes."""

    def _run(self, argv, *, stdin, stdout, output, timeout_s, silence_s) -> Result:
        deadline = Deadline(
            output,
            server=SERVER,
            timeout_s=timeout_s,
            silence_s=silence_s,
            aftermath=_("was ended"),
        )
        self.commands += 1
        try:
            process = self._start(argv, has_input=stdin is not None)
        except OSError as error:
            output.err(f"{argv[0]}: {error.strerror or error}\n".encode())
            return output.result(127 if isinstance(error, FileNotFoundError) else 126)
        feeder = _Feeder(process, stdin, output)
        try:
            _follow(process, stdout, output=output, deadline=deadline)
        finally:
            _end(process)
            process.stdout.close()
            process.stderr.close()
        feeder.finish()
        return output.result(process.returncode if process.returncode >= 0 else None)

    def _start(self, argv: Sequence[str], *, has_input: bool) -> subprocess.Popen:
        account = self._account
        other = {}
        if account.pw_uid != os.getuid():
            groups = os.getgrouplist(account.pw_name, account.pw_gid)
            other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._env,
            cwd=account.pw_dir if Path(account.pw_dir).is_dir() else "/",
            start_new_session=True,
            umask=0o022,
            **other,
        )

    def __enter__(self) -> "LocalConnection":
        return self

    def __exit__(self, *exc_info) -> None:
        self.close()


class _Feeder:
    """Writes the input from a thread of its own, so that output is drained meanwhile."""

    def __init__(self, process: subprocess.Popen, stdin: BinaryIO | None, output: Output):
        self._process, self._stdin, self._output = process, stdin, output
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._feed, daemon=True)
        if stdin is not None:
            self._thread.start()

    def finish(self) -> None:
        """Raise what reading the input raised; a command need not read all of its input."""
        if self._stdin is not None:
            self._thread.join(LINGER_S)
        if self._error:
            raise self._error

    def _feed(self) -> None:
        try:
            while block := self._stdin.read(BLOCK):
                self._process.stdin.write(block)
                self._output.touch()
        except BrokenPipeError:
            pass
        except Exception as error:
            self._error = error
            _end(self._process)
        finally:
            with contextlib.suppress(OSError):
                self._process.stdin.close()


def _environment(account: pwd.struct_passwd) -> dict[str, str]:
    return {
        "PATH": SEARCH_PATH,
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
    }


def _follow(process, stdout: BinaryIO | None, *, output: Output, deadline: Deadline) -> None:
    """Drain both outputs until the process has ended and its group with it."""
    takes = {process.stdout: _into(stdout, output), process.stderr: output.err}
    ended_at = None
    with selectors.DefaultSelector() as waiting:
        for pipe in takes:
            waiting.register(pipe, selectors.EVENT_READ)
        while waiting.get_map():
            for key, __ in waiting.select(0.05):
                if block := os.read(key.fd, BLOCK):
                    takes[key.fileobj](block)
                else:
                    waiting.unregister(key.fileobj)
            if ended_at is None:
                deadline.check()
                if process.poll() is not None:
                    ended_at = time.monotonic()
                    _end(process)
            elif time.monotonic() - ended_at > LINGER_S:
                return
    while process.poll() is None:
        deadline.check()
        time.sleep(0.005)


def _into(stdout: BinaryIO | None, output: Output) -> Callable[[bytes], None]:
    if stdout is None:
        return output.out

    def take(block: bytes) -> None:
        stdout.write(block)
        output.touch()

    return take


def _end(process: subprocess.Popen) -> None:
    """Kill the whole group, then collect the process; the group outlives its leader."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
