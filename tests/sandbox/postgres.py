"""A private PostgreSQL on loopback from Debian's package: own folder, own port, own password.

The package's server refuses to run as root, so root runs it as its account `postgres`. Nothing of
the machine's own clusters is read or touched.
"""

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from tests.sandbox.daemons import Daemon, NotReady, free_port, open_folder, remove_folder
from tests.sandbox.keeper import Keeper

ACCOUNT = "postgres"
SWIFT = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For tests: what is written need not outlive a power cut."""


class Postgres:
    """`with Postgres() as server: server.create("shop")` gives the URL of a new database.

    `is_durable` keeps PostgreSQL's own promises about the disk, for measurements.
    """

    def __init__(self, *, is_durable: bool = False):
        self.port = free_port()
        self.folder: Path | None = None
        self._is_durable = is_durable
        self._password = secrets.token_hex(16)
        self._daemon: Daemon | None = None
        self._keeper: Keeper | None = None

    def start(self) -> "Postgres":
        """Make the cluster and start it, in about two seconds; NotReady when it does not come."""
        self._keeper = Keeper()
        try:
            self.folder = open_folder("releasemgr-postgres-")
            self._keeper.mind("folder", self.folder)
            self._make_cluster()
            options = [f"port={self.port}", "listen_addresses=127.0.0.1", "max_connections=100",
                       "unix_socket_directories="]
            options += [] if self._is_durable else SWIFT
            flags = [word for option in options for word in ("-c", option)]
            self._daemon = Daemon(
                [*_as_account(), str(programs() / "postgres"), "-D", str(self._cluster), *flags],
                log_path=self.folder / "postgres.log", ready=self._is_ready)
            self._daemon.start()
            self._keeper.mind("session", self._daemon.pid)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it, whoever is connected, and remove all of it; a second call does nothing."""
        if self._keeper is None:
            return
        try:
            if self._daemon and self._daemon.running():
                os.kill(self._daemon.pid, signal.SIGINT)  # SIGTERM would wait for its clients
                self._daemon.process.wait(timeout=30)
        finally:
            if self._daemon:
                self._daemon.stop()
            if self.folder:
                remove_folder(self.folder)
            self._keeper.close()
            self._keeper = None

    def interrupt(self) -> None:
        """End it, whoever is connected; what it holds is kept for resume()."""
        self._keeper.forget("session", self._daemon.pid)
        os.kill(self._daemon.pid, signal.SIGINT)
        self._daemon.process.wait(timeout=30)

    def resume(self) -> None:
        """Start it again after interrupt()."""
        self._daemon.start()
        self._keeper.mind("session", self._daemon.pid)

    def ask(self, sql: str) -> list[tuple]:
        """Return the rows that a query of the database `postgres` gives."""
        import psycopg

        with psycopg.connect(self.url()) as connection:
            return connection.execute(sql).fetchall()

    def create(self, name: str) -> str:
        """Make an empty database and return its DATABASE_URL."""
        self._ask(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, name: str = "postgres") -> str:
        return f"postgres://{ACCOUNT}:{self._password}@127.0.0.1:{self.port}/{name}"

    @property
    def pid(self) -> int:
        return self._daemon.pid

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    def _make_cluster(self) -> None:
        password = self.folder / "password"
        password.write_text(self._password)
        password.chmod(0o600)
        self._cluster.mkdir(mode=0o700)
        if _as_account():
            for path in (password, self._cluster):
                shutil.chown(path, ACCOUNT, ACCOUNT)
        subprocess.run(
            [*_as_account(), str(programs() / "initdb"), "-D", str(self._cluster), "--no-sync",
             "--encoding=UTF8", "--locale=C.UTF-8", f"--username={ACCOUNT}",
             "--auth=scram-sha-256", f"--pwfile={password}"],
            check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def _is_ready(self) -> bool:
        since = self._daemon.log().rpartition("database system is shut down")[2]
        return "ready to accept connections" in since

    def _ask(self, sql: str) -> None:
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql)

    def __enter__(self) -> "Postgres":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


def programs() -> Path:
    """The folder of the newest server programs of Debian's package; NotReady without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb"),
                   key=lambda path: int(path.parts[4]))
    if not found:
        raise NotReady("no /usr/lib/postgresql/*/bin/initdb: apt-get install postgresql")
    return found[-1].parent


def _as_account() -> list[str]:
    """The words in front of a command that the server's own account must run."""
    if os.getuid():
        return []
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"]
