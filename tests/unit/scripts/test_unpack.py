"""unpack.sh: the archive on stdin becomes a folder of ours, whole or not at all."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import NOBODY, RELEASE, SITE, Link, alive, archive_of, lay, listing


def incoming(server, fence=1, release=RELEASE):
    return Path(server.paths.incoming(release, fence))


def half(server, *, fence=1):
    """Begin to send an archive in a session of its own, as sshd does; half of it arrives."""
    data = archive_of({"big": os.urandom(3_000_000)})
    running = server.start("unpack.sh", server.root, fence, RELEASE, stdin=data,
                           start_new_session=True)
    running.process.stdin.write(data[: len(data) // 2])
    running.process.stdin.flush()
    while not (incoming(server, fence) / "big").exists():
        time.sleep(0.02)
    return running


def test_an_archive_becomes_a_folder_with_its_modes_and_times(server):
    """Modes, links, empty folders; in the folder of this fence."""
    answer = server.send(SITE)
    assert (answer.code, answer.stderr) == (0, "")
    assert answer["unpacked"] == str(incoming(server))
    found = listing(incoming(server))
    assert found["public/build/new.js"] == ("0o644", b"new")
    assert found["bin/console"][0] == "0o755"
    assert found["latest"] == ("link", "src/Shop")
    assert (incoming(server) / "var/empty").is_dir()


def test_not_a_byte_of_the_archive_is_taken_for_a_script(server):
    """A shell that reads its script from stdin would read ahead, and swallow data."""
    content = os.urandom(5_000_000)
    assert server.send({"big": content}).code == 0
    assert (incoming(server) / "big").read_bytes() == content


def test_twice_is_once(server):
    """What an earlier try left is replaced, not added to."""
    lay(incoming(server), {"stale": b"", "public/index.php": b"old"})
    assert server.send(SITE).code == 0
    assert not (incoming(server) / "stale").exists()
    assert (incoming(server) / "public/index.php").read_bytes() == SITE["public/index.php"]
    assert list(Path(server.paths.trash).iterdir()) == []


def test_an_older_worker_is_refused(server):
    """A lower fence unpacks nothing."""
    server.inspect(fence=5)
    assert server.send(SITE, fence=4).code == 76
    assert not incoming(server, 4).exists()


@pytest.mark.parametrize("release", ["", ".", "..", "../x", "a/b"])
def test_what_is_no_name_is_refused(server, release):
    """Exit 64 before a folder is made."""
    assert server.send(SITE, release=release).code == 64
    assert list(server.root.iterdir()) == []


@pytest.mark.parametrize("archive", [b"", b"no archive", archive_of(SITE)[:-60]])
def test_a_broken_archive_is_told_and_leaves_nothing(server, archive):
    """Cut short, empty or something else: exit 74 in tar's words."""
    answer = server.send({}, archive=archive)
    assert answer.code == 74
    assert f"Could not unpack {RELEASE}" in answer.stderr
    assert not incoming(server).exists()


@needs_root
def test_a_full_disk_is_told_and_its_room_given_back(small_disk):
    """Exit 79 in one sentence, however many files did not fit; nothing is left of them."""
    server = small_disk(size="512k")
    answer = server.send({f"file{number}": os.urandom(30_000) for number in range(40)})
    assert answer.code == 79
    assert answer.stderr.count("\n") == 1
    assert "No space left on device" in answer.stderr
    assert not incoming(server).exists()
    assert server.send(SITE).code == 0


@needs_root
def test_too_few_inodes_are_told(small_disk):
    """Exit 79 too."""
    server = small_disk(nr_inodes=40)
    answer = server.send({f"file{number}": b"" for number in range(60)})
    assert (answer.code, "No space left" in answer.stderr) == (79, True)


@needs_root
def test_a_missing_permission_is_told(open_server):
    """Exit 82 names the account."""
    open_server.inspect()
    for folder in (open_server.root, *open_server.root.rglob("*")):
        os.chown(folder, NOBODY, NOBODY)
    os.chown(open_server.paths.ours + "/incoming", 0, 0)
    open_server.user = NOBODY
    answer = open_server.send(SITE)
    assert (answer.code, "as nobody" in answer.stderr) == (82, True)


def test_others_work_while_it_unpacks(server):
    """A slow line does not keep the lock."""
    running = half(server)
    assert server.inspect().code == 0
    assert running.process.poll() is None
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()


@pytest.mark.parametrize("fence", [1, 2])
def test_one_that_still_waits_for_data_is_ended_by_the_next(server, fence):
    """Its connection is dead and nobody told it; its successor writes alone."""
    lost = half(server)
    assert server.send(SITE, fence=fence).code == 0
    assert lost.process.wait(5) == -signal.SIGKILL
    assert not (incoming(server, fence) / "big").exists()


def test_a_look_at_the_server_ends_those_of_older_workers_alone(server):
    """Their folders are swept, so nothing may write in them; one of our own goes on."""
    lost = half(server)
    assert server.inspect(fence=1).code == 0
    assert alive(lost.process.pid)
    assert server.inspect(fence=2).code == 0
    assert lost.process.wait(5) == -signal.SIGKILL
    assert not incoming(server).exists()


def test_a_release_is_not_placed_while_it_arrives(server):
    """Whoever places it ends what still writes."""
    lost = half(server)
    assert server.place(digest="0" * 64).code == 81
    assert lost.process.wait(5) == -signal.SIGKILL


def test_one_in_our_own_session_is_not_ended(server):
    """Where commands get no sessions of their own: exit 75 says what to end."""
    data = archive_of({"big": os.urandom(1_000_000)})
    running = server.start("unpack.sh", server.root, 1, RELEASE, stdin=data)
    running.process.stdin.write(data[:500_000])
    running.process.stdin.flush()
    while not (incoming(server) / "big").exists():
        time.sleep(0.02)
    answer = server.send(SITE, fence=2)
    assert (answer.code, str(running.process.pid) in answer.stderr) == (75, True)
    running.stdin = data[500_000:]
    assert running.answer().code == 0


def test_a_link_in_the_way_is_replaced_and_not_followed(server):
    """What lies where the release is unpacked never leads out of our folder."""
    lay(server.root, {"elsewhere/kept": b"", f".releasemgr/incoming/{RELEASE}.1":
                      Link("../../elsewhere")})
    assert server.send(SITE).code == 0
    assert [path.name for path in (server.root / "elsewhere").iterdir()] == ["kept"]
