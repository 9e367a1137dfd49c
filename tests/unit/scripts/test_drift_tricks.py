"""drift.sh where somebody hides something, or is in its way: it tells, and never hangs."""

import base64
import hashlib
import subprocess

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.released import FILES, Shop
from tests.unit.scripts.server import NOBODY, RELEASE


@pytest.fixture
def shop(server):
    return Shop(server)


def test_a_rewritten_manifest_is_told_and_ours_shows_what_it_hides(shop):
    """The one there agrees with the edited file; the one on stdin is the approved one."""
    approved = shop.manifest.read_bytes()
    evil = b"<?php evil();"
    old, new = (hashlib.sha256(text).hexdigest().encode() for text in
                (FILES["public/index.php"], evil))
    (shop.folder / "public/index.php").write_bytes(evil)
    shop.manifest.write_bytes(approved.replace(old, new))
    assert list(shop.look()) == [".releasemgr/manifest"]
    assert shop.last["manifest"] != shop.digest
    found = shop.look(manifest="-", stdin=approved)
    assert found["public/index.php"] == "was changed."
    assert "was rewritten: it is not the list of contents that was approved" in \
        found[".releasemgr/manifest"]


@pytest.mark.parametrize("command", [
    "rm .releasemgr/manifest", "ln -sf /dev/zero .releasemgr/manifest",
    "rm .releasemgr/manifest; mkfifo .releasemgr/manifest",
])
def test_a_manifest_that_is_no_file_is_never_read(command, shop):
    """A pipe or a device would keep a look for ever."""
    subprocess.run(["sh", "-c", command], cwd=shop.folder, check=True)
    assert ".releasemgr/manifest" in shop.look()
    assert "manifest" not in shop.last.values


@pytest.mark.parametrize(("command", "expected"), [
    ("mv releases/{} x", ("link", "folder", "none")),
    ("mv releases/{} x; ln -s ../x releases/{}", ("link", "folder", "link")),
    ("mv releases/{} x; touch releases/{}", ("link", "folder", "file")),
    ("mv releases x; ln -s x releases", ("link", "link", "folder")),
    ("mv releases x", ("link", "none", "none")),
    ("rm current; mkdir current", ("folder", "folder", "folder")),
    ("rm current; touch current", ("file", "folder", "folder")),
    ("rm current", ("none", "folder", "folder")),
])
def test_what_stands_in_the_way_is_named(command, expected, shop):
    """`current`, releases and the version's folder are each what they are; nothing is followed."""
    subprocess.run(["sh", "-c", command.replace("{}", RELEASE)], cwd=shop.root, check=True)
    answer = shop.run()
    assert tuple(answer[f"{name}_is"] for name in ("current", "releases", "folder")) == expected
    assert answer.code == 0


def test_php_files_of_ours_are_listed_with_their_digests(shop):
    """Also one that is not ours, and the file that the web server reads; those of a release on its
    way are not looked at."""
    for path in ("control-0123456789ab.php", "entry/public/index.php", "incoming/x/a.php",
                 "web.conf", "door/web.conf"):
        file = shop.root / ".releasemgr" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    records = base64.b64decode(shop.run()["ours"]).split(b"\0")[:-1]
    digest = hashlib.sha256(b"x").hexdigest().encode()
    assert sorted(records) == [digest + b"  ./control-0123456789ab.php",
                               digest + b"  ./entry/public/index.php", digest + b"  ./web.conf"]


def test_a_flood_of_added_files_hides_no_edited_one(shop):
    """2,000 files: those of the list of contents are told first, and the rest is counted."""
    (shop.folder / "public/index.php").write_text("evil")
    for number in range(2000):
        (shop.folder / f"junk{number}").write_text("")
    found = shop.look()
    assert found["public/index.php"] == "was changed."
    assert 300 < len(found) < 801
    assert shop.seen.more > 2000
    assert not [path for path in found if not path.startswith(("junk", "public/index"))]


@needs_root
def test_what_cannot_be_read_is_told_as_that(open_server):
    """By another user than root: a file and a folder that are closed; nothing is called missing."""
    shop = Shop(open_server)
    subprocess.run(["chmod", "000", "lib", "bin/console"], cwd=shop.folder, check=True)
    open_server.user = NOBODY
    words = "cannot be read by deploy: nobody knows what is in it now."
    assert shop.look() == {"lib": words, "bin/console": words}


def test_low_priority_is_asked_for(shop, tmp_path):
    """The script and all that it starts give way to others."""
    shop.server.shim(tmp_path / "bin", "sha256sum",
                     f"ps -o ni= -p $$ >>'{tmp_path}/nice'; exec /usr/bin/sha256sum \"$@\"")
    shop.look()
    assert set((tmp_path / "nice").read_text().split()) == {"19"}


@pytest.mark.parametrize("wrong", [
    {"since": "yesterday"}, {"entries": (("file", "../x"),)}, {"entries": (("folder", "x"),)},
])
def test_arguments_that_make_no_sense_are_refused(wrong, shop):
    """64, and nothing is looked at."""
    answer = shop.run(**wrong)
    assert (answer.code, answer.values) == (64, {})
