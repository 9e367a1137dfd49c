"""A private Apache on loopback: prefork with mod_php, or event in front of PHP-FPM.

Everything but the program and its modules lies in its own folder. mod_php reads its own php.ini
and loads OPcache alone, whatever the machine has.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.sandbox.daemons import Daemon, NotReady, answers, descendants

APACHE = "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("authz_core", "alias", "dir", "env", "mime", "rewrite", "setenvif")
WEB_USER = "www-data"
PREFORK = {
    "StartServers": 4, "MinSpareServers": 2, "MaxSpareServers": 8, "MaxRequestWorkers": 12,
    "KeepAliveTimeout": 2, "MaxKeepAliveRequests": 5,
}
EVENT = {"StartServers": 2, "ThreadsPerChild": 16, "MaxRequestWorkers": 64, "KeepAliveTimeout": 2}
LOG_FORMAT = '"%{%s}t.%{msec_frac}t %m %>s %U%q"'


class Apache:
    """`with Apache(folder, sites=[text], ports=[8080], php={}) as apache:` serves until it ends.

    `sites` are whole `<VirtualHost>` texts. `php` is mod_php's ini, or None for Apache without it
    (event MPM, proxy_fcgi). `limits` are directives that replace those of the MPM.
    """

    def __init__(self, folder: Path, *, sites: Sequence[str], ports: Sequence[int],
                 php: Mapping[str, str] | None = None,
                 limits: Mapping[str, object] | None = None):
        self.folder, self.sites, self.ports, self.php = folder, list(sites), ports, php
        self.limits = {**(EVENT if php is None else PREFORK), **(limits or {})}
        self.log_path = folder / "apache.log"
        self.daemon: Daemon | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        return self.daemon.pid

    @property
    def test_command(self) -> list[str]:
        """What tests the configuration, as `apache2ctl configtest` does."""
        return [APACHE, "-t", "-f", str(self.folder / "apache.conf")]

    def start(self) -> "Apache":
        """Write the configuration, start, wait until the ports answer."""
        self.write_configuration()
        self.daemon = Daemon(
            [APACHE, "-D", "FOREGROUND", "-f", str(self.folder / "apache.conf")],
            log_path=self.log_path, ready=self._serves,
            env={**os.environ, "PHP_INI_SCAN_DIR": str(self.folder / "no-conf.d")})
        self.daemon.start()
        return self

    def stop(self) -> None:
        """End it with its children; a second call does nothing."""
        if self.daemon:
            self.daemon.stop()

    def reload(self, *, wait: bool = False, patience_s: float = 20) -> None:
        """Do what `systemctl reload apache2` does: test, then `graceful` (SIGUSR1).

        NotReady when the configuration is refused; with `wait`, when old children stay.
        """
        self.write_configuration()
        tested = subprocess.run(self.test_command, capture_output=True, text=True, check=False)
        if tested.returncode:
            raise NotReady(tested.stderr.strip())
        old = set(self.children())
        os.kill(self.pid, signal.SIGUSR1)
        until = time.monotonic() + patience_s
        while wait and not old.isdisjoint(self.children()):
            if time.monotonic() > until:
                raise NotReady(f"old children are still there: {self.log()[-1000:]}")
            time.sleep(0.02)

    def children(self) -> list[int]:
        """Return the process ids of its children."""
        return descendants(self.pid)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def write_configuration(self) -> None:
        """Write apache.conf and php.ini; start and reload call it."""
        mod_php = self.php is not None
        modules = [("mpm_prefork" if mod_php else "mpm_event"), *NEEDED]
        modules += [] if mod_php else ["proxy", "proxy_fcgi"]
        lines = [f'ServerRoot "{self.folder}"', f'DefaultRuntimeDir "{self.folder}"',
                 f'PidFile "{self.folder}/apache.pid"', f'ErrorLog "{self.log_path}"',
                 "ServerName localhost", "LogLevel warn", "TraceEnable off", "EnableSendfile off"]
        lines += [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules]
        if mod_php:
            ini = ["zend_extension=opcache", *(f'{key} = "{self.php[key]}"' for key in self.php)]
            (self.folder / "php.ini").write_text("\n".join([*ini, ""]))
            lines += [f"LoadModule php_module {php_module()}", f'PHPIniDir "{self.folder}"']
        if os.getuid() == 0:
            lines += [f"User {WEB_USER}", f"Group {WEB_USER}"]
        lines += [f"Listen 127.0.0.1:{port}" for port in self.ports]
        lines += [f"{name} {value}" for name, value in self.limits.items()]
        lines += ["TypesConfig /etc/mime.types", f"LogFormat {LOG_FORMAT} sandbox"]
        lines += ["<Directory />\nRequire all denied\nAllowOverride None\n</Directory>"]
        (self.folder / "apache.conf").write_text("\n".join([*lines, *self.sites, ""]))

    def _serves(self) -> bool:
        return bool(self.children()) and all(answers(("127.0.0.1", port)) for port in self.ports)

    def __enter__(self) -> "Apache":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


def php_module() -> Path:
    """Return the newest mod_php of this machine; NotReady when there is none."""
    found = sorted(MODULES.glob("libphp*.so"))
    if not found:
        raise NotReady(f"no {MODULES}/libphp*.so: apt-get install libapache2-mod-php")
    return found[-1]
