"""A second site on a WebHost: its own root and nginx, the same PHP-FPM master and SSH account."""

import os

from tests.sandbox.daemons import free_port
from tests.sandbox.nginx import Nginx
from tests.sandbox.webhost import LOG_FORMAT, WebHost


class Neighbour:
    """`with Neighbour(host) as second:` is asked like a WebHost; all else is the host's own."""

    def __init__(self, host: WebHost, *, site_name: str = "neighbour.test"):
        self._host, self.site_name = host, site_name
        self.root = host.folder / "site-2"
        self.http_port = free_port()
        self.access_log_path = host.folder / "nginx-2" / "site-access.log"

    def __getattr__(self, name):
        return getattr(self._host, name)

    @property
    def http_address(self) -> str:
        return f"127.0.0.1:{self.http_port}"

    @property
    def url(self) -> str:
        return f"http://{self.http_address}/"

    def __enter__(self) -> "Neighbour":
        self.root.mkdir(mode=0o755)
        if self.account:
            os.chown(self.root, self.account.uid, self.account.gid)
        self._nginx = Nginx(
            self.folder / "nginx-2",
            servers=[WebHost._server_block(self)],
            ports=[self.http_port],
            http=LOG_FORMAT,
        ).start()
        return self

    def __exit__(self, *exc_info) -> None:
        self._nginx.stop()
