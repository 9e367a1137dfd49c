"""The server whose root's own name attacks every careless script."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.unit.scripts.server import HOSTILE, OLDER, RELEASE, Server, lay

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts and other users need root")


@pytest.fixture
def server(tmp_path):
    root = tmp_path / HOSTILE
    root.mkdir()
    yield Server(root)
    assert not list(tmp_path.rglob("pwned"))
    assert not os.path.exists("/pwned")


@pytest.fixture
def site(server):
    """A server with a live release and a new one; whatever a test left running there is ended."""
    lay(server.root, {f"releases/{RELEASE}/index.php": b"<?php", f"releases/{OLDER}/x": b""})
    server.switch(f"releases/{OLDER}")
    yield server
    assert server.prune(fence=10**9).code == 0


@pytest.fixture
def small_disk(tmp_path):
    """mount(size="256k", …) -> Server on a file system of its own, gone afterwards."""
    mounted = []

    def mount(**options):
        root = tmp_path / "small disk"
        root.mkdir()
        wanted = ",".join(f"{key}={value}" for key, value in options.items())
        subprocess.run(["mount", "-t", "tmpfs", "-o", wanted, "tmpfs", root], check=True)
        mounted.append(root)
        return Server(root)

    yield mount
    for root in mounted:
        subprocess.run(["umount", root], check=True)


@pytest.fixture
def open_server():
    """A server in a folder that other users may enter."""
    with tempfile.TemporaryDirectory(prefix="relmgr-open-") as folder:
        os.chmod(folder, 0o755)
        root = Path(folder, HOSTILE)
        root.mkdir()
        yield Server(root)
