"""A private PHP-FPM master: its own php.ini, its own pools, its own OPcache memory.

Only the listed extensions are loaded (by default OPcache alone), whatever the machine has: what
runs here runs on a server that has PHP's core and nothing more.
"""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.sandbox.daemons import Daemon, NotReady, descendants

WEB_USER = "www-data"


@dataclass(frozen=True)
class Pool:
    """One pool. `listen` is `127.0.0.1:PORT`, a socket path, or empty for NAME.sock.

    `ini` is in force in this pool only (php_admin_value); `settings` are further pool directives,
    such as `pm.process_idle_timeout`.
    """

    name: str = "www"
    listen: str = ""
    pm: str = "static"
    max_children: int = 4
    ini: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


class FpmMaster:
    """`with FpmMaster(folder, pools=[Pool("www"), Pool("api")]) as fpm:` runs one master.

    As root the pools run as www-data behind Debian's 0660 sockets, otherwise as the caller.
    `ini` holds for every pool; `settings` are [global] directives (`process_control_timeout`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        pools: Sequence[Pool] = (Pool(),),
        ini: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        extensions: Sequence[str] = ("opcache",),
        binary: Path | None = None,
    ):
        self.folder, self.pools = folder, list(pools)
        self.ini, self.settings = dict(ini or {}), dict(settings or {})
        self.extensions = tuple(extensions)
        self.binary = binary or fpm_binary()
        self.log_path = folder / "fpm.log"
        self.daemon: Daemon | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        return self.daemon.pid

    def address(self, pool: str = "www") -> str:
        """Return where a pool listens: a socket path, or `host:port`."""
        chosen = next(each for each in self.pools if each.name == pool)
        return chosen.listen or str(self.folder / f"{pool}.sock")

    def start(self) -> "FpmMaster":
        """Write the configuration, start, wait until the pools accept connections."""
        self.write_configuration()
        announced = self._announced()
        fpm_conf, php_ini = str(self.folder / "fpm.conf"), str(self.folder / "php.ini")
        self.daemon = Daemon(
            [str(self.binary), "--nodaemonize", "--fpm-config", fpm_conf, "-c", php_ini],
            log_path=self.log_path,
            # Not by connecting: that alone would fork a worker of an ondemand pool.
            ready=lambda: self._announced() > announced,
            env={**os.environ, "PHP_INI_SCAN_DIR": str(self.folder / "no-conf.d")},
        )
        self.daemon.start()
        return self

    def stop(self) -> None:
        """End the master and its workers; a second call does nothing."""
        if self.daemon:
            self.daemon.stop()

    def reload(self, *, patience_s: float = 20, wait: bool = True) -> None:
        """Do what `systemctl reload` does (SIGUSR2); with `wait`, until the old workers are gone.

        Edited pools and ini take effect. NotReady when the new generation does not come.
        """
        self.write_configuration()
        old, announced = set(self.workers()), self._announced()
        os.kill(self.pid, signal.SIGUSR2)
        until = time.monotonic() + patience_s
        while wait and not (self._announced() > announced and old.isdisjoint(self.workers())):
            if time.monotonic() > until:
                raise NotReady(f"no new generation of workers: {self.log()[-1000:]}")
            time.sleep(0.02)

    def workers(self, pool: str = "") -> list[int]:
        """Return the process ids of a pool's workers, or of all pools'."""
        wanted = f"php-fpm: pool {pool}"
        matches = str.startswith if not pool else str.__eq__
        return [pid for pid in descendants(self.pid) if matches(_title(pid), wanted)]

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def write_configuration(self) -> None:
        """Write php.ini and fpm.conf; start and reload call it."""
        loaded = [f"zend_extension={name}" for name in self.extensions if name == "opcache"]
        loaded += [f"extension={name}" for name in self.extensions if name != "opcache"]
        ini = [f'{key} = "{value}"' for key, value in self.ini.items()]
        (self.folder / "php.ini").write_text("\n".join([*loaded, *ini, ""]))
        lines = ["[global]", f"error_log = {self.log_path}", "daemonize = no"]
        lines += [f"{key} = {value}" for key, value in self.settings.items()]
        for pool in self.pools:
            lines += self._pool_lines(pool)
        (self.folder / "fpm.conf").write_text("\n".join([*lines, ""]))

    def _pool_lines(self, pool: Pool) -> list[str]:
        lines = [f"[{pool.name}]", f"listen = {self.address(pool.name)}", f"pm = {pool.pm}"]
        lines += [f"pm.max_children = {pool.max_children}", "catch_workers_output = yes"]
        if pool.pm == "dynamic":
            spare = max(1, pool.max_children // 2)
            lines += ["pm.start_servers = 1", "pm.min_spare_servers = 1"]
            lines += [f"pm.max_spare_servers = {spare}"]
        if os.getuid() == 0:
            lines += [f"user = {WEB_USER}", f"group = {WEB_USER}"]
            lines += [f"listen.owner = {WEB_USER}", f"listen.group = {WEB_USER}"]
        lines += ["listen.mode = 0660"]
        lines += [f"{key} = {value}" for key, value in pool.settings.items()]
        return lines + [f'php_admin_value[{key}] = "{value}"' for key, value in pool.ini.items()]

    def _announced(self) -> int:
        return self.log().count("ready to handle connections")

    def __enter__(self) -> "FpmMaster":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


def fpm_binary() -> Path:
    """Return the newest php-fpm of this machine; NotReady when there is none."""
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    if not found:
        raise NotReady("no /usr/sbin/php-fpm*: apt-get install php-fpm")
    return found[-1]


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
    except OSError:
        return ""
