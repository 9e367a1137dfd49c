"""assets.sh: what pages of the version that is left still ask for, in one that was there before."""

import hashlib
import os

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import EPOCH, HOSTILE, OLDER, RELEASE, Link, lay, listing

NEW = {
    "public/build/new.js": b"new", "public/build/shop.css": b"new css",
    f"public/build/deep/er/{HOSTILE}.js": b"hostile", "public/build/-n.js": b"dash",
    "public/build/link.js": Link("new.js"), "public/index.php": b"<?php 2;", "src/only.js": b"no",
}
OLD = {"public/build/old.js": b"old", "public/build/shop.css": b"old css",
       "public/index.php": b"<?php 1;"}
ASSETS = ("dir", "up loads", "asset", "public/build")


@pytest.fixture
def both(server):
    """The older and the newer release in their places, nothing kept of one in the other."""
    return (server.placed(OLD, *ASSETS, release=OLDER),
            server.placed(NEW, *ASSETS, release=RELEASE, epoch=EPOCH + 60))


def digest_of(folder):
    return hashlib.sha256((folder / ".releasemgr/manifest").read_bytes()).hexdigest()


def keep(server, left, *entries, into=OLDER, digest=None, fence=1, **more):
    return server.run("assets.sh", server.root, fence, into, left.name,
                      digest_of(left) if digest is None else digest, *(entries or ASSETS), **more)


def test_a_version_that_was_there_gets_what_it_lacks(server, both):
    """Whatever the names are, in folders it did not have too; nothing else, and nothing twice."""
    old, new = both
    before = listing(old)

    answer = keep(server, new)

    assert (answer.code, answer["assets"], answer.stderr) == (0, "3", "")
    added = {path for path in listing(old) if path not in before}
    assert {"public/build/new.js", "public/build/-n.js",
            f"public/build/deep/er/{HOSTILE}.js"} == {
        path for path in added if (old / path).is_file()}
    assert (old / "public/build/new.js").read_bytes() == b"new"
    assert keep(server, new)["assets"] == "0"
    assert not list((server.root / ".releasemgr").glob("assets*"))


def test_nothing_that_is_there_is_replaced(server, both):
    """Neither a file, nor what is a link or a folder there."""
    old, new = both
    (old / "public/build/new.js").symlink_to("nowhere")
    (old / "public/build/-n.js").mkdir()
    (old / "public/build/deep").symlink_to("../../../../shared")
    before = listing(server.root / "shared")

    assert keep(server, new)["assets"] == "0"
    assert (old / "public/build/shop.css").read_bytes() == b"old css"
    assert os.readlink(old / "public/build/new.js") == "nowhere"
    assert listing(server.root / "shared") == before


def test_what_hands_put_there_is_not_taken_along(server, both):
    """An added file, an edited one, a link out: only what the manifest has, as it says."""
    old, new = both
    lay(new, {"public/build/evil.js": b"evil", "public/build/evil.php": b"<?php",
              "public/build/out.js": Link("/etc/passwd")})
    (new / "public/build/new.js").write_bytes(b"edited")
    (new / "public/build/-n.js").unlink()
    (new / "public/build/-n.js").symlink_to("/etc/passwd")

    assert keep(server, new)["assets"] == "1"
    assert sorted(os.listdir(old / "public/build")) == ["deep", "old.js", "shop.css"]


def test_a_list_of_contents_that_was_rewritten_counts_for_nothing(server, both):
    """Nor does a version that is gone: going back goes on."""
    old, new = both
    assert keep(server, new, digest="0" * 64)["assets"] == "0"
    (new / ".releasemgr/manifest").unlink()
    assert keep(server, new, digest=digest_of(old))["assets"] == "0"
    answer = server.run("assets.sh", server.root, 1, OLDER, "gone", digest_of(old), *ASSETS)
    assert (answer.code, answer["assets"]) == (0, "0")


@pytest.mark.parametrize("into", ["gone", "../x", ""])
def test_it_must_be_given_a_version_that_is_there(server, both, into):
    """Exit 78, or 64 for what can be no name of one."""
    assert keep(server, both[1], into=into).code == (78 if into == "gone" else 64)


def test_it_needs_no_room_for_the_files(server, both):
    """They get a second name: a full disk keeps nobody from going back."""
    old, new = both
    keep(server, new)
    assert os.stat(old / "public/build/new.js").st_ino == os.stat(
        new / "public/build/new.js").st_ino


def test_a_newer_worker_keeps_it_out(server, both):
    """Exit 76 with a lower fence, and nothing is added."""
    old, new = both
    before = listing(old)
    server.inspect(fence=5, release="")
    assert keep(server, new, fence=4).code == 76
    assert listing(old) == before


@needs_root
def test_a_folder_that_may_not_be_written_is_told(server, both, tmp_path):
    """In one sentence, with exit 82; the step says it and goes on."""
    shim = tmp_path / "shims"
    server.shim(shim, "cp", "echo \"cp: cannot create: Permission denied\" >&2; exit 1")
    server.search_path = f"{shim}:{server.search_path}"
    answer = keep(server, both[1])
    assert answer.code == 82
    assert "Permission denied" in answer.stderr
