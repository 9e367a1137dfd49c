"""prune.sh: what may go goes at once; what visitors see never does."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import HOSTILE, NOBODY, lay, listing


@pytest.fixture
def three(server):
    """A server with three releases, the third live."""
    lay(server.root, {f"releases/{number}/public/index.php": b"" for number in (1, 2, 3)})
    server.switch("releases/3")
    return server


def releases(server):
    return sorted(path.name for path in (server.root / "releases").iterdir())


def trash(server):
    return list(Path(server.paths.trash).iterdir())


def test_named_releases_go_and_the_trash_is_emptied(three):
    """Both are gone, nothing else is touched."""
    answer = three.prune("1", "2")
    assert (answer.code, answer.stderr) == (0, "")
    assert (answer["removed"], answer["kept"]) == ("1 2", "")
    assert releases(three) == ["3"]
    assert trash(three) == []


def test_twice_is_once(three):
    """A release that is gone already counts as removed."""
    three.prune("1")
    assert three.prune("1")["removed"] == "1"


@pytest.mark.parametrize("link", [
    "releases/3", "{root}/releases/3", "releases/3/", "releases/3/public", "releases/../releases/3",
    "also",
])
def test_the_live_release_is_kept_however_the_link_names_it(three, link):
    """Relative, absolute, through another link, or a folder inside the release."""
    (three.root / "also").symlink_to("releases/3")
    (three.root / "current").unlink()
    (three.root / "current").symlink_to(link.format(root=three.root))
    answer = three.prune("3", "1")
    assert (answer.code, answer["kept"], answer["removed"]) == (0, "3", "1")
    assert releases(three) == ["2", "3"]


def test_a_release_that_links_to_the_live_one_is_kept(three):
    """Two names of one folder: neither goes."""
    (three.root / "releases/same").symlink_to("3")
    assert three.prune("same")["kept"] == "same"


def test_a_name_that_only_begins_like_the_live_one_goes(three):
    """Release 33 is not protected by release 3, nor 3 by 33."""
    lay(three.root, {"releases/33/x": b"", "releases/3\n/x": b""})
    assert three.prune("33", "3\n")["kept"] == ""
    assert releases(three) == ["1", "2", "3"]


def test_hostile_names_are_only_names(three):
    """A release with such a name goes; its neighbours stay."""
    for name in (HOSTILE, "-rf", "*", "new\nline\n"):
        lay(three.root, {f"releases/{name}/x": b""})
        assert three.prune(name)["removed"] == name
    assert releases(three) == ["1", "2", "3"]


@pytest.mark.parametrize("name", ["", ".", "..", "../shared", "1/public", "/"])
def test_what_is_no_name_is_refused(three, name):
    """Exit 64 before the first folder is moved."""
    before = listing(three.root)
    assert three.prune("1", name).code == 64
    assert listing(three.root) == before


def test_links_are_removed_not_followed(three):
    """What a release links to, shared files above all, is untouched."""
    lay(three.root, {"shared/uploads/cat.jpg": b"cat"})
    (three.root / "releases/1/uploads").symlink_to("../../shared/uploads")
    (three.root / "releases/linked").symlink_to("../shared")
    three.prune("1", "linked")
    assert (three.root / "shared/uploads/cat.jpg").read_bytes() == b"cat"
    assert releases(three) == ["2", "3"]


def test_what_was_being_unpacked_under_that_name_goes_too(three):
    """Giving up a release frees its room; other releases of this fence and junk stay."""
    lay(Path(three.paths.ours), {
        "incoming/1.5/x": b"", "incoming/checked-1.5/x": b"", "incoming/2.5/x": b"",
        "incoming/2.4/x": b"", "incoming/11.5/x": b"", "incoming/notes/x": b"",
    })
    three.prune("1", fence=5)
    left = sorted(path.name for path in Path(three.paths.ours, "incoming").iterdir())
    assert left == ["11.5", "2.5", "notes"]


def test_a_trash_left_by_a_killed_run_is_emptied(three):
    """Also hidden names and such as careless scripts read as options."""
    lay(Path(three.paths.trash), {".hidden/x": b"", "-rf/x": b"", f"{HOSTILE}/x": b""})
    assert three.prune().code == 0
    assert trash(three) == []


def test_an_older_worker_removes_nothing(three):
    """A lower fence is refused."""
    three.prune(fence=4)
    assert three.prune("1", fence=3).code == 76
    assert releases(three) == ["1", "2", "3"]


def test_a_real_current_stops_it(server):
    """Where nobody can tell what is live, nothing goes: exit 77."""
    lay(server.root, {"current/x": b"", "releases/1/x": b""})
    assert server.prune("1").code == 77
    assert releases(server) == ["1"]


def test_the_lock_is_free_while_the_trash_is_emptied(three, tmp_path):
    """Removing may take minutes; the next deployment does not wait for it."""
    three.shim(tmp_path / "bin", "rm", f'''
        case "$*" in *trash/1.*) flock -n "$OURS/lock" touch {tmp_path}/free ;; esac
        exec /usr/bin/rm "$@"''')
    three.prune("1", env={"OURS": three.paths.ours})
    assert (tmp_path / "free").exists()
    assert trash(three) == []


@needs_root
def test_files_of_phps_user_do_not_keep_a_release_alive(open_server):
    """What we may not remove leaves `releases` all the same, and is named."""
    root = open_server.root
    lay(root, {"releases/1/cache/own/x": b"", "releases/2/x": b""})
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.chown(root / "releases/1/cache/own", 0, 0)
    open_server.user = NOBODY
    open_server.switch("releases/2")
    answer = open_server.prune("1")
    assert (answer.code, answer["removed"]) == (0, "1")
    assert releases(open_server) == ["2"]
    assert answer["leftover"].startswith("1.")
    assert open_server.inspect(fence=2).code == 0


@needs_root
def test_a_read_only_disk_is_told(small_disk):
    """Exit 82; the release stays."""
    server = small_disk(size="256k")
    lay(server.root, {"releases/1/x": b""})
    subprocess.run(["mount", "-o", "remount,ro", server.root], check=True)
    assert server.prune("1").code == 82
    assert releases(server) == ["1"]
