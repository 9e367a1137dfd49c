"""What stands in for systemd: a program that reloads and restarts this sandbox's daemons by name.

`sudo PROGRAM reload php8.2-fpm` reaches the process that started the daemons over a socket that
root alone may use. As with systemd, `reload` returns before the reload has happened, and `restart`
once the service is up again.
"""

import contextlib
import json
import os
import secrets
import signal
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.sandbox.keeper import Keeper

SUDOERS = Path("/etc/sudoers.d")
NOT_FOUND = 5  # systemctl(1), "Exit status"
PROGRAM = """#!/usr/bin/python3 -IS
import json, socket, sys
with socket.socket(socket.AF_UNIX) as door:
    door.connect({door!r})
    door.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
    code, text = json.loads(door.makefile().readline())
sys.stderr.write(text)
sys.exit(code)
"""


class Services:
    """`with Services(folder) as services:` answers to `services.program` until the block ends.

    `add` names a daemon; `calls` are the (verb, service) that were carried out; `allow` installs
    lines of sudoers. `folder` must be open to the account that calls the program.
    """

    def __init__(self, folder: Path):
        self.program = folder / "service-manager"
        self.calls: list[tuple[str, str]] = []
        self._door = folder / "services.sock"
        self._known: dict[str, dict[str, Callable[[], object]]] = {}
        self._allowed: Path | None = None
        self._keeper: Keeper | None = None
        self._server: socketserver.ThreadingUnixStreamServer | None = None

    def add(self, service: str, *, reload: Callable[[], object], restart: Callable[[], object]):
        """Let `service` be reloaded and restarted by these calls; returns self."""
        self._known[service] = {"reload": reload, "restart": restart}
        return self

    def allow(self, lines: Iterable[str]) -> Path:
        """Install these lines of sudoers in a file of their own; AssertionError when not valid."""
        self.forbid()
        path = SUDOERS / f"releasemgr-{secrets.token_hex(6)}"
        draft = self.program.with_name("sudoers")
        draft.touch(mode=0o440)
        draft.write_text("".join(f"{line}\n" for line in lines))
        checked = subprocess.run(["visudo", "-c", "-f", str(draft)], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr + checked.stdout
        self._allowed, self._keeper = path, Keeper()
        self._keeper.mind("file", path)
        path.touch(mode=0o440)
        path.write_text(draft.read_text())
        draft.unlink()
        return path

    def forbid(self) -> None:
        """Take the lines of `allow` away; a second call does nothing."""
        if self._allowed:
            self._allowed.unlink(missing_ok=True)
            self._keeper.close()
            self._allowed = self._keeper = None

    def start(self) -> "Services":
        self.program.write_text(PROGRAM.format(door=str(self._door)))
        self.program.chmod(0o755)
        self._server = _Server(str(self._door), _Call)
        self._server.carry_out = self._carry_out
        self._door.chmod(0o600)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.forbid()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _carry_out(self, words: list[str]) -> tuple[int, str]:
        verb, service = [*words, "", ""][:2]
        if len(words) != 2 or verb not in ("reload", "restart"):
            return 1, "Unknown command verb.\n"
        if service not in self._known:
            return NOT_FOUND, f"Failed to {verb} {service}: Unit {service} not found.\n"
        self.calls.append((verb, service))
        try:
            self._known[service][verb]()
        except Exception as problem:
            return 1, f"Job for {service} failed: {problem}\n"
        return 0, ""

    def __enter__(self) -> "Services":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    carry_out: Callable[[list[str]], tuple[int, str]]


class _Call(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        answer = self.server.carry_out(json.loads(self.rfile.readline()))
        with contextlib.suppress(BrokenPipeError):
            self.wfile.write(json.dumps(answer).encode() + b"\n")


def services_of(host, *, fpm: str = "php-fpm", nginx: str = "nginx") -> Services:
    """Return Services, not started yet, that know a WebHost's PHP-FPM and nginx or Apache.

    As Debian's units do: PHP-FPM is reloaded by SIGUSR2 and stopped by SIGTERM, nginx is reloaded
    by SIGHUP, Apache by SIGUSR1 after a test of its configuration.
    """
    services = Services(host.folder)
    if host.apache:
        services.add("apache2", reload=lambda: host.apache.reload(),
                     restart=lambda: (host.apache.stop(), host.apache.start()))
    services.add(fpm, reload=lambda: host.fpm.reload(wait=False),
                 restart=lambda: (host.stop_fpm(), host.start_fpm()))
    return services.add(nginx, reload=lambda: os.kill(host.nginx.pid, signal.SIGHUP),
                        restart=lambda: (host.nginx.stop(), host.nginx.start()))
