"""The same scripts in every shell a server may have as /bin/sh."""

import shutil
from pathlib import Path

import pytest

from tests.unit.scripts.server import CONTROL, HOSTILE, OLDER, RELEASE, Link, Server, lay

SHELLS = [shell for shell in (["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"])
          if shutil.which(shell[0])]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_whole_deployment_works(shell, tmp_path):
    """Look, place, run a command, switch, go back, prune, install the door, read refusals."""
    root = tmp_path / HOSTILE
    server = Server(root, shell=shell)
    lay(root, {f"shared/{HOSTILE}": b"secret", "releases/1/build/old.js": b"old",
               "current": Link("releases/1")})
    looked = server.inspect("file", HOSTILE)
    assert (looked.code, looked.stderr) == (0, "")
    assert (looked["previous"], looked["previous_marker"]) == ("releases/1", "1")
    sent = server.send({"x": b"1" * 100_000}, release=OLDER)
    assert Path(sent["unpacked"], "x").stat().st_size == 100_000
    release = server.placed(
        {"build/new.js": b"new", f"{HOSTILE}/x": b""}, "file", HOSTILE, "dir", "up loads",
        "create", "a/log", "writable", "var/cache", "asset", "build", previous="releases/1")
    assert (release / "build/old.js").read_bytes() == b"old"
    assert (release / HOSTILE).read_bytes() == b"secret"
    ran = server.command("sleep 60 & cat build/new.js; exit 4", "A=é", limit=5)
    assert (ran["exit"], ran.stdout[:3]) == ("4", b"new")
    ran = server.command("sleep 60 & cat build/new.js; exit 4", "A=é", limit=5)
    assert ran.values == {"exit": "4", "again": "4"}
    assert server.command("true", key="1-before-1").values == {"exit": "0"}
    assert server.command("true", key="1-before-1")["ran_before"] == "1"
    assert server.switch(f"releases/{RELEASE}", "releases/1").code == 0
    assert server.switch("releases/1", f"releases/{RELEASE}")["current"] == "releases/1"
    assert server.prune(RELEASE, "1", OLDER)["kept"] == "1"
    assert server.run("door.sh", root, 7, "", "<?php", "{}", CONTROL, "<?php").code == 0
    Path(server.paths.refusals).write_text('{"\\\\": 1}\n')
    assert server.run("refusals.sh", root, 5)["line"] == '{"\\\\": 1}'


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_refusals_have_their_codes(shell, tmp_path):
    """The codes that decide what a person must do."""
    root = tmp_path / "site"
    server = Server(root, shell=shell)
    server.inspect(fence=5)
    assert server.inspect(fence=4).code == 76
    assert server.inspect(fence="x").code == 64
    assert server.switch("releases/gone", fence=5).code == 78
    assert server.switch("releases", "else", fence=5).code == 83
    assert server.inspect("file", "gone", fence=5).code == 80
    assert server.inspect(fence=5, kb=10**12).code == 79
    assert server.place(digest="0" * 64, fence=5).code == 78
    server.unpack({"x": b""}, fence=5)
    assert server.place(digest="0" * 64, fence=5).code == 81
    (root / "current").mkdir()
    assert server.switch("releases", fence=5).code == 77
