"""An installation with our PHP files in place, served by a private PHP-FPM and nginx."""

import grp
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployments.remote.doors import FastCgiDoor
from tests.sandbox.daemons import free_port, remove_folder
from tests.sandbox.fpm import FpmMaster, Pool
from tests.sandbox.nginx import Nginx, script_location
from tests.unit.php.cli import SOURCES

LONG_AGO = 1_700_000_000  # older than opcache.file_update_protection
STALE = {"opcache.validate_timestamps": "0", "display_errors": "1"}
KEY = "5ec7e7" * 10 + "5ec7"
TOKEN = {
    "id": "tok-1",
    "key": KEY,
    "networks": ["127.0.0.1/32"],
    "scope": "reset:opcache",
    "not_after": None,
}


class PhpSite:
    """`with PhpSite(folder) as site:` has releases r1 and r2, and `current` at r1.

    Its nginx runs endpoint.php at /door and /other-door (each pool of a server has its own), and
    control.php, as an intruder would, at /control.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ini: Mapping[str, str] | None = None,
        pools: Sequence[Pool] = (Pool(max_children=2),),
        extensions: Sequence[str] = ("opcache",),
    ):
        self.folder, self.root = folder, folder / "it's a root"
        self.ours = self.root / ".releasemgr"
        self.port, self.mapped_port = free_port(), free_port()
        self.fpm = FpmMaster(
            folder / "fpm", pools=pools, ini={**STALE, **(ini or {})}, extensions=extensions
        )
        self.nginx = Nginx(folder / "nginx", servers=[], ports=[self.port])

    def start(self) -> "PhpSite":
        self._install()
        for name in ("r1", "r2"):
            self.add(f"releases/{name}/.releasemgr/marker.php", f"<?php return '{name}';")
            self.add(f"releases/{name}/Shop.php", f"<?php class Shop {{ const R = '{name}'; }}")
            self.add(f"releases/{name}/slow.php", "<?php usleep(1500000); echo 'slow';")
        self.switch("r1")
        self.fpm.start()
        self.nginx.servers[:] = [self._server()]
        self.nginx.start()
        return self

    def stop(self) -> None:
        self.nginx.stop()
        self.fpm.stop()
        remove_folder(self.folder)

    def add(self, path: str, text: str, *, modified_at: int | None = LONG_AGO) -> str:
        """Write a file below the root and return its full path."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if modified_at:
            os.utime(file, (modified_at, modified_at))
        return str(file)

    def path(self, path: str) -> str:
        return f"{self.root}/{path}"

    def switch(self, name: str) -> None:
        """Point `current` at a release as a deployment does: by one rename."""
        (self.root / "next").symlink_to(f"releases/{name}")
        (self.root / "next").rename(self.root / "current")

    def door(self, pool: str = "www") -> FastCgiDoor:
        """Return the direct door to one pool."""
        return FastCgiDoor(lambda: self.dial(pool), str(self.control), server="web-1")

    def dial(self, pool: str = "www") -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(self.fpm.address(pool))
        return sock

    def write_keys(self, *tokens: Mapping, **fields) -> None:
        """Replace keys.json; with no token it holds TOKEN."""
        keys = {"control": self.control.name, "tokens": list(tokens or [TOKEN]), **fields}
        self.give(self.ours / "door/keys.json", json.dumps(keys), mode=0o640)

    def give(self, file: Path, text: str, *, mode: int) -> None:
        """Write a file of the door as door.sh does: ours, readable or writable by the group."""
        new = file.with_name("new")
        new.write_text(text)
        self._grant(new, mode=mode)
        new.rename(file)

    def refusals(self) -> list[dict]:
        lines = (self.ours / "door/refusals.log").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def install_door(self) -> None:
        """Make door/ as door.sh does; called again it makes good what a test has spoilt."""
        shutil.rmtree(self.ours / "door", ignore_errors=True)
        (self.ours / "door/nonces").mkdir(parents=True)
        self._grant(self.ours / "door", mode=0o750)
        self._grant(self.ours / "door/nonces", mode=0o2770)
        self.give(self.ours / "door/refusals.log", "", mode=0o660)
        self.write_keys()

    def _install(self) -> None:
        text = (SOURCES / "control.php").read_bytes()
        self.control = self.ours / f"control-{hashlib.sha256(text).hexdigest()[:12]}.php"
        self.ours.mkdir(parents=True)
        for source, target in (("control", self.control), ("endpoint", self.ours / "endpoint.php")):
            shutil.copy(SOURCES / f"{source}.php", target)
            os.utime(target, (LONG_AGO, LONG_AGO))
        self.install_door()

    def _grant(self, path: Path, *, mode: int) -> None:
        if os.getuid() == 0:
            os.chown(path, -1, grp.getgrnam("www-data").gr_gid)
        path.chmod(mode)

    def _server(self) -> str:
        pool = self.fpm.address()
        endpoint = self.ours / "endpoint.php"
        doors = {"/door": endpoint, "/other-door": endpoint, "/control": self.control}
        places = [script_location(at, script=script, address=pool) for at, script in doors.items()]
        listens = f"listen 127.0.0.1:{self.port};"
        listens += f" listen [::ffff:127.0.0.1]:{self.mapped_port} ipv6only=off;"
        return f"server {{ {listens} client_max_body_size 16m; {''.join(places)} }}"

    def __enter__(self) -> "PhpSite":
        try:
            return self.start()
        except BaseException:  # a daemon that did not get ready must not leave the other running
            self.stop()
            raise

    def __exit__(self, *exc_info) -> None:
        self.stop()
