"""drift.sh and what is made of it: every change in a release's folder is seen, and none is made."""

import base64
import hashlib
import os
import subprocess
import time

import pytest

from deployments.pipeline.drift_records import Wanted, compare
from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import NOBODY, RELEASE, SITE, Link, listing

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


@pytest.fixture
def shop(server):
    return Shop(server)


def test_a_release_that_was_just_placed_has_no_findings(shop):
    """Nor later ones, that read the few files of ours alone; nothing is changed by looking."""
    before = listing(shop.root)
    settle()
    assert shop.look() == {}
    assert shop.last["whole"] == "1"
    assert shop.next_look() == {}
    assert shop.last["whole"] == "0"
    assert listing(shop.root) == before


def test_looking_takes_no_lock_and_no_fence(shop):
    """A release holds the lock: the look does not wait; one with a low fence goes on after it."""
    with open(shop.root / ".releasemgr/lock") as lock:
        subprocess.run(["flock", "--nonblock", str(lock.fileno())], check=True,
                       pass_fds=[lock.fileno()])
        holder = (shop.root / ".releasemgr/holder").read_text()
        began = time.monotonic()
        assert shop.look() == {}
        assert time.monotonic() - began < 2 + 5 * float(os.getloadavg()[0] > 4)
    assert (shop.root / ".releasemgr/holder").read_text() == holder
    assert (shop.root / ".releasemgr/fence").read_text() == "1\n"


CHANGES = {
    "a file was edited": ("echo x >>public/index.php", {"public/index.php": "was changed."}),
    "edited, with its old time": (
        "touch -r public/index.php /tmp/$$; echo x >>public/index.php; "
        "touch -r /tmp/$$ public/index.php; rm /tmp/$$", {"public/index.php": "was changed."}),
    "a file is missing": ("rm bin/console", {"bin/console": "is missing."}),
    "a folder is missing": ("rm -r lib/a", {"lib/a": "is missing, and 2 files in it."}),
    "a PHP file was added": ("echo x >src/Shop/x.php", {
        "src/Shop/x.php": "was added: a hand edit, or an intruder’s file."}),
    "a hidden one was added": ("echo x >public/.htaccess", {
        "public/.htaccess": "was added: a hand edit, or an intruder’s file."}),
    "a hidden file was added": ("echo x >.swp", {".swp": "was added."}),
    "an empty folder was added": ("mkdir public/new", {"public/new": "was added: a folder."}),
    "a folder of files was added": ("mkdir -p new/sub; echo x >new/sub/a.txt", {
        "new/sub/a.txt": "was added."}),
    "a link was added": ("ln -s /etc/passwd public/p", {
        "public/p": "was added: a link to /etc/passwd."}),
    "a pipe was added": ("mkfifo public/p", {"public/p": "was added: a pipe."}),
    "rights were widened": ("chmod 666 public/index.php", {
        "public/index.php": "has the rights 666; it had 644, and now everybody on the server may "
                            "write to it."}),
    "rights were narrowed": ("chmod 700 src", {"src": "has the rights 700; it had 755."}),
    "rights and content": ("chmod 755 public/index.php; echo >>public/index.php", {
        "public/index.php": "was changed, and has the rights 755; it had 644."}),
    "a link leads elsewhere": ("ln -sfn /tmp latest", {
        "latest": "leads to /tmp now; it led to src/Shop."}),
    "a folder is a link": ("mv lib /tmp/$$; ln -s /tmp lib; rm -r /tmp/$$", {
        "lib": "was a folder and is a link to /tmp now."}),
    "a file is a pipe": ("rm bin/console; mkfifo bin/console", {
        "bin/console": "was a file and is a pipe now."}),
    "a shared folder is a real one": ("rm storage; mkdir storage", {
        "storage": "was a link and is a folder now."}),
    "a shared file leads elsewhere": ("ln -sfn /etc/passwd .env", {
        ".env": "leads to /etc/passwd now; it led to ../../shared/.env."}),
    "a created file is gone": ("rm logs/app.log", {"logs/app.log": "is missing."}),
    "a writable folder is a link": ("rm -r var/cache; ln -s /tmp var/cache", {
        "var/cache": "was a folder and is a link to /tmp now."}),
    "an asset was edited": ("echo >>public/build/new.js", {"public/build/new.js": "was changed."}),
    "the version's own folder is open": ("chmod 777 .", {
        "The version's own folder": "has the rights 777; it had 755, and now everybody on the "
                                    "server may write to it."}),
    "the commit was rewritten": ("echo x >REVISION", {"REVISION": "was changed."}),
    "our marker was rewritten": ("echo '<?php evil();' >.releasemgr/marker.php", {
        ".releasemgr/marker.php": "was changed."}),
    "a file beside our marker": ("echo >.releasemgr/x.php", {
        ".releasemgr/x.php": "was added: a hand edit, or an intruder’s file."}),
    "an odd name was edited": (r"""for f in ./-a*; do echo x >>"$f"; done""", {
        "-a 'b' \"c\" \\ $(touch pwned) * é\\nline": "was changed."}),
    "a name that is no UTF-8": (r"""touch "$(printf 'a\377\033[31m')" """, {
        r"a\xff\x1b[31m": "was added."}),
    "a folder that looks like a pattern": ("rm 'var/[x]*/file'", {"var/[x]*/file": "is missing."}),
}


@pytest.mark.parametrize("is_next", [False, True], ids=["all files", "what changed since"])
@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_found(what, is_next, shop):
    """Exactly that one, whether all files are read or those with a newer ctime alone."""
    command, expected = CHANGES[what]
    if is_next:
        settle()
        assert shop.look() == {}
    subprocess.run(["sh", "-c", command], cwd=shop.folder, check=True)
    assert (shop.next_look() if is_next else shop.look()) == expected


MAY_CHANGE = (
    "echo x >var/cache/new.php; rm var/cache/seed.php; mkdir var/cache/sub",
    "echo x >storage/upload.txt; echo x >>.env; echo x >>logs/app.log",
    "echo x >public/releasemgr-check-0a1b.txt",
)


@pytest.mark.parametrize("command", MAY_CHANGE)
def test_what_may_change_is_no_finding(command, shop):
    """Shared and writable paths, and the doctor's own test file."""
    subprocess.run(["sh", "-c", command], cwd=shop.folder, check=True)
    settle()
    assert shop.look() == {}
    assert shop.next_look() == {}


def test_older_assets_are_kept_and_what_came_later_is_found(shop):
    """By the ctime, which is not set by `touch`; a script is found whatever its age."""
    older = {"public/build/old.js": "", "public/build/deep/old.js": "", "public/build/old.php": ""}
    for path in older:
        (shop.folder / path).write_text("older")
    (shop.folder / "public/build/new.js").write_text("edited")
    shop.placed_at = int(time.time()) + 60
    assert shop.look() == {
        "public/build/old.php": "was added: a hand edit, or an intruder’s file.",
        "public/build/new.js": "was changed."}
    (shop.folder / "public/build/new.js").write_bytes(FILES["public/build/new.js"])
    settle()
    shop.placed_at = int(time.time())
    late = shop.folder / "public/build/late.js"
    late.write_text("later")
    os.utime(late, (1, 1))
    (shop.folder / "public/build/old.php").unlink()
    assert shop.look() == {"public/build/late.js": "was added."}


def test_a_folder_moved_in_that_was_prepared_long_ago_is_found(shop):
    """Its files have an old ctime; so once a folder changed, all files are read."""
    evil = shop.root / "evil"
    subprocess.run(["cp", "-a", shop.folder / "lib", evil], check=True)
    (evil / "a/one.php").write_text("evil")
    settle()
    assert shop.look() == {}
    (shop.folder / "lib").rename(shop.root / "away")
    evil.rename(shop.folder / "lib")
    assert shop.next_look() == {"lib/a/one.php": "was changed."}


def test_another_folder_under_the_same_name_is_read_as_a_whole(shop):
    """It is known by its inode: `releases` itself may have been swapped."""
    shop.look()
    known = shop.last["folder"]
    subprocess.run(["cp", "-a", shop.folder, shop.root / "swapped"], check=True)
    shop.folder.rename(shop.root / "away")
    (shop.root / "swapped").rename(shop.folder)
    settle()
    answer = shop.run(since=int(time.time()), folder=known)
    assert answer["whole"] == "1"
    assert answer["folder"] != known
    assert shop.run(since=answer["epoch"], folder=answer["folder"])["whole"] == "0"


def test_a_clock_that_was_put_back_makes_all_files_be_read(shop):
    """What changed since would lie before the last look."""
    shop.look()
    assert shop.run(since=int(time.time()) + 3600, folder=shop.last["folder"])["whole"] == "1"


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
    """Also one that is not ours; those of a release on its way are not looked at."""
    for path in ("control-0123456789ab.php", "entry/public/index.php", "incoming/x/a.php"):
        file = shop.root / ".releasemgr" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    records = base64.b64decode(shop.run()["ours"]).split(b"\0")[:-1]
    digest = hashlib.sha256(b"x").hexdigest().encode()
    assert sorted(records) == [digest + b"  ./control-0123456789ab.php",
                               digest + b"  ./entry/public/index.php"]


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
