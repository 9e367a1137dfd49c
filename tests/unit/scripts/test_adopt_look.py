"""adopt-look.sh and adopt-list.sh: what a site's folder holds that somebody else's tool filled."""

import base64
import hashlib
import os
import shutil
import subprocess

import pytest

from tests.unit.manifests import manifest_of
from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import FOLDER, SITE, Link, lay, listing

LIVE = "releases/20240102030405"
SHA = "c0ffee" * 6 + "beef"


def look(server, folder="", *, group="www-data", public="public"):
    return server.run("adopt-look.sh", server.root, folder, group, public)


def entries(answer):
    return base64.b64decode(answer["entries"]).decode().split("\0")[:-1]


def digest(server, live, *marks):
    answer = server.run("adopt-list.sh", live, *marks)
    assert answer.code == 0, answer
    return answer["digest"]


def lay_capistrano(server):
    """As Capistrano leaves a site: an absolute link, REVISION, shared links, its own files."""
    root = server.root
    lay(root, {
        **{f"{LIVE}/{path}": content for path, content in SITE.items()},
        f"{LIVE}/REVISION": SHA.encode() + b"\n",
        "shared/.env": b"KEY=1", "shared/storage/uploads/cat.jpg": b"cat",
        "revisions.log": f"Branch main (at {SHA[:7]}) deployed as release 2024 by anna\n".encode(),
        "repo/HEAD": b"ref: refs/heads/main", "releases/20230101000000/index.php": b"old",
    })
    (root / LIVE / ".env").symlink_to(root / "shared/.env")
    (root / LIVE / "storage").mkdir()
    (root / LIVE / "storage/uploads").symlink_to(root / "shared/storage/uploads")
    (root / "current").symlink_to(root / LIVE)


def test_a_capistrano_site_is_read_and_nothing_of_it_is_changed(server):
    """Layout, live folder, revision, who did it, and the shared links, whatever the root's name."""
    lay_capistrano(server)
    before = listing(server.root)
    answer = look(server)
    assert answer.code == 0, answer
    assert answer["layout"] == "capistrano"
    assert answer["live"] == str(server.root / LIVE) == answer["current"]
    assert answer["revision"] == SHA
    assert answer["told"].endswith("by anna")
    assert answer["public"] == "1"
    assert answer["files"] == "4"
    found = entries(answer)
    assert sorted(zip(found[::2], found[1::2], strict=True)) == [
        ("dir", "storage/uploads"), ("file", ".env")]
    assert listing(server.root) == before


def test_a_deployer_site_is_read_through_its_relative_links(server):
    """`current -> releases/12`, `.dep`, and a shared file that is missing."""
    lay(server.root, {
        "releases/12/index.php": b"<?php", "releases/12/.env": Link("../../shared/.env"),
        "releases/12/var/log": Link("../../../shared/var/log"), "shared/var/log/x": b"",
        "shared/other": b"", ".dep/releases_log": b'{"release_name":"12","user":"mia"}\n',
        "current": Link("releases/12")})
    answer = look(server, public="")
    assert (answer["layout"], answer["current"]) == ("deployer", "releases/12")
    assert '"mia"' in answer["told"]
    found = entries(answer)
    assert sorted(zip(found[::2], found[1::2], strict=True)) == [
        ("create", ".env"), ("dir", "var/log")]


@pytest.mark.parametrize(("files", "folder", "layout"), [
    ({}, "", "none"),
    ({"current/index.php": b""}, "", "folder"),
    ({"htdocs/index.php": b"", "current": Link("htdocs")}, "", "link"),
    ({"releases/x/index.php": b"", "current": Link("releases/x")}, "", "releases"),
    ({"releases/x/.releasemgr/manifest": b"", "current": Link("releases/x")}, "", "ours"),
    ({"htdocs/index.php": b""}, "htdocs", "plain"),
])
def test_every_other_layout_has_its_word(server, files, folder, layout):
    """Nothing, a real folder, a link elsewhere, somebody's releases, ours, a folder that is named.
    """
    lay(server.root, files)
    answer = look(server, server.root / folder if folder else "", public="")
    assert (answer.code, answer["layout"]) == (0, layout)
    assert bool(answer["live"]) == (layout != "none")


def test_a_link_that_leads_nowhere_is_no_live_site(server):
    """`current` is there, and what it names is not."""
    lay(server.root, {"current": Link("releases/gone")})
    answer = look(server)
    assert (answer.code, answer["live"]) == (0, "")


def test_what_no_version_can_hold_is_named(server):
    """Links that lead out, or are absolute; a pipe."""
    lay(server.root, {"releases/1/index.php": b"", "releases/1/in/x": b"",
                      "releases/1/good": Link("in"), "releases/1/in/up": Link("../index.php"),
                      "releases/1/out": Link("/etc/hostname"), "current": Link("releases/1")})
    os.mkfifo(server.root / "releases/1/pipe")
    found = entries(look(server, public=""))
    assert found[found.index("odd") + 1] == "pipe"
    at = found.index("out")
    assert found[at - 1:at + 3] == ["link", "out", "/etc/hostname", "/etc/hostname"]
    at = found.index("in/up")
    assert found[at - 1:at + 3] == ["link", "in/up", "../index.php",
                                    str(server.root / "releases/1/index.php")]
    assert "good" not in found


@needs_root
def test_folders_that_php_may_write_are_found_beside_the_rest(server):
    """One of PHP's own user, one for its group, one for everybody: and not the ordinary ones."""
    lay(server.root, {f"releases/1/{name}/x": b"" for name in ("src", "cache", "logs", "tmp")}
        | {"releases/1/lib/x": b"", "current": Link("releases/1")})
    live = server.root / "releases/1"
    shutil.chown(live / "cache", "www-data")
    shutil.chown(live / "logs", group="www-data")
    (live / "logs").chmod(0o775)
    (live / "tmp").chmod(0o777)
    answer = look(server, public="")
    found = entries(answer)
    assert sorted(found[2::3]) == ["cache", "logs", "tmp"]
    assert set(found[::3]) == {"writable"}
    assert set(found[1::3]) == {"1"}
    assert answer["files"] == "2"


def test_folders_of_built_files_are_found_below_the_public_folder(server):
    """By a list of files and digests in names; a web app's own manifest and a tool's are none."""
    built = "releases/1/public/build"
    lay(server.root, {
        f"{built}/.vite/manifest.json": b"{}", f"{built}/manifest.json": b"{}",
        f"{built}/assets/app-BsmBkLWx.js": b"", "releases/1/public/icons/manifest.json": b"{}",
        "releases/1/public/icons/a.png": b"", "releases/1/public/manifest.json": b"{}",
        "releases/1/tools/out/manifest.json": b"{}", "releases/1/tools/out/x-BsmBkLWx.js": b"",
        "current": Link("releases/1")})
    found = entries(look(server))
    assert found[0] == "asset"
    assert set(zip(found[::2], found[1::2], strict=True)) == {("asset", "public/build")}


def test_a_folder_that_is_all_open_tells_nothing_of_writable_folders(server):
    """Where the whole site is for everybody, no folder stands out, and all is part of it."""
    lay(server.root, {"releases/1/src/x": b"", "current": Link("releases/1")})
    for folder in ("src", "lib"):  # most folders, the uppermost is not among them
        lay(server.root, {f"releases/1/{folder}/y": b""})
        (server.root / "releases/1" / folder).chmod(0o777)
    answer = look(server, public="")
    assert (entries(answer), answer["files"]) == ([], "3")


@needs_root
def test_what_cannot_be_read_is_named(open_server):
    """A file and a folder that are closed to the SSH user."""
    lay(open_server.root, {"releases/1/secret": b"", "releases/1/closed/x": b"",
                           "current": Link("releases/1")})
    (open_server.root / "releases/1/secret").chmod(0o600)
    (open_server.root / "releases/1/closed").chmod(0o700)
    open_server.user = 65534
    found = entries(look(open_server, public=""))
    assert sorted(zip(found[::2], found[1::2], strict=True)) == [
        ("closed", "closed"), ("closed", "secret")]


def test_a_checkout_of_git_tells_its_commit(server):
    """A plain folder that `git pull` keeps."""
    lay(server.root, {"current/index.php": b"", "current/.git/HEAD": b"ref: refs/heads/main\n",
                      "current/.git/refs/heads/main": SHA.encode() + b"\n"})
    assert look(server, public="")["revision"] == SHA


def test_the_public_folder_may_be_missing(server):
    """Then what is live is built otherwise than the project says."""
    lay(server.root, {"current/index.php": b""})
    assert "public" not in look(server).values


def test_the_list_is_the_one_that_the_artifact_would_have(server, tmp_path):
    """Without what is left out and what others' tools keep there, links changed as asked."""
    lay_capistrano(server)
    live = server.root / LIVE
    lay(live, {".git/HEAD": b"x", "sub/abs": Link(str(live / "public/index.php")),
               "var/cache/[x]*": FOLDER, "var/cache/[x]*/y": b""})
    (live / "bin/console").chmod(0o744)  # its owner's right to run it is what counts
    copy = tmp_path / "copy"
    shutil.copytree(live, copy, symlinks=True)
    for path in (".git", ".env", "storage/uploads", "REVISION", "sub/abs", "var/cache/[x]*"):
        subprocess.run(["rm", "-r", copy / path], check=True)
    (copy / "sub/abs").symlink_to("../public/index.php")
    wanted = hashlib.sha256(manifest_of(copy)).hexdigest()
    assert digest(server, live, "leave", ".env", "leave", "storage/uploads",
                  "leave", "var/cache/[x]*", "link", "sub/abs", "../public/index.php") == wanted
    (live / "public/index.php").chmod(0o755)
    assert digest(server, live, "leave", ".env", "leave", "storage/uploads") != wanted


def test_a_list_of_a_folder_that_is_gone_is_refused(server):
    """Between two looks somebody may have taken it away."""
    assert server.run("adopt-list.sh", server.root / "gone").code == 78
