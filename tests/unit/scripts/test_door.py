"""door.sh: the guarded HTTP door, readable for PHP's group, its keys replaced atomically."""

import grp
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from tests.unit.scripts.commands import until
from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import CONTROL, HOSTILE, NOBODY, lay, listing

PHP, KEYS = "<?php // 'endpoint'\n", '{"control": "x", "tokens": ["$(id)", "\\\\ \\n é"]}\n'


def door(server, *, generation=7, group="", php=PHP, keys=KEYS, control=CONTROL, **more):
    return server.run("door.sh", server.root, generation, group, php, keys, control, "<?php\n",
                      **more)


def mode(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_everything_is_installed_with_its_mode(server):
    """The endpoint is readable for all, the keys for PHP's group alone."""
    answer = door(server)
    assert (answer.code, answer.stderr) == (0, "")
    assert answer["installed"] == CONTROL
    assert answer["host"] == os.uname().nodename
    paths = server.paths
    assert Path(paths.endpoint).read_text() == PHP
    assert Path(paths.keys).read_text() == KEYS
    assert Path(paths.control(CONTROL)).read_text() == "<?php\n"
    assert Path(paths.refusals).read_text() == ""
    assert [mode(path) for path in (
        paths.ours, paths.endpoint, paths.control(CONTROL), paths.door, paths.door + "/nonces",
        paths.keys, paths.refusals)] == [0o755, 0o644, 0o644, 0o750, 0o2770, 0o640, 0o660]


@needs_root
def test_phps_group_owns_what_php_must_read_or_write(server):
    """The door, nonces, keys and refusals are its group's; the endpoint is ours alone."""
    assert door(server, group="www-data").code == 0
    group = grp.getgrnam("www-data").gr_gid
    paths = server.paths
    for path in (paths.door, paths.door + "/nonces", paths.keys, paths.refusals):
        assert os.stat(path).st_gid == group
    assert os.stat(paths.endpoint).st_gid == 0
    assert mode(paths.door + "/nonces") == 0o2770


def test_a_second_time_replaces_keys_and_keeps_what_php_wrote(server):
    """Refusals and used nonces stay: a replay after a key change is still a replay."""
    door(server)
    lay(Path(server.paths.door), {"nonces/aa": b"", "refusals.log": b"{}\n"})
    assert door(server, keys="{}", php="<?php 2;").code == 0
    assert Path(server.paths.keys).read_text() == "{}"
    assert Path(server.paths.endpoint).read_text() == "<?php 2;"
    assert Path(server.paths.refusals).read_bytes() == b"{}\n"
    assert Path(server.paths.door, "nonces/aa").exists()


def test_what_an_older_task_sends_late_is_refused(server):
    """Exit 76, and nothing is changed; the same number again, or a higher one, is welcome."""
    assert door(server, generation=8, keys="eight").code == 0
    before = listing(server.root)
    late = door(server, generation=7, keys="seven", php="<?php 7;")
    assert late.code == 76
    assert late.stderr.startswith("A newer list of tokens is here already (number 8)")
    assert listing(server.root) == before
    assert door(server, generation=8, keys="eight again").code == 0
    assert door(server, generation=1_900_000_000, keys="later").code == 0
    assert Path(server.paths.keys).read_text() == "later"
    assert door(server, generation=9).code == 76


@pytest.mark.parametrize("number", ["", "x", "-1", "1 2", "9" * 18])
def test_a_number_that_is_none_is_refused(server, number):
    """Exit 64, nothing installed."""
    assert door(server, generation=number).code == 64
    assert not Path(server.paths.door).exists()


@pytest.mark.parametrize("text", ["", "x\n", "7 8\n"])
def test_a_damaged_number_is_told_and_the_keys_stay(server, text):
    """Nobody knows then which list is newer; the sentence says how to go on."""
    door(server)
    Path(server.paths.door, "generation").write_text(text)
    answer = door(server, keys="{}")
    assert answer.code == 74
    assert "remove it, then install the tokens again" in answer.stderr
    assert Path(server.paths.keys).read_text() == KEYS


def test_older_tasks_are_shut_out_before_the_keys_are_written(server):
    """A connection that breaks between the two must not leave the door open to an older list."""
    door(server, keys="{}")
    Path(server.paths.keys).unlink()
    Path(server.paths.keys).mkdir()
    assert door(server, generation=8).code == 74
    assert Path(server.paths.door, "generation").read_text() == "8\n"


def test_wrong_modes_are_put_right(server):
    """Installing again is how a door that somebody opened is closed."""
    door(server)
    before = listing(server.root)
    for path in (server.paths.door, server.paths.keys, server.paths.refusals):
        os.chmod(path, 0o777)
    door(server)
    assert listing(server.root) == before


def test_keys_are_never_readable_for_others_not_even_half_written(server, tmp_path):
    """The temporary file is private from its first moment."""
    server.shim(tmp_path / "bin", "cat",
                f'stat -L -c %a /proc/$$/fd/1 >>{tmp_path}/modes; exec /usr/bin/cat "$@"')
    door(server)
    modes = (tmp_path / "modes").read_text().split()
    assert modes
    assert set(modes) == {"600"}


def test_a_reader_finds_old_or_new_keys_never_half(server):
    """Replaced by rename while PHP reads."""
    texts = ["a" * 20_000, "b" * 30_000]
    door(server, keys=texts[0])
    seen, ended = set(), threading.Event()

    def read():
        while not ended.is_set():
            seen.add(Path(server.paths.keys).read_text())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for turn in range(1, 8):
            until(lambda turn=turn: texts[(turn + 1) % 2] in seen)
            door(server, keys=texts[turn % 2])
        until(lambda: texts[1] in seen)
    finally:
        ended.set()
        reader.join()
    assert seen == set(texts)


def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(server, tmp_path):
    """What it pointed to is left alone, even with the same content."""
    door(server)
    outside = tmp_path / "outside"
    outside.write_text(KEYS)
    outside.chmod(0o600)
    Path(server.paths.keys).unlink()
    Path(server.paths.keys).symlink_to(outside)
    door(server)
    assert not Path(server.paths.keys).is_symlink()
    assert mode(outside) == 0o600


@pytest.mark.parametrize("control", ["", "../x.php", "a/b", ".."])
def test_a_control_name_that_is_a_path_is_refused(server, control):
    """Exit 64, nothing installed."""
    assert door(server, control=control).code == 64
    assert not Path(server.paths.door).exists()


def test_a_group_that_does_not_exist_is_told(server):
    """The sentence names it; no keys were written."""
    answer = door(server, group=f"-{HOSTILE}")
    assert answer.code == 74
    assert "invalid group" in answer.stderr
    assert not Path(server.paths.keys).exists()


@needs_root
def test_a_group_one_is_not_in_is_told(open_server):
    """Exit 82: the SSH user must be a member of PHP's group."""
    os.chown(open_server.root, NOBODY, NOBODY)
    open_server.user = NOBODY
    answer = door(open_server, group="www-data")
    assert answer.code == 82
    assert "www-data" in answer.stderr
    assert "nobody" in answer.stderr
    assert not Path(open_server.paths.keys).exists()


@needs_root
def test_a_full_disk_leaves_the_old_keys(small_disk):
    """Exit 79; PHP goes on with the keys it had."""
    server = small_disk(size="128k")
    door(server)
    assert door(server, keys="x" * 200_000).code == 79
    assert Path(server.paths.keys).read_text() == KEYS
    subprocess.run(["mount", "-o", "remount,ro", server.root], check=True)
    assert door(server, keys="y").code == 82
    assert Path(server.paths.keys).read_text() == KEYS
