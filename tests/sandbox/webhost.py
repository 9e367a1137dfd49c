"""One throwaway web server on loopback: sshd, nginx or Apache, and PHP-FPM (two pools) or mod_php.

As root it is what Debian servers are: PHP and nginx run as www-data behind 0660 sockets, and the
SSH user is a system account in the group www-data. Otherwise everything runs as the caller.
Everything lies in one temporary folder, and nothing is left of it: not after stop(), an exception
or Ctrl-C, and not after `kill -9` of the process that started it.
"""

import grp
import os
import pwd
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir

from tests.sandbox.accounts import Account
from tests.sandbox.apache import Apache
from tests.sandbox.blocks import apache_block, first_web_config, nginx_block
from tests.sandbox.daemons import descendants, free_port, kill, remove_folder
from tests.sandbox.fpm import FpmMaster, Pool
from tests.sandbox.keeper import Keeper
from tests.sandbox.nginx import Certificate, Nginx, make_certificate
from tests.sandbox.sshd import Sshd

SITE_NAME = "tidewater.test"
# `realpath`: nginx resolves `current` for each request. `stale`: PHP sees `current/…`, and never
# looks at a file again: the old release goes on after a switch until OPcache is told. `web-config`:
# the release's real path is in an included file. `entry`: a script outside the releases reads the
# link.
KINDS = ("realpath", "stale", "web-config", "entry")
# `apache`: prefork with mod_php, so there is one pool and no socket; `apache-fpm`: event, FPM.
SERVERS = ("nginx", "apache", "apache-fpm")
POOLS = (Pool("www", max_children=4), Pool("api", max_children=2))
# As in Debian's php.ini. With PHP's own default an uncaught exception is shown and answers 200.
SERVER_INI = {"display_errors": "0", "log_errors": "1"}
LOG_FORMAT = "log_format sandbox '$msec $request_method $status $request_uri';"


@dataclass(frozen=True)
class Visit:
    """One line of nginx's access log; `at` is epoch seconds."""

    at: float
    method: str
    status: int
    address: str


class WebHost:
    """`with WebHost("web-1", kind="stale") as host:` runs one server until the block ends.

    `ini` and `pools` change PHP (the two pools must keep their names), `ssh_options` are lines of
    sshd_config; `https` adds a second address with a certificate of the private authority `ca`
    (nginx alone). `server` is one of SERVERS, `limits` are Apache's directives for its children,
    `http` nginx's lines outside of the site's.
    """

    ssh_host = "127.0.0.1"

    def __init__(
        self,
        name: str,
        *,
        kind: str = "realpath",
        https: bool = False,
        site_name: str = SITE_NAME,
        pools: Sequence[Pool] = POOLS,
        ini: Mapping[str, str] | None = None,
        fpm_settings: Mapping[str, str] | None = None,
        ssh_options: Sequence[str] = (),
        server: str = "nginx",
        limits: Mapping[str, object] | None = None,
        http: str = "",
    ):
        if kind not in KINDS or (kind == "realpath" and server != "nginx"):
            raise ValueError(f"a host is one of {KINDS} (realpath: nginx alone), not {kind!r}")
        if server not in SERVERS:
            raise ValueError(f"a web server is one of {SERVERS}, not {server!r}")
        self.name, self.kind, self.https, self.site_name = name, kind, https, site_name
        self._pools, self._ini, self._fpm_settings = pools, dict(ini or {}), fpm_settings
        self._ssh_options, self.server, self._limits, self._http = ssh_options, server, limits, http
        self.account = Account() if os.getuid() == 0 else None
        self.folder: Path | None = None
        self.sshd: Sshd | None = None
        self.fpm: FpmMaster | None = None
        self.nginx: Nginx | None = None
        self.apache: Apache | None = None
        self.certificate: Certificate | None = None
        self._keeper: Keeper | None = None

    def start(self) -> "WebHost":
        """Start everything; when one part fails, what was started is stopped again."""
        self._keeper = Keeper()
        try:
            self._make_folder()
            self.http_port, self.https_port = free_port(), free_port() if self.https else None
            self._prepare()
            for part in self._parts:
                part.start()
                self._keeper.mind("session", part.pid)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop and remove all of it; a second call does nothing."""
        if self._keeper is None:
            return
        try:
            for part in reversed(self._parts):
                part.stop()
            if self.account:
                self.account.remove()
            if self.folder:
                remove_folder(self.folder)
        finally:
            self._keeper.close()
            self._keeper = None

    @property
    def _parts(self) -> list:
        """What is to be started, in this order."""
        return [part for part in (self.sshd, self.fpm, self.nginx, self.apache) if part]

    def stop_fpm(self) -> None:
        """Stop PHP as an administrator would: its sockets go too, nginx answers 502."""
        self.fpm.stop()
        self._keeper.forget("session", self.fpm.pid)

    def kill_fpm(self) -> None:
        """Kill PHP's master and workers: its sockets stay behind and refuse connections."""
        master = self.fpm.daemon
        kill([master.pid, *descendants(master.pid)])
        master.process.wait()
        self._keeper.forget("session", master.pid)

    def start_fpm(self) -> None:
        """Start PHP again after stop_fpm or kill_fpm, with empty caches."""
        self.fpm.start()
        self._keeper.mind("session", self.fpm.pid)

    @property
    def ssh_port(self) -> int:
        return self.sshd.port

    @property
    def ssh_user(self) -> str:
        return self.sshd.user

    @property
    def private_key(self) -> str:
        """The SSH user's private key, OpenSSH format."""
        return self.sshd.private_key

    @property
    def host_key(self) -> str:
        """The server's identity to pin: `ssh-ed25519 AAAA…`."""
        return self.sshd.host_key

    @property
    def root(self) -> Path:
        """The site's root folder, owned by the SSH user: `current`, `releases`, `shared`."""
        return self.folder / "site"

    @property
    def http_address(self) -> str:
        return f"127.0.0.1:{self.http_port}"

    @property
    def https_address(self) -> str:
        return f"127.0.0.1:{self.https_port}"

    @property
    def url(self) -> str:
        """Where a browser on this machine sees the site."""
        return f"http://{self.http_address}/"

    @property
    def ca(self) -> Path:
        """What a client must trust to use `https_address` under the site's name."""
        return self.certificate.ca

    @property
    def web_group(self) -> str:
        return "www-data" if self.account else grp.getgrgid(os.getgid()).gr_name

    @property
    def pools(self) -> list[tuple[str, str]]:
        """(name, address of its socket) of each pool; mod_php's is named www and has none."""
        if not self.fpm:
            return [("www", "")]
        return [(pool.name, self.fpm.address(pool.name)) for pool in self._pools]

    @property
    def logs(self) -> dict[str, Path]:
        parts = {"sshd": self.sshd, "php": self.fpm or self.apache, "nginx": self.nginx,
                 "apache": self.apache}
        return {name: part.log_path for name, part in parts.items() if part} | {
            "access": self.access_log_path}

    def visits(self) -> list[Visit]:
        """Return what the web server was asked so far; a line comes a moment after its answer."""
        if not self.access_log_path.exists():
            return []
        lines = (line.split(" ", 3) for line in self.access_log_path.read_text().splitlines())
        return [Visit(float(at), method, int(status), to) for at, method, status, to in lines]

    @property
    def access_log_path(self) -> Path:
        return self.folder / ("nginx" if self.server == "nginx" else "apache") / "site-access.log"

    def _make_folder(self) -> None:
        """Make the folder, the account and its root; the keeper hears of each before it exists."""
        self.folder = Path(gettempdir()) / f"releasemgr-{self.name}-{secrets.token_hex(4)}"
        self._keeper.mind("folder", self.folder)
        for folder in (self.folder, self.root):
            folder.mkdir()
            folder.chmod(0o755)
        if self.account:
            self._keeper.mind("account", self.account.name)
            home = self.folder / "home"
            home.mkdir()
            self.account.create(home=home)
            os.chown(self.root, self.account.uid, self.account.gid)

    def _prepare(self) -> None:
        user = self.account.name if self.account else pwd.getpwuid(os.getuid()).pw_name
        self.sshd = Sshd(self.folder / "sshd", user=user, options=self._ssh_options)
        stale = {} if self.kind == "realpath" else {"opcache.validate_timestamps": "0"}
        ini = {**SERVER_INI, **stale, **self._ini}
        if self.server != "apache":
            self.fpm = FpmMaster(self.folder / "fpm", pools=[_named(pool) for pool in self._pools],
                                 ini=ini, settings=self._fpm_settings)
        if self.kind == "web-config":
            self._write_first_web_config()
        if self.https:
            self.certificate = make_certificate(self.folder / "tls", names=[self.site_name])
        if self.server == "nginx":
            self.nginx = Nginx(
                self.folder / "nginx", servers=[self._server_block()],
                ports=[self.http_port, *([self.https_port] if self.https else [])],
                http=f"{LOG_FORMAT}\n{self._http}")
            return
        self.apache = Apache(
            self.folder / "apache", sites=[self._server_block()], ports=[self.http_port],
            php=ini if self.server == "apache" else None, limits=self._limits)

    def _server_block(self) -> str:
        return nginx_block(self) if self.server == "nginx" else apache_block(self)

    def _write_first_web_config(self) -> None:
        """As the SSH user, before the web server is told to include it."""
        ours = self.root / ".releasemgr"
        ours.mkdir(mode=0o755)
        (ours / "web.conf").write_text(first_web_config(self))
        for path in (ours, ours / "web.conf"):
            shutil.chown(path, self.ssh_user)

    def __enter__(self) -> "WebHost":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


def _named(pool: Pool) -> Pool:
    """The demo site shows which pool answered; PHP learns it from the pool's environment."""
    return replace(pool, settings={"env[POOL]": pool.name, **pool.settings})
