"""A release as place.sh sets it up on the folder that plays the server, and looks at it."""

import base64
import hashlib
import time

from deployments.pipeline.drift_records import Wanted, compare
from tests.unit.scripts.server import RELEASE, SITE, Link

ENTRIES = (("file", ".env"), ("dir", "storage"), ("create", "logs/app.log"),
           ("writable", "var/cache"), ("asset", "public/build"))
ODD = "-a 'b' \"c\" \\ $(touch pwned) * é\nline"
FILES = SITE | {"storage/old.txt": b"came along", "var/cache/seed.php": b"1", ODD: b"odd",
                "public/build/deep/app.js": b"app", "lib/a/one.php": b"1", "lib/a/two.php": b"2",
                "lib/loop": Link("../lib"), "var/[x]*/file": b"glob"}

def settle():
    """Wait for the next second: what changed before is older than a look that begins then."""
    time.sleep(1.02 - time.time() % 1)


class Shop:
    """A release as place.sh sets it up, looked at by drift.sh."""

    def __init__(self, server):
        (server.root / "shared").mkdir()
        (server.root / "shared/.env").write_text("SECRET=1")
        self.server, self.root = server, server.root
        self.folder = server.placed(FILES, *(part for pair in ENTRIES for part in pair))
        self.digest = hashlib.sha256(self.manifest.read_bytes()).hexdigest()
        server.switch(f"releases/{RELEASE}")
        self.placed_at, self.last = 1, None

    @property
    def manifest(self):
        return self.folder / ".releasemgr/manifest"

    def run(self, *, manifest="", since="", folder="", entries=ENTRIES, **more):
        return self.server.run("drift.sh", self.root, RELEASE, manifest, since, folder,
                               self.placed_at, *(part for pair in entries for part in pair), **more)

    def look(self, **more):
        """Return {path: words} of what is found; keeps the answer for the next look."""
        self.last = self.run(**more)
        assert (self.last.code, self.last.stderr) == (0, ""), self.last
        wanted = Wanted(RELEASE, "2.0", self.digest, "c0ffee", ENTRIES)
        self.seen = compare(wanted, base64.b64decode(self.last["differences"]), user="deploy")
        return {row["path"]: row["text"].removeprefix(row["path"]).strip()
                for row in self.seen.findings}

    def next_look(self, **more):
        """Look as the schedule does: read what changed since the last look alone."""
        return self.look(since=self.last["epoch"], folder=self.last["folder"], **more)
