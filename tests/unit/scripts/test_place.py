"""place.sh: only what was approved enters `releases`, and it enters complete."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.manifests import manifest_of
from tests.unit.remote.nasty import PIECES
from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import (
    EPOCH,
    HOSTILE,
    OLDER,
    RELEASE,
    SITE,
    Link,
    lay,
    listing,
    use_up_inodes,
)


def test_a_release_is_checked_marked_and_put_in_its_place(server):
    """Contents as sent, REVISION and marker beside them, nothing left in incoming."""
    digest = server.unpack(SITE)
    sent = listing(Path(server.paths.incoming(RELEASE, 1)))
    answer = server.place(digest=digest)
    assert (answer.code, answer.stderr) == (0, "")
    assert answer.values == {"digest": digest, "linked": "0", "assets": "0"}
    release = Path(server.paths.release(RELEASE))
    assert listing(release) == sent | {
        "REVISION": ("0o644", b"c0ffee\n"),
        ".releasemgr/marker.php": ("0o644", f"<?php return '{RELEASE}';".encode()),
    }
    kept = (release / ".releasemgr/manifest").read_bytes()
    assert hashlib.sha256(kept).hexdigest() == digest
    assert list(Path(server.paths.ours, "incoming").iterdir()) == []
    assert server.inspect()["placed"] == "1"


def test_every_time_is_the_releases_one_time(server):
    """Folders, files and links alike, also those we made ourselves."""
    lay(server.root, {"shared/.env": b"", f"releases/{OLDER}/public/build/old.js": b""})
    release = server.placed(SITE, "file", ".env", "dir", "a/b", "writable", "c/d",
                            "asset", "public/build", previous=f"releases/{OLDER}")
    assert (release / "public/build/old.js").exists()
    times = {path: path.lstat().st_mtime for path in [release, *release.rglob("*")]}
    assert set(times.values()) == {EPOCH}, times


def test_a_second_run_finds_it_there(server):
    """Placed again with the same contents: nothing changes, what was unpacked again goes."""
    release = server.placed(SITE, "dir", "uploads")
    before, inode = listing(release), release.stat().st_ino
    digest = server.unpack(SITE, fence=2)
    answer = server.place("dir", "uploads", digest=digest, fence=2)
    assert (answer.code, answer["digest"]) == (0, digest)
    assert (listing(release), release.stat().st_ino) == (before, inode)
    assert list(Path(server.paths.ours, "incoming").iterdir()) == []
    assert server.place("dir", "uploads", digest=digest, fence=2).code == 0


def test_another_release_of_that_name_is_refused(server):
    """A release's path is never used for other contents: OPcache would mix them."""
    release = server.placed(SITE)
    before = listing(release)
    digest = server.unpack(SITE | {"more.php": b""}, fence=2)
    assert server.place(digest=digest, fence=2).code == 81
    (release / ".releasemgr/manifest").unlink()
    assert server.place(digest=digest, fence=2).code == 81
    assert listing(release) == {k: v for k, v in before.items() if "manifest" not in k}


def test_nothing_unpacked_is_told(server):
    """Exit 78 names the folder that should be there, of exactly this fence."""
    server.unpack(SITE, fence=1)
    answer = server.place(digest="0" * 64, fence=2)
    assert answer.code == 78
    assert server.paths.incoming(RELEASE, 2) in answer.stderr


def change(folder, path, how):
    whole = folder / path
    if how == "content":
        whole.write_bytes(b"<?php echo 2;")
    elif how == "mode":
        whole.chmod(whole.stat().st_mode ^ 0o100)
    elif how == "removed":
        whole.rmdir() if whole.is_dir() and not whole.is_symlink() else whole.unlink()
    elif how == "target":
        whole.unlink()
        whole.symlink_to("src")
    elif how == "pipe":
        os.mkfifo(whole)
    elif how == "folder":
        whole.mkdir()
    else:
        whole.write_bytes(b"")


@pytest.mark.parametrize(("path", "how"), [
    ("public/index.php", "content"), ("public/index.php", "mode"), ("bin/console", "mode"),
    ("src/Shop/Cart.php", "removed"), ("var/empty", "removed"), ("latest", "removed"),
    ("latest", "target"), ("public/shell.php", "added"), ("public/ \n'x' \\", "added"),
    ("var/more", "folder"), ("public/pipe", "pipe"), ("src", "mode"),
    ("public/REVISION", "added"), ("public/.releasemgr", "folder"),
])
def test_whatever_differs_is_named(server, path, how):
    """Exit 81 with the first path that differs, by kind, mode, content, target or existence."""
    digest = server.unpack(SITE)
    folder = Path(server.paths.incoming(RELEASE, 1))
    change(folder, path, how)
    answer = server.place(digest=digest)
    assert answer.code == 81
    assert answer["differs"] == path
    assert f"'{path}'" in answer.stderr
    assert not Path(server.paths.release(RELEASE)).exists()


def test_the_first_of_several_differences_is_named(server):
    """In the manifest's order, so that two servers name the same one."""
    digest = server.unpack(SITE)
    folder = Path(server.paths.incoming(RELEASE, 1))
    change(folder, "z.php", "added")
    change(folder, "a.php", "added")
    assert server.place(digest=digest)["differs"] == "a.php"


@pytest.mark.parametrize("content", [None, b"", b"d 755 ./public\0"])
def test_a_list_that_is_not_the_approved_one_is_refused(server, content):
    """A missing or other manifest cannot make other contents right."""
    server.unpack(SITE)
    given = Path(server.paths.incoming(RELEASE, 1), ".releasemgr/manifest")
    given.unlink()
    if content is not None:
        given.write_bytes(content)
    answer = server.place(digest="0" * 64)
    assert answer.code == 81
    assert "not the approved one" in answer.stderr


def test_what_lies_outside_the_digest_is_ours_alone(server, tmp_path):
    """Whatever came as REVISION or in .releasemgr is replaced; a link there is not followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    digest = server.unpack(SITE)
    folder = Path(server.paths.incoming(RELEASE, 1))
    lay(folder, {"REVISION/x": b"", ".releasemgr/evil.php": b""})
    assert server.place(digest=digest).code == 0
    release = Path(server.paths.release(RELEASE))
    assert (release / "REVISION").read_bytes() == b"c0ffee\n"
    assert sorted(os.listdir(release / ".releasemgr")) == ["manifest", "marker.php"]
    digest = server.unpack(SITE, release=OLDER)
    folder = Path(server.paths.incoming(OLDER, 1))
    subprocess.run(["rm", "-r", folder / ".releasemgr"], check=True)
    (folder / ".releasemgr").symlink_to(outside)
    assert server.place(digest=digest, release=OLDER).code == 0
    assert os.listdir(outside) == []


def test_any_name_may_stand_in_a_release(server):
    """Every character a file name can hold, in folders, files, links and targets."""
    names = [piece for piece in PIECES if piece and "/" not in piece and piece not in (".", "..")]
    files = {}
    for number, name in enumerate(names):
        files[f"files/{name}"] = b"%d" % number
        files[f"folders/{name}/{name}"] = b"x"
        files[f"links/{name}"] = Link(name)
    raw = os.fsdecode(b"files/\xff\xfe not unicode")
    release = server.placed(files | {raw: b"raw"})
    found = listing(release)
    for path, content in files.items():
        assert found[path] in (("0o644", content), ("link", getattr(content, "target", None)))
    assert found[raw] == ("0o644", b"raw")


def test_the_digest_is_the_builders(server):
    """The same bytes as the builder's manifest of the same tree."""
    release = server.placed(SITE)
    assert manifest_of(release) == (release / ".releasemgr/manifest").read_bytes()


def test_an_older_worker_places_nothing(server):
    """A lower fence is refused, although its release lies there unpacked."""
    digest = server.unpack(SITE, fence=3)
    server.inspect(fence=3)
    server.inspect(fence=4)
    assert server.place(digest=digest, fence=3).code == 76
    assert not Path(server.paths.release(RELEASE)).exists()


@pytest.mark.parametrize("arguments", [
    {"release": "a/b"}, {"release": ".."}, {"release": ""}, {"epoch": "yesterday"},
    {"epoch": ""}, {"fence": "1x"},
])
def test_a_bad_argument_is_refused(server, arguments):
    """Exit 64 before anything is touched."""
    assert server.place(digest="0" * 64, **arguments).code == 64


@needs_root
def test_no_inodes_left_is_told(small_disk):
    """Exit 79 from the first small file of ours that finds none."""
    server = small_disk(size="1m", nr_inodes=24)
    server.inspect()
    digest = server.unpack({"index.php": b"<?php"})
    use_up_inodes(server.root)
    assert server.place(digest=digest).code == 79
    assert os.listdir(server.root / "releases") == []


def test_a_real_archive_of_ours_arrives_whole(server, tmp_path):
    """Packed by the builder, streamed through the unpack command, checked by its digest."""
    import tarfile

    from deployments.artifacts.archive import pack

    tree = tmp_path / "tree"
    lay(tree, SITE | {f"{HOSTILE}.php": b"<?php"})
    with tarfile.open(tmp_path / "built.tar", "w") as tar:
        tar.add(tree, arcname=".")
    with open(tmp_path / "built.tar", "rb") as stream:
        contents = pack(stream, tmp_path / "artifact", epoch=EPOCH)
    unpack = 'umask 022; rm -rf -- "$1"; mkdir -p -- "$1" && exec tar -xzpf - -C "$1"'
    server.root.chmod(0o2775)  # a setgid root is common, and must not change modes
    with open(tmp_path / "artifact", "rb") as stream:
        incoming = server.paths.incoming(RELEASE, 1)
        subprocess.run(["sh", "-c", unpack, "sh", incoming], stdin=stream, check=True)
    answer = server.place(digest=contents.digest)
    assert (answer.code, answer.stderr) == (0, "")
