"""drift.sh and what is made of it: every change in a release's folder is seen, and none is made."""

import os
import subprocess
import time

import pytest

from tests.unit.scripts.released import FILES, Shop, settle
from tests.unit.scripts.server import listing


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
    """While a release holds the lock, and without becoming its holder."""
    with open(shop.root / ".releasemgr/lock") as lock:
        subprocess.run(["flock", "--nonblock", str(lock.fileno())], check=True,
                       pass_fds=[lock.fileno()])
        holder = (shop.root / ".releasemgr/holder").read_text()
        assert shop.look() == {}
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
