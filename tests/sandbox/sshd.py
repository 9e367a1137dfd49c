"""A private sshd on loopback: its own host keys, configuration, authorised keys, port and log."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.sandbox.daemons import Daemon, answers, descendants, free_port, kill

SSHD = "/usr/sbin/sshd"


class Sshd:
    """One SSH server; `user` is who logs in (an Account's name), by default the caller.

    `folder` must be open to that user (daemons.open_folder): sshd reads the authorised keys as
    that user. `options` are sshd_config lines put first, and in sshd_config the first one wins.
    """

    def __init__(
        self,
        folder: Path,
        *,
        user: str | None = None,
        options: Sequence[str] = (),
        port: int | None = None,
    ):
        self.folder, self.options = folder, tuple(options)
        self.user = user or pwd.getpwuid(os.getuid()).pw_name
        self.port = port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._host_key_path = folder / "host_key"
        self._client_key_path = folder / "client_key"
        self._authorized_path = folder / "authorized_keys"
        self.log_path = folder / "sshd.log"
        self.daemon: Daemon | None = None

    @property
    def host_key(self) -> str:
        """The line to pin: `ssh-ed25519 AAAA…`."""
        return _without_comment(self._host_key_path.with_suffix(".pub").read_text())

    @property
    def private_key(self) -> str:
        """The private half, OpenSSH format, of a key that may log in as `user`."""
        return self._client_key_path.read_text()

    def authorize(self, public_key: str, *, restrictions: str = "") -> None:
        """Let one more key log in; `restrictions` is authorized_keys' option field."""
        with self._authorized_path.open("a") as keys:
            keys.write(f"{restrictions} {public_key.strip()}".strip() + "\n")
        self._authorized_path.chmod(0o644)

    def start(self) -> "Sshd":
        """Make what is missing (keys survive a restart), start, wait until the port answers."""
        if not self._host_key_path.exists():
            self.renew_host_key()
        if not self._client_key_path.exists():
            make_key(self._client_key_path)
            self.authorize(self._client_key_path.with_suffix(".pub").read_text())
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd refuses to start without it
        config = self.folder / "sshd_config"
        config.write_text(self._config())
        self.daemon = Daemon(
            [SSHD, "-D", "-e", "-f", str(config)],
            log_path=self.log_path,
            ready=lambda: answers(("127.0.0.1", self.port)),
        )
        self.daemon.start()
        return self

    def stop(self) -> None:
        """End it with every open connection and what they run."""
        if self.daemon:
            self.daemon.stop()

    def renew_host_key(self) -> None:
        """Change the server's identity; takes effect with the next start."""
        for old in (self._host_key_path, self._host_key_path.with_suffix(".pub")):
            old.unlink(missing_ok=True)
        make_key(self._host_key_path)

    @property
    def pid(self) -> int:
        return self.daemon.pid

    def connections(self) -> list[int]:
        """Return the ids of sshd's processes and of what runs below them, per open connection."""
        return descendants(self.pid)

    def drop_connections(self) -> None:
        """Kill every open connection, as a crash of the server's network process would."""
        kill(self.connections())

    def log(self) -> str:
        return self.daemon.log()

    def _config(self) -> str:
        lines = [
            *self.options,
            "ListenAddress 127.0.0.1",
            f"Port {self.port}",
            f"HostKey {self._host_key_path}",
            f"AuthorizedKeysFile {self._authorized_path}",
            f"AllowUsers {self.user}",
            "PidFile none",
            "StrictModes no",  # temporary folders lie below the world-writable /tmp
            "UsePAM no",
            "UseDNS no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
            "MaxStartups 100",
            "PrintMotd no",
            "LogLevel VERBOSE",
        ]
        return "\n".join(lines) + "\n"

    def __enter__(self) -> "Sshd":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


def make_key(path: Path, *, kind: str = "ed25519", passphrase: str = "") -> None:
    """Write a key pair to `path` and `path`.pub."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "sandbox", "-f", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def _without_comment(public_key: str) -> str:
    return " ".join(public_key.split()[:2])
