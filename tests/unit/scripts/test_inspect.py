"""inspect.sh: what it finds, what it prepares, and why it refuses."""

import hashlib
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import (
    CONTROL,
    NOBODY,
    OLDER,
    RELEASE,
    SITE,
    age,
    lay,
    listing,
)


def test_an_empty_server_is_prepared(server):
    """Our folders exist, PHP's file is there byte for byte, and nothing is live."""
    php = "<?php // 'quotes' \"$(touch pwned)\" \\ é\n\n"
    answer = server.inspect(php=php)
    assert (answer.code, answer.stderr) == (0, "")
    assert (answer["previous"], answer["previous_marker"], answer["placed"]) == ("", "", "0")
    control = Path(server.paths.control(CONTROL))
    assert control.read_text() == php
    assert control.stat().st_mode & 0o777 == 0o644
    for folder in ("releases", "shared", ".releasemgr/incoming", ".releasemgr/trash"):
        assert (server.root / folder).is_dir()
    assert Path(server.paths.ours, "fence").read_text() == "1\n"
    assert Path(server.paths.ours).stat().st_mode & 0o777 == 0o755


def test_it_tells_who_and_where_and_how_much_room_there_is(server):
    """User, host, clock and room are this machine's."""
    began = int(time.time())
    answer = server.inspect()
    assert began <= int(answer["epoch"]) <= time.time()
    assert answer["user"] == subprocess.check_output(["id", "-un"], text=True).strip()
    assert answer["host"] == os.uname().nodename
    assert int(answer["free_kb"]) > 0
    assert int(answer["free_inodes"]) > 0


def test_twice_is_once(server):
    """The second run changes nothing: PHP's file keeps its inode, so OPcache keeps it too."""
    server.inspect(fence=3)
    before, control = listing(server.root), Path(server.paths.control(CONTROL)).stat()
    answer = server.inspect(fence=3)
    assert answer.code == 0
    assert listing(server.root) == before
    assert Path(server.paths.control(CONTROL)).stat().st_ino == control.st_ino


def test_the_machine_gets_an_identity_that_stays(server):
    """Random, readable for PHP, and never another one: PHP's answers are compared with it."""
    answer = server.inspect()
    file = Path(server.paths.ours, "identity")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["identity"])
    assert file.read_text() == answer["identity"]
    assert file.stat().st_mode & 0o777 == 0o644
    assert server.inspect(fence=2)["identity"] == answer["identity"]
    file.write_text("")
    again = server.inspect(fence=2)["identity"]
    assert again not in ("", answer["identity"])


def test_a_damaged_control_file_is_replaced(server):
    """What PHP will run for us is what we sent, whatever lay there."""
    server.inspect()
    Path(server.paths.control(CONTROL)).write_text("<?php evil();")
    server.inspect()
    assert Path(server.paths.control(CONTROL)).read_text() == "<?php\n"


def test_the_live_release_is_named_by_its_marker(server):
    """The raw target and the name that PHP will answer with are both told."""
    server.placed({"index.php": b"<?php"}, release=OLDER)
    server.switch(f"releases/{OLDER}")
    answer = server.inspect()
    assert answer["previous"] == f"releases/{OLDER}"
    assert answer["previous_marker"] == OLDER


@pytest.mark.parametrize("name", ["12", "v1 'x' \\ \"y\" $(touch pwned) é", "two\nlines", "-n"])
def test_an_adopted_release_gets_a_marker(server, name):
    """A link made by another tool is the way back: PHP itself reads its name from the marker."""
    (server.root / "releases" / name).mkdir(parents=True)
    (server.root / "current").symlink_to(f"releases/{name}/")
    answer = server.inspect()
    assert (answer["previous"], answer["previous_marker"]) == (f"releases/{name}/", name)
    marker = server.root / "releases" / name / ".releasemgr/marker.php"
    code = "echo include $argv[1];"
    assert subprocess.check_output(["php", "-r", code, "--", marker], text=True) == name


def test_an_absolute_link_is_told_as_it_is(server):
    """The raw target is what goes back later, so it is not rewritten."""
    elsewhere = server.root.parent / "elsewhere"
    elsewhere.mkdir()
    (server.root / "current").symlink_to(elsewhere)
    answer = server.inspect()
    assert (answer["previous"], answer["previous_marker"]) == (str(elsewhere), "elsewhere")


@pytest.mark.parametrize("target", ["releases/gone", "trailing\n", "back\\slash\\n"])
def test_a_dangling_link_has_no_marker(server, target):
    """The target is told raw, to the last byte; there is no release to mark."""
    (server.root / "current").symlink_to(target)
    answer = server.inspect()
    assert answer.code == 0
    assert (answer["previous"], answer["previous_marker"]) == (target, "")


def test_a_complete_release_is_placed(server):
    """A folder without our marker is not complete; with it, no room is asked for."""
    lay(server.root, {f"releases/{RELEASE}/index.php": b""})
    assert server.inspect()["placed"] == "0"
    ours = f"releases/{RELEASE}/.releasemgr"
    lay(server.root, {f"{ours}/marker.php": b"<?php", f"{ours}/manifest": b""})
    assert server.inspect(kb=10**12)["placed"] == "1"


def test_a_release_that_lies_there_is_the_approved_one(server):
    """Its manifest is compared before anybody goes back to it; one without any is no better."""
    manifest = server.placed(SITE) / ".releasemgr/manifest"
    approved = hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert server.inspect(digest=approved)["placed"] == "1"
    manifest.write_bytes(b"f 644 ./other\0")
    answer = server.inspect(digest=approved)
    assert (answer.code, "other contents" in answer.stderr) == (81, True)
    manifest.unlink()
    assert server.inspect(digest=approved).code == 81


def test_what_older_workers_left_is_swept(server):
    """Unfinished releases of lower fences and temporary files go, those of this fence stay."""
    server.inspect()
    lay(Path(server.paths.ours), {
        "incoming/a.1/x": b"", "incoming/checked-b.4/x": b"", "incoming/c.5/x": b"",
        "trash/old.77/x": b"", "fence.new": b"9", "current.new": b"",
    })
    server.inspect(fence=5)
    left = listing(Path(server.paths.ours))
    assert "incoming/c.5/x" in left
    assert not [path for path in left if ".new" in path or "trash/" in path]
    assert not [path for path in left if "a.1" in path or "b.4" in path]


@needs_root
def test_an_ordinary_user_may_work_in_a_root_of_his_own(open_server):
    """No step of it needs root, not even making the root's folders."""
    os.chown(open_server.root, NOBODY, NOBODY)
    open_server.user = NOBODY
    assert open_server.inspect().code == 0


def test_times_of_the_live_release_do_not_matter(server):
    """A marker written once is left alone: its time and inode stay."""
    (server.root / "releases/12").mkdir(parents=True)
    (server.root / "current").symlink_to("releases/12")
    server.inspect()
    age(server.root / "releases/12", 1000)
    server.inspect()
    marker = server.root / "releases/12/.releasemgr/marker.php"
    assert marker.stat().st_mtime == 1000
