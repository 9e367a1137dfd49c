"""place.sh: shared entries, writable folders and the assets of the release before."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from tests.unit.manifests import manifest_of
from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import (
    EPOCH,
    FOLDER,
    HOSTILE,
    NOBODY,
    OLDER,
    RELEASE,
    SITE,
    Link,
    age,
    lay,
    listing,
)


def mode(path):
    return oct(stat.S_IMODE(os.lstat(path).st_mode))


@pytest.mark.parametrize("path", [".env", "config/app/settings.php", f"{HOSTILE}/{HOSTILE}"])
def test_a_shared_file_replaces_the_releases_own(server, path):
    """At any depth; the link is relative and leads to the shared one."""
    lay(server.root, {f"shared/{path}": b"secret"})
    release = server.placed(SITE | {path: b"from git"}, "file", path)
    assert (release / path).is_symlink()
    assert os.readlink(release / path) == "../" * (path.count("/") + 2) + f"shared/{path}"
    assert (release / path).read_bytes() == b"secret"


def test_a_shared_file_that_is_missing_ends_it(server):
    """Exit 80 with the whole path; nothing is placed; with the file the same call succeeds."""
    digest = server.unpack(SITE)
    answer = server.place("dir", "uploads", "file", "config/.env", digest=digest)
    assert answer.code == 80
    assert f"{server.root}/shared/config/.env" in answer.stderr
    assert not Path(server.paths.release(RELEASE)).exists()
    lay(server.root, {"shared/config/.env": b""})
    answer = server.place("dir", "uploads", "file", "config/.env", digest=digest)
    assert (answer.code, answer["linked"]) == (0, "2")


def test_shared_entries_are_made_when_missing_and_kept_when_there(server):
    """`create` an empty file, `dir` a folder; neither is filled with what the release had."""
    lay(server.root, {"shared/kept.log": b"kept", "shared/photos/cat.jpg": b"cat"})
    release = server.placed(
        SITE | {"new.log": b"from git", "data/seed.sql": b"from git"},
        "create", "new.log", "create", "kept.log", "dir", "data", "dir", "photos")
    assert (release / "new.log").read_bytes() == b""
    assert (release / "kept.log").read_bytes() == b"kept"
    assert os.listdir(release / "data") == []
    assert (release / "photos/cat.jpg").read_bytes() == b"cat"
    assert mode(server.root / "shared/data") == "0o2775"


def test_a_shared_folder_that_is_there_keeps_its_mode(server):
    """What people set up is theirs."""
    (server.root / "shared/uploads").mkdir(parents=True, mode=0o700)
    server.placed(SITE, "dir", "uploads")
    assert mode(server.root / "shared/uploads") == "0o700"


def test_a_shared_folder_must_be_one(server):
    """A file or a dangling link in its place: exit 80, nothing replaced."""
    lay(server.root, {"shared/uploads": b"file", "shared/gone": Link("nowhere")})
    digest = server.unpack(SITE)
    assert server.place("dir", "uploads", digest=digest).code == 80
    assert server.place("dir", "gone", digest=digest).code == 80
    assert (server.root / "shared/uploads").read_bytes() == b"file"


def test_nothing_is_reached_through_a_link(server):
    """Neither a link of the release nor a shared folder: the shared files would be removed."""
    lay(server.root, {"shared/storage/app/cat.jpg": b"cat", "shared/latest/x/y": b""})
    before = listing(server.root / "shared")
    for number, entries in enumerate([
        ("dir", "storage", "dir", "storage/app"), ("writable", "storage/app", "dir", "storage"),
        ("dir", "latest/x"), ("writable", "latest"), ("asset", "latest/x"),
        ("dir", "storage", "writable", "storage"), ("dir", "storage", "asset", "storage"),
    ], start=1):
        digest = server.unpack(SITE, fence=number)
        answer = server.place(*entries, digest=digest, fence=number)
        assert answer.code == 64, entries
        assert "link or shared already" in answer.stderr
    assert listing(server.root / "shared") == before


@needs_root
def test_writable_folders_belong_to_phps_group(server):
    """Made when missing, opened when there; only the folder itself, nothing inside it."""
    release = server.placed(
        SITE | {"var/cache/.keep": b""}, "writable", "var/cache", "writable", f"{HOSTILE}/x",
        "dir", "uploads", group="www-data")
    group = release.joinpath("var/cache").stat().st_gid
    assert group != 0
    for path in (release / "var/cache", release / HOSTILE / "x", server.root / "shared/uploads"):
        assert (mode(path), path.stat().st_gid) == ("0o2775", group)
    assert (mode(release / "var/cache/.keep"), mode(release / HOSTILE)) == ("0o644", "0o755")


def test_a_file_where_a_writable_folder_should_be_is_told(server):
    """The release's file is not replaced."""
    answer = server.place("writable", "bin/console", digest=server.unpack(SITE))
    assert answer.code == 74
    assert "bin/console" in answer.stderr


OLD = {
    "public/build/old.js": b"old", "public/build/new.js": b"older new",
    "public/build/.hidden": b"h", "public/build/deep/er/old.css": b"deep",
    f"public/build/{HOSTILE}/{HOSTILE}.js": b"hostile", "public/build/-n.js": b"dash",
    "public/build/latest.js": Link("old.js"), "public/build/gone.js": Link("nowhere"),
    "public/build/empty": FOLDER, "public/index.php": b"<?php old;", "src/Old.php": b"<?php",
}


def test_older_assets_are_kept_beside_the_new_ones(server):
    """What the new release lacks comes from the one before, at any depth; no links."""
    old = server.placed(OLD, release=OLDER, epoch=EPOCH - 86400)
    before = listing(old)
    digest = server.unpack(SITE)
    answer = server.place("asset", "public/build", digest=digest, previous=f"releases/{OLDER}")
    assert (answer.code, answer["assets"]) == (0, "5")
    release = Path(server.paths.release(RELEASE))
    found = listing(release / "public/build")
    assert found["new.js"] == ("0o644", b"new")
    assert found["old.js"] == ("0o644", b"old")
    assert found["deep/er/old.css"] == ("0o644", b"deep")
    assert found[f"{HOSTILE}/{HOSTILE}.js"] == ("0o644", b"hostile")
    assert not {"latest.js", "gone.js"} & set(found)
    assert found[".hidden"][1] == b"h"
    assert found["-n.js"][1] == b"dash"
    assert not (release / "src/Old.php").exists()
    assert (release / "public/build/old.js").stat().st_mtime == EPOCH - 86400
    assert (release / "public/build/old.js").stat().st_ino != (
        old / "public/build/old.js").stat().st_ino
    assert listing(old) == before


def digest_of(release):
    return hashlib.sha256((release / ".releasemgr/manifest").read_bytes()).hexdigest()


def test_what_hands_or_others_put_into_an_asset_folder_stays_behind(server):
    """Added or changed ones do not come along, also where the list that lies there was rewritten.
    """
    old = server.placed(OLD, release=OLDER)
    digest = digest_of(old)
    lay(old, {"public/build/evil.php": b"<?php 1;", "public/build/.htaccess": b"x",
              "public/build/skim.js": b"x", "public/build/deep/er/old.css": b"changed",
              "public/build/door.js": Link("/etc/passwd")})
    more = {"previous": f"releases/{OLDER}"}
    release = server.placed(SITE, "asset", "public/build", lists=digest, **more)
    found = set(listing(release / "public/build"))
    assert {"old.js", "-n.js", ".hidden"} <= found
    assert not {"evil.php", ".htaccess", "skim.js", "deep/er/old.css", "door.js"} & found

    (old / ".releasemgr/manifest").write_bytes(manifest_of(old))
    release = server.placed(SITE, "asset", "public/build", lists=digest, release="next", **more)
    assert set(listing(release / "public/build")) == {"new.js"}
    assert not list((server.root / ".releasemgr").glob("*.new"))


def test_the_new_releases_kinds_win(server):
    """A file where a folder was, a folder where a file was, a link where a folder was."""
    server.placed({"build/a/x": b"1", "build/b": b"2", "build/c/x": b"3", "build/d": b"4"},
                  release=OLDER)
    release = server.placed(
        {"build/a": b"file", "build/b/y": b"", "build/c": Link("../secret"), "secret/z": b"",
         "build/d": Link("nowhere")},
        "asset", "build", previous=f"releases/{OLDER}")
    assert (release / "build/a").read_bytes() == b"file"
    assert os.listdir(release / "build/b") == ["y"]
    assert os.listdir(release / "secret") == ["z"]
    assert os.readlink(release / "build/d") == "nowhere"


def test_an_asset_folder_that_the_new_release_has_not_is_made(server):
    """Pages loaded before the switch still find their files; no previous release is no fault."""
    server.placed(OLD, release=OLDER)
    release = server.placed({"index.php": b""}, "asset", "public/build", "asset", "gone",
                            previous=f"releases/{OLDER}")
    assert (release / "public/build/old.js").exists()
    for previous in ("", "releases/gone", "/nowhere"):
        server.root.joinpath("releases", RELEASE).rename(server.root / f"x{previous.count('e')}")
        server.placed({"index.php": b""}, "asset", "public/build", previous=previous, fence=2)


def test_an_adopted_release_gives_its_assets_too(server, tmp_path):
    """An absolute target of another tool, where the folder itself is a link."""
    old = tmp_path / "cap istrano"
    lay(old, {"build": Link("assets"), "assets/old.js": b"old"})
    age(old, 1000)
    release = server.placed({"index.php": b""}, "asset", "build", previous=str(old))
    assert (release / "build/old.js").read_bytes() == b"old"
    assert not (release / "build").is_symlink()


@pytest.mark.parametrize(("days", "kept"), [(40, ["1.js", "2.js"]), (5, ["0.js", "1.js", "2.js"])])
def test_assets_do_not_pile_up_for_ever(server, days, kept):
    """Those of the release before always stay; what it kept from others goes after 30 days."""
    names = ["20260101T000000Z-1", "20260201T000000Z-2", "20260301T000000Z-3"]
    previous, lists = "", ""
    for turn, name in enumerate(names):
        release = server.placed({f"build/{turn}.js": b""}, "asset", "build", release=name,
                                previous=previous, epoch=EPOCH + turn * days * 86400, lists=lists)
        lists += f" {digest_of(release)}"
        previous = f"releases/{name}"
    assert sorted(os.listdir(release / "build")) == kept


@pytest.mark.parametrize("path", ["", "/etc", "../x", "a/../b", "a/", ".releasemgr", "REVISION"])
def test_a_path_that_leaves_the_release_is_refused(server, path):
    """For every kind of entry."""
    for kind in ("file", "create", "dir", "writable", "asset"):
        assert server.place(kind, path, digest="0" * 64).code == 64


@needs_root
def test_a_full_disk_while_assets_are_copied_is_told(small_disk):
    """Exit 79; nothing is in `releases`, and with room the same call succeeds."""
    server = small_disk(size="512k")
    lay(server.root, {"releases/1/build/big.js": b"x" * 200_000, "ballast": b"x" * 200_000})
    digest = server.unpack({"index.php": b"<?php"})
    answer = server.place("asset", "build", digest=digest, previous="releases/1")
    assert answer.code == 79
    assert os.listdir(server.root / "releases") == ["1"]
    (server.root / "ballast").unlink()
    answer = server.place("asset", "build", digest=digest, previous="releases/1")
    assert (answer.code, answer["assets"]) == (0, "1")


@needs_root
def test_a_group_one_is_not_in_is_told(open_server):
    """Exit 82 names the group; the release stays out."""
    digest = open_server.unpack(SITE)
    for path in (open_server.root, *open_server.root.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    open_server.user = NOBODY
    answer = open_server.place("writable", "var/empty", digest=digest, group="www-data")
    assert answer.code == 82
    assert "www-data" in answer.stderr
    assert open_server.place("writable", "var/empty", digest=digest).code == 0
