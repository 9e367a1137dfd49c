"""inspect.sh: what it finds, what it prepares, and why it refuses."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import (
    CONTROL,
    HOSTILE,
    NOBODY,
    OLDER,
    RELEASE,
    Server,
    age,
    fill_disk,
    lay,
    listing,
)


def test_an_empty_server_is_prepared(server):
    """Our folders exist, PHP's file is there byte for byte, and nothing is live."""
    php = "<?php // 'quotes' \"$(touch pwned)\" \\ é\n\n"
    answer = server.inspect(php=php)
    assert (answer.code, answer.stderr) == (0, "")
    assert (answer["previous"], answer["previous_marker"], answer["placed"]) == ("", "", "0")
    control = Path(server.paths.control(CONTROL))
    assert control.read_text() == php
    assert control.stat().st_mode & 0o777 == 0o644
    for folder in ("releases", "shared", ".releasemgr/incoming", ".releasemgr/trash"):
        assert (server.root / folder).is_dir()
    assert Path(server.paths.ours, "fence").read_text() == "1\n"
    assert Path(server.paths.ours).stat().st_mode & 0o777 == 0o755


def test_it_tells_who_and_where_and_how_much_room_there_is(server):
    """User, host, clock and room are this machine's."""
    answer = server.inspect()
    assert answer["user"] == subprocess.check_output(["id", "-un"], text=True).strip()
    assert answer["host"] == os.uname().nodename
    assert abs(int(answer["epoch"]) - time.time()) < 5
    assert int(answer["free_kb"]) > 0
    assert int(answer["free_inodes"]) > 0


def test_twice_is_once(server):
    """The second run changes nothing: PHP's file keeps its inode, so OPcache keeps it too."""
    server.inspect(fence=3)
    before, control = listing(server.root), Path(server.paths.control(CONTROL)).stat()
    answer = server.inspect(fence=3)
    assert answer.code == 0
    assert listing(server.root) == before
    assert Path(server.paths.control(CONTROL)).stat().st_ino == control.st_ino


def test_a_damaged_control_file_is_replaced(server):
    """What PHP will run for us is what we sent, whatever lay there."""
    server.inspect()
    Path(server.paths.control(CONTROL)).write_text("<?php evil();")
    server.inspect()
    assert Path(server.paths.control(CONTROL)).read_text() == "<?php\n"


def test_the_live_release_is_named_by_its_marker(server):
    """The raw target and the name that PHP will answer with are both told."""
    server.placed({"index.php": b"<?php"}, release=OLDER)
    server.switch(f"releases/{OLDER}")
    answer = server.inspect()
    assert answer["previous"] == f"releases/{OLDER}"
    assert answer["previous_marker"] == OLDER


@pytest.mark.parametrize("name", ["12", "v1 'x' \\ \"y\" $(touch pwned) é", "two\nlines", "-n"])
def test_an_adopted_release_gets_a_marker(server, name):
    """A link made by another tool is the way back: PHP itself reads its name from the marker."""
    (server.root / "releases" / name).mkdir(parents=True)
    (server.root / "current").symlink_to(f"releases/{name}/")
    answer = server.inspect()
    assert (answer["previous"], answer["previous_marker"]) == (f"releases/{name}/", name)
    marker = server.root / "releases" / name / ".releasemgr/marker.php"
    code = "echo include $argv[1];"
    assert subprocess.check_output(["php", "-r", code, "--", marker], text=True) == name


def test_an_absolute_link_is_told_as_it_is(server):
    """The raw target is what goes back later, so it is not rewritten."""
    elsewhere = server.root.parent / "elsewhere"
    elsewhere.mkdir()
    (server.root / "current").symlink_to(elsewhere)
    answer = server.inspect()
    assert (answer["previous"], answer["previous_marker"]) == (str(elsewhere), "elsewhere")


@pytest.mark.parametrize("target", ["releases/gone", "trailing\n", "back\\slash\\n"])
def test_a_dangling_link_has_no_marker(server, target):
    """The target is told raw, to the last byte; there is no release to mark."""
    (server.root / "current").symlink_to(target)
    answer = server.inspect()
    assert answer.code == 0
    assert (answer["previous"], answer["previous_marker"]) == (target, "")


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
            "inspect.sh", root, 1, "", 0, 0, CONTROL, "").code == 64


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


def test_a_complete_release_is_placed(server):
    """A folder without our marker is not complete; with it, no room is asked for."""
    lay(server.root, {f"releases/{RELEASE}/index.php": b""})
    assert server.inspect()["placed"] == "0"
    lay(server.root, {f"releases/{RELEASE}/.releasemgr/marker.php": b"<?php"})
    assert server.inspect(kb=10**12)["placed"] == "1"


def test_what_older_workers_left_is_swept(server):
    """Unfinished releases of lower fences and temporary files go, those of this fence stay."""
    server.inspect()
    lay(Path(server.paths.ours), {
        "incoming/a.1/x": b"", "incoming/checked-b.4/x": b"", "incoming/c.5/x": b"",
        "trash/old.77/x": b"", "fence.new": b"9", "current.new": b"",
    })
    server.inspect(fence=5)
    left = listing(Path(server.paths.ours))
    assert "incoming/c.5/x" in left
    assert not [path for path in left if ".new" in path or "trash/" in path]
    assert not [path for path in left if "a.1" in path or "b.4" in path]


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
    answer = server.inspect(fence=2)
    assert answer.code == 79
    assert Path(server.paths.ours, "fence").read_text() == "1\n"


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
    assert "nobody" in answer.stderr
    assert (str(root) if not mine else f"/{mine}") in answer.stderr


@needs_root
def test_an_ordinary_user_may_work_in_a_root_of_his_own(open_server):
    """No step of it needs root, not even making the root's folders."""
    os.chown(open_server.root, NOBODY, NOBODY)
    open_server.user = NOBODY
    assert open_server.inspect().code == 0


def test_times_of_the_live_release_do_not_matter(server):
    """A marker written once is left alone: its time and inode stay."""
    (server.root / "releases/12").mkdir(parents=True)
    (server.root / "current").symlink_to("releases/12")
    server.inspect()
    age(server.root / "releases/12", 1000)
    server.inspect()
    marker = server.root / "releases/12/.releasemgr/marker.php"
    assert marker.stat().st_mtime == 1000
