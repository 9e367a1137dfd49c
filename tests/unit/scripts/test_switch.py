"""switch.sh: one rename, never a moment without `current`, never an older worker's will."""

import os
import random
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import HOSTILE, NOBODY, fill_disk, lay, listing

ONE, TWO = "releases/1", "releases/2"


@pytest.fixture
def two(server):
    """A server with two release folders and no link."""
    lay(server.root, {f"{ONE}/index.php": b"1", f"{TWO}/index.php": b"2"})
    return server


def test_the_first_switch_makes_the_link(two):
    """From nothing to a relative link; previous is empty."""
    began = time.time()
    answer = two.switch(ONE)
    assert int(began * 1000) <= int(answer["epoch_ms"]) <= time.time() * 1000
    assert (answer.code, answer.stderr) == (0, "")
    assert (answer["previous"], answer["current"]) == ("", ONE)
    assert two.current() == ONE


def test_the_link_before_is_told(two):
    """Its raw target is the way back."""
    two.switch(ONE)
    answer = two.switch(TWO, ONE)
    assert (answer["previous"], answer["current"]) == (ONE, TWO)
    assert two.switch(ONE, TWO).code == 0
    assert two.current() == ONE


def test_twice_is_once(two):
    """A retry after a lost answer succeeds and does not make the link anew."""
    two.switch(ONE)
    two.switch(TWO, ONE)
    inode = (two.root / "current").lstat().st_ino
    answer = two.switch(TWO, ONE)
    assert (answer.code, answer["current"]) == (0, TWO)
    assert (two.root / "current").lstat().st_ino == inode


def test_a_first_release_that_failed_removes_its_link(two):
    """An empty target leaves no link, also the second time; the release stays."""
    two.switch(ONE)
    for _ in range(2):
        answer = two.switch("", ONE)
        assert (answer.code, answer["current"]) == (0, "")
        assert not (two.root / "current").is_symlink()
    assert (two.root / ONE / "index.php").exists()


def test_somebody_elses_switch_is_not_undone(two):
    """`current` is neither what was expected nor the target: exit 83, told, untouched."""
    lay(two.root, {"releases/3/x": b""})
    two.switch("releases/3")
    answer = two.switch(TWO, ONE)
    assert (answer.code, answer["previous"]) == (83, "releases/3")
    assert two.current() == "releases/3"
    assert two.switch("", ONE).code == 83
    assert two.switch(TWO, "").code == 83


@pytest.mark.parametrize("target", [HOSTILE, "-n", "trailing\n", "a\\nb", "releases/../releases/1"])
def test_any_target_is_set_and_read_back_literally(two, target):
    """Spaces, quotes, newlines, dashes and backslashes are only characters."""
    (two.root / target).mkdir(exist_ok=True)
    answer = two.switch(target)
    assert (answer.code, answer["current"]) == (0, target)
    assert two.current() == target
    assert two.switch(ONE, target)["previous"] == target


def test_absolute_targets_are_restored_as_they_were(two):
    """An adopted absolute link goes away and comes back unchanged."""
    old = str(two.root / ONE)
    (two.root / "current").symlink_to(old)
    assert two.switch(TWO, old)["previous"] == old
    assert two.switch(old, TWO)["current"] == old
    assert two.current() == old


def test_a_target_that_is_no_folder_is_refused(two):
    """Missing, a file, or a dangling link: exit 78 and visitors notice nothing."""
    two.switch(ONE)
    lay(two.root, {"releases/file": b""})
    (two.root / "releases/dangling").symlink_to("nowhere")
    for target in ("releases/gone", "releases/file", "releases/dangling"):
        answer = two.switch(target, ONE)
        assert answer.code == 78
        assert target in answer.stderr
    assert two.current() == ONE


def test_a_dangling_link_can_be_left_but_not_returned_to(two):
    """A site that is down can be released; going back to nothing is refused."""
    (two.root / "current").symlink_to("releases/gone")
    assert two.switch(ONE, "releases/gone").code == 0
    assert two.switch("releases/gone", ONE).code == 78
    assert two.current() == ONE


def test_a_real_folder_is_refused_and_nothing_changes(two):
    """No link inside it, no success: exit 77 with the commands that convert it."""
    lay(two.root, {"current/index.php": b"live"})
    before = listing(two.root)
    answer = two.switch(ONE)
    assert answer.code == 77
    assert listing(two.root) == before
    commands = answer.stderr[answer.stderr.index("mkdir -p") :]
    subprocess.run(["sh", "-c", commands], check=True, cwd="/")
    assert two.switch(ONE, "releases/before-releasemgr").code == 0


def test_an_older_worker_is_refused(two):
    """A lower fence changes nothing."""
    two.switch(ONE, fence=7)
    assert two.switch(TWO, ONE, fence=6).code == 76
    assert two.current() == ONE
    assert two.switch(TWO, ONE, fence=7).code == 0


def test_a_link_left_half_made_does_not_matter(two):
    """Also one that names a folder, into which a careless rename would move."""
    two.switch(ONE)
    Path(two.paths.ours, "current.new").symlink_to(two.root / TWO)
    assert two.switch(TWO, ONE).code == 0
    assert two.current() == TWO
    assert listing(two.root / TWO) == {"index.php": ("0o644", b"2")}


@needs_root
def test_a_missing_permission_is_told(open_server):
    """The link cannot be renamed into a root of somebody else's: exit 82."""
    lay(open_server.root, {f"{ONE}/x": b""})
    open_server.inspect()
    for path in Path(open_server.paths.ours).rglob("*"):
        os.chown(path, NOBODY, NOBODY)
    os.chown(open_server.paths.ours, NOBODY, NOBODY)
    open_server.user = NOBODY
    answer = open_server.switch(ONE)
    assert answer.code == 82
    assert not (open_server.root / "current").is_symlink()


@needs_root
def test_a_read_only_disk_is_told(small_disk):
    """A disk that went read-only after a fault: exit 82, the link as it was."""
    server = small_disk(size="256k")
    lay(server.root, {f"{ONE}/x": b"", f"{TWO}/x": b""})
    server.switch(ONE)
    subprocess.run(["mount", "-o", "remount,ro", server.root], check=True)
    assert server.switch(TWO, ONE).code == 82
    assert server.current() == ONE


@needs_root
def test_going_back_works_on_a_full_disk(small_disk):
    """A release that filled the disk can still be left: a rename needs no room."""
    server = small_disk(size="128k")
    lay(server.root, {f"{ONE}/x": b"", f"{TWO}/x": b""})
    server.switch(ONE)
    server.switch(TWO, ONE)
    fill_disk(server.root / TWO)
    assert server.switch(ONE, TWO).code == 0
    assert server.current() == ONE


class Reader(threading.Thread):
    """Follows the link without pause; keeps each change and each moment without it."""

    def __init__(self, link):
        super().__init__()
        self.link, self.seen, self.missing, self.reads = link, [], 0, 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.reads += 1
            try:
                target = os.readlink(self.link)
            except OSError:
                self.missing += 1
                continue
            if not self.seen or self.seen[-1] != target:
                self.seen.append(target)
            if self.reads % 100 == 0:
                time.sleep(0)


def test_many_workers_at_once_never_invert_and_never_lose_the_link(two):
    """8 threads, 480 calls, 40 % with an old fence: the link follows growing fences alone."""
    for fence in range(1, 600):
        (two.root / f"releases/r{fence:04}").mkdir()
    two.switch("releases/r0001", fence=1)
    random.seed(2)
    fences = [max(2, call + random.randint(-30, 8)) for call in range(1, 481)]

    refusals = []

    def call(fence):
        answer = two.switch(f"releases/r{fence:04}", two.current(), fence=fence)
        if answer.code == 76:
            refusals.append(answer.stderr)
        return answer.code, fence

    reader = Reader(two.root / "current")
    reader.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(call, fences))
    finally:
        reader.ended.set()
        reader.join()
    assert {code for code, _ in outcomes} <= {0, 76, 83}
    assert sum(code == 0 for code, _ in outcomes) > 20
    assert sum(code == 76 for code, _ in outcomes) == len(refusals) > 20
    assert all("A newer worker has taken over here" in each for each in refusals)
    assert reader.missing == 0
    assert reader.reads > 10_000
    assert reader.seen == sorted(reader.seen)
    assert two.current() == f"releases/r{max(fence for code, fence in outcomes if not code):04}"
