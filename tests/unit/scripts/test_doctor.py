"""doctor.sh, testfile.sh and rights.sh: what they read, and how little they change."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import CONTROL, NOBODY, OLDER, RELEASE, lay

CHECK = "releasemgr-check-0123456789abcdef.txt"


def doctor(server, *sockets, php="<?php\n"):
    return server.run("doctor.sh", server.root, CONTROL, php, *sockets)


def put_file(server, text, *, public="public", name=CHECK):
    return server.run("testfile.sh", server.root, public, name, text)


def test_it_tells_who_we_are_what_is_live_and_what_is_free(site):
    """In a root whose name attacks careless scripts; the link's target as it is."""
    began = int(time.time())
    said = doctor(site)
    assert said.code == 0, said
    assert began <= int(said["epoch"]) <= time.time()
    assert (said["current"], said["writable"], said["include"]) == (
        f"releases/{OLDER}", "1", "0")
    assert int(said["free_kb"]) > 0
    assert int(said["free_inodes"]) > 0
    assert said["user"] in said["groups"].split() or said["user"]


def test_our_php_file_is_put_there_once_and_mended(server):
    """Without the lock, by one rename; what is right is not touched."""
    path = server.root / ".releasemgr" / CONTROL
    assert doctor(server).code == 0
    before = path.stat()
    assert (path.read_text(), oct(before.st_mode)[-3:]) == ("<?php\n", "644")
    doctor(server)
    assert path.stat().st_ino == before.st_ino
    path.write_text("broken")
    doctor(server)
    assert path.read_text() == "<?php\n"
    assert [each.name for each in path.parent.iterdir()] == [CONTROL]


@needs_root
def test_a_folder_one_may_not_write_is_told(open_server):
    """It is an answer, no failure: the doctor says what to do."""
    open_server.user = NOBODY
    said = doctor(open_server)
    assert (said.code, said["writable"]) == (0, "0")
    assert list(open_server.root.iterdir()) == []


def test_sockets_are_told_with_their_rights(server, tmp_path):
    """What is no socket is left out: the pool's own question says that it is missing."""
    import socket

    path = tmp_path / "www.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0o666)
        said = doctor(server, path, tmp_path / "none.sock")
    mode, _, _, told = said["socket"].split(" ", 3)
    assert (mode, told) == ("666", str(path))


def test_programs_of_php_that_run_from_the_sites_folders_are_named(site):
    """Neither PHP of other sites, nor editors and logs of this one."""
    ours = subprocess.Popen(["php", "-r", "sleep(60);", f"{site.root}/current/queue"])
    other = subprocess.Popen(["php", "-r", "sleep(60);", "/srv/other/current/queue"])
    log = subprocess.Popen(["sleep", "60"], cwd=site.root / "releases" / OLDER)
    try:
        said = doctor(site)
    finally:
        for process in (ours, other, log):
            process.kill()
            process.wait()
    assert "current/queue" in said["program"]
    assert isinstance(said["program"], str)


def test_a_current_that_is_a_folder_is_told(server):
    """Exit 77 with the words of every script."""
    (server.root / "current").mkdir()
    assert doctor(server).code == 77


def test_the_test_file_is_put_replaced_and_taken_away(site):
    """Each time a new file under the same name, in the live version alone."""
    lay(site.root, {f"releases/{OLDER}/public/index.php": b"<?php"})
    path = site.root / "releases" / OLDER / "public" / CHECK
    assert put_file(site, "one").code == 0
    first = path.stat().st_ino
    assert path.read_text() == "one"
    put_file(site, "two")
    assert (path.read_text(), path.stat().st_ino != first) == ("two", True)
    assert put_file(site, "")["removed"] == "1"
    assert not list(site.root.rglob("releasemgr-check-*"))
    assert not (site.root / "releases" / RELEASE / "public").exists()


def test_what_an_earlier_look_left_behind_goes(site):
    """Ten minutes old: whoever put it there is gone."""
    lay(site.root, {f"releases/{RELEASE}/releasemgr-check-aa.txt": b"x",
                    f"releases/{OLDER}/releasemgr-check-bb.txt": b"x"})
    old = site.root / "releases" / RELEASE / "releasemgr-check-aa.txt"
    os.utime(old, (1, 1))
    put_file(site, "one", public="")
    names = sorted(path.name for path in site.root.rglob("releasemgr-check-*"))
    assert names == [CHECK, "releasemgr-check-bb.txt"]


@pytest.mark.parametrize(("public", "name"), [
    ("public", "index.php"), ("public", "releasemgr-check-/../x.txt"), ("../..", CHECK),
    ("public", "releasemgr-check-A.txt"), ("public", "releasemgr-check-a.php")])
def test_no_other_file_can_be_written(site, public, name):
    """Exit 64: this is not a way to put files into a site."""
    assert put_file(site, "x", public=public, name=name).code == 64


def test_without_a_live_version_there_is_nothing_to_test(server):
    """Exit 78."""
    assert put_file(server, "x").code == 78


def test_rights_are_told_without_running_anything(open_server):
    """Root may all; an account without sudoers' lines none."""
    commands = ("/usr/bin/systemctl reload php8.2-fpm", "/usr/sbin/nginx -t")
    open_server.user = NOBODY if os.geteuid() == 0 else None
    said = open_server.run("rights.sh", *commands)
    assert said.code == 0
    assert said["right"] == [f"0 {command}" for command in commands]


@needs_root
def test_without_sudo_not_even_root_has_a_right(server, tmp_path):
    """Everything that acts goes through sudo, so it would fail there."""
    programs, command = tmp_path / "programs", "/usr/bin/systemctl reload php8.2-fpm"
    programs.mkdir()
    assert server.run("rights.sh", command)["right"] == f"1 {command}"
    for path in Path("/usr/bin").iterdir():
        if path.name != "sudo":
            (programs / path.name).symlink_to(path)
    server.search_path = str(programs)
    assert server.run("rights.sh", command)["right"] == f"0 {command}"


@pytest.mark.parametrize("command", ["reload x", "/bin/sh -c 'id'", "/bin/a;id", "/bin/a *"])
def test_rights_takes_plain_commands_alone(server, command):
    """Exit 64."""
    assert server.run("rights.sh", command).code == 64
