"""inspect.sh: why it refuses a server, each reason with its code and its sentence."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import (
    CONTROL,
    HOSTILE,
    NOBODY,
    Server,
    fill_disk,
    lay,
    listing,
)


def test_a_real_folder_is_refused_with_the_commands_that_convert_it(server):
    """Nothing is changed; the printed commands work as they are, also for a hostile root."""
    lay(server.root, {"current/index.php": b"<?php"})
    before = listing(server.root)
    answer = server.inspect()
    assert answer.code == 77
    assert listing(server.root) == before
    commands = answer.stderr[answer.stderr.index("mkdir -p") :]
    subprocess.run(["sh", "-c", commands], check=True, cwd="/")
    assert (server.root / "current/index.php").read_bytes() == b"<?php"
    assert server.inspect()["previous"] == "releases/before-releasemgr"


def test_a_file_named_current_is_refused_with_the_command_that_moves_it(server):
    """Nothing is changed; the printed command works as it is."""
    (server.root / "current").write_text("notes")
    answer = server.inspect()
    assert answer.code == 77
    assert list(server.root.iterdir()) == [server.root / "current"]
    subprocess.run(["sh", "-c", answer.stderr[answer.stderr.index("mv -T") :]], check=True)
    assert server.inspect().code == 0


def test_missing_shared_files_are_named_in_full(server):
    """All of them, each with its whole path; other kinds of entries may be missing."""
    lay(server.root, {"shared/there": b"x"})
    answer = server.inspect("file", "there", "file", f"{HOSTILE}/a", "file", "config/.env",
                            "dir", "uploads", "create", "log", "writable", "cache")
    assert answer.code == 80
    assert f"{server.root}/shared/{HOSTILE}/a" in answer.stderr
    assert f"{server.root}/shared/config/.env" in answer.stderr
    assert "there" not in answer.stderr.replace(HOSTILE, "")


def test_a_folder_is_not_a_shared_file(server):
    """`file` must exist as a file: a folder there is a mistake to point out."""
    lay(server.root, {"shared/settings": b"", "shared/folder/x": b""})
    assert server.inspect("file", "settings").code == 0
    assert server.inspect("file", "folder").code == 80


BAD_PATHS = ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", ".releasemgr/x", "REVISION"]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_leaves_its_folder_is_refused(server, path):
    """Neither upwards, nor absolute, nor into what is ours."""
    assert server.inspect("file", path).code == 64


@pytest.mark.parametrize("arguments", [
    {"fence": "x"}, {"fence": ""}, {"fence": "1" * 18}, {"fence": "-1"}, {"kb": "1k"},
    {"release": "../x"}, {"release": "a/b"}, {"release": ".."},
])
def test_a_bad_argument_is_refused(server, arguments):
    """Numbers are numbers, names are one path component."""
    assert server.inspect(**arguments).code == 64


def test_a_relative_root_and_the_whole_disk_are_refused():
    """A root is an absolute folder below /."""
    for root in ("site", "", "/"):
        assert Server(Path("/unused")).run(
            "inspect.sh", root, 1, "", "", 0, 0, CONTROL, "").code == 64


def test_odd_entries_are_refused(server):
    """An unknown kind or half a pair is our caller's mistake."""
    assert server.inspect("seeded", "x").code == 64
    assert server.inspect("file").code == 64


def test_a_newer_worker_has_taken_over(server):
    """A lower fence is refused and the higher one stays."""
    assert server.inspect(fence=10).code == 0
    answer = server.inspect(fence=9)
    assert answer.code == 76
    assert "10" in answer.stderr
    assert Path(server.paths.ours, "fence").read_text() == "10\n"


def test_a_damaged_fence_stops_everybody(server):
    """What cannot be read is not taken for zero."""
    server.inspect()
    for damage in ("", "many\n", "-3\n"):
        Path(server.paths.ours, "fence").write_text(damage)
        assert server.inspect(fence=5).code == 74


def test_a_lock_that_stays_busy_is_told(server, tmp_path):
    """Another command at work: exit 75 after the wait, nothing changed."""
    server.inspect()
    server.shim(tmp_path / "bin", "flock", 'shift 2; exec /usr/bin/flock -w 0.2 "$@"')
    with subprocess.Popen(["flock", server.paths.ours + "/lock", "-c", "echo; sleep 30"],
                          stdout=subprocess.PIPE, start_new_session=True) as holder:
        holder.stdout.readline()
        answer = server.inspect(fence=2)
        os.killpg(holder.pid, 9)
    assert answer.code == 75
    assert Path(server.paths.ours, "fence").read_text() == "1\n"
    assert server.inspect(fence=2).code == 0


def test_releases_on_another_file_system_are_refused(server):
    """A link there would make renaming a copy and break the links to shared files."""
    (server.root / "releases").symlink_to(server.root.parent)
    assert server.inspect().code == 82


def test_too_little_room_is_told_in_figures(server):
    """Disk and inodes, each named with what is needed and what is free."""
    answer = server.inspect(kb=10**12)
    assert answer.code == 79
    assert "1000000000000 KB" in answer.stderr
    answer = server.inspect(inodes=10**12)
    assert answer.code == 79
    assert "inodes" in answer.stderr


@needs_root
def test_a_full_disk_is_told(small_disk):
    """Not even our own small files fit: exit 79, not a permission puzzle."""
    server = small_disk(size="64k")
    assert server.inspect().code == 0
    fill_disk(server.root)
    assert server.inspect(kb=100).code == 79
    answer = server.inspect(php="<?php // another one")
    assert answer.code == 79
    assert "No space left" in answer.stderr


@needs_root
def test_a_new_worker_takes_over_on_a_full_disk(small_disk):
    """Who follows a lost worker must be able to go back: a higher fence needs no room."""
    server = small_disk(size="64k")
    assert server.inspect(fence=99).code == 0
    fill_disk(server.root)
    assert server.inspect(fence=100).code == 0
    assert Path(server.paths.ours, "fence").read_text() == "100\n"
    assert server.inspect(fence=99).code == 76


@needs_root
def test_a_disk_without_inodes_is_told(small_disk):
    """The first folder that cannot be made ends it with exit 79."""
    server = small_disk(size="1m", nr_inodes=4)
    assert server.inspect().code == 79


@needs_root
def test_a_read_only_root_is_told(small_disk):
    """Exit 82 names the folder; it stays empty."""
    server = small_disk(size="64k")
    subprocess.run(["mount", "-o", "remount,ro", server.root], check=True)
    answer = server.inspect()
    assert answer.code == 82
    assert "Read-only" in answer.stderr
    assert not list(server.root.iterdir())


@needs_root
@pytest.mark.parametrize("mine", ["", ".releasemgr", "releases"])
def test_a_missing_permission_is_told(open_server, mine):
    """Wherever the user may not write, exit 82 names the folder and the user."""
    root = open_server.root
    if mine:
        open_server.inspect()
        for folder in (root, *root.rglob("*")):
            os.chown(folder, NOBODY, NOBODY)
        os.chown(root / mine, 0, 0)
    open_server.user = NOBODY
    answer = open_server.inspect(fence=2)
    assert answer.code == 82
    assert not list(root.rglob("*write-test*"))
    assert "nobody" in answer.stderr
    assert (str(root) if not mine else f"/{mine}") in answer.stderr
