"""webconf.sh, entry.sh and web.sh: what they write, what they refuse, what they see."""

import os
import stat
import subprocess
import time
from pathlib import Path

import pytest

from deployments.coherence import web_config
from tests.sandbox.apache import PREFORK, Apache
from tests.sandbox.daemons import free_port
from tests.unit.scripts.commands import until
from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import OLDER, RELEASE, Server, lay

WORD = "0123456789abcdef" * 2
YES = "/bin/true -t"


@pytest.fixture
def plain(tmp_path):
    """A site whose folder has a name that can be written into a configuration."""
    root = tmp_path / "site"
    lay(root, {f"releases/{RELEASE}/x": b"", f"releases/{OLDER}/x": b""})
    server = Server(root)
    assert server.switch(f"releases/{OLDER}").code == 0
    return server


def webconf(server, sort="nginx", test=YES, *, fence=1, **more):
    return server.run("webconf.sh", server.root, fence, sort, test, "the line", **more)


@needs_root
@pytest.mark.parametrize(("sort", "line"), [
    ("nginx", 'set $release_root "{}";'), ("apache", 'Define RELEASE_ROOT "{}"')])
def test_the_folder_that_current_names_is_written(plain, sort, line):
    """One line that the web server includes; a second time changes nothing."""
    answer = webconf(plain, sort)
    folder = f"{plain.root}/releases/{OLDER}"
    assert (answer.code, answer["release_root"], answer["changed"]) == (0, folder, "1")
    file = plain.root / ".releasemgr/web.conf"
    assert file.read_text().splitlines()[1:] == [line.format(folder)]
    assert file.read_text() == web_config.text_for(sort, folder)  # the drift watch compares it
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    inode = file.stat().st_ino
    assert webconf(plain, sort)["changed"] == "0"
    assert file.stat().st_ino == inode


@needs_root
def test_a_link_that_names_no_release_of_ours_is_named_itself(plain):
    """None at all, or the folder of a site that was brought aboard."""
    (plain.root / "current").unlink()
    assert webconf(plain)["release_root"] == f"{plain.root}/current"
    (plain.root / "current").symlink_to(plain.root / "releases" / OLDER)
    assert webconf(plain)["release_root"] == f"{plain.root}/current"


@needs_root
def test_a_test_that_fails_puts_the_old_file_back(plain):
    """Its bytes, or its absence; what the test printed is the sentence."""
    file = plain.root / ".releasemgr/web.conf"
    assert webconf(plain, test="/bin/ls /no-such-file").code == 74
    assert not file.exists()
    webconf(plain)
    old = file.read_bytes()
    plain.switch(f"releases/{RELEASE}", f"releases/{OLDER}")
    answer = webconf(plain, test="/bin/ls /no-such-file")
    assert answer.code == 74
    assert "refuses its configuration" in answer.stderr
    assert "No such file" in answer.stderr
    assert file.read_bytes() == old


@needs_root
@pytest.mark.parametrize(
    "test", ["nginx -t", "/bin/true; id", "/bin/true $(id)", "/bin/true *", ""])
def test_only_plain_words_are_run_as_root(plain, test):
    """Nothing that a shell would read."""
    assert webconf(plain, test=test).code == 64


@needs_root
def test_a_folder_that_a_configuration_could_misread_is_refused(server):
    """Quotes, blanks, dollars, newlines: nobody writes those into nginx's file."""
    answer = webconf(server)
    assert answer.code == 64
    assert not (server.root / ".releasemgr/web.conf").exists()


def test_a_replaced_worker_writes_nothing(plain):
    """Its fence is older."""
    assert plain.run("entry.sh", plain.root, 5, "public", "<?php", WORD).code == 0
    assert plain.run("entry.sh", plain.root, 4, "other", "<?php", WORD).code == 76
    assert webconf(plain, fence=4).code == 76
    assert not (plain.root / ".releasemgr/entry/other").exists()


def test_the_entry_lies_where_its_public_folder_says(plain):
    """Readable by PHP; the word can be found by who knows it, and old ones go."""
    ours = plain.root / ".releasemgr"
    for folder, path in (("public", "public/index.php"), ("", "index.php")):
        answer = plain.run("entry.sh", plain.root, 1, folder, "<?php // new", WORD)
        assert answer["entry"] == str(ours / "entry" / path)
        assert (ours / "entry" / path).read_text() == "<?php // new"
    assert (ours / "questions" / WORD).exists()
    assert stat.S_IMODE((ours / "questions").stat().st_mode) == 0o711
    os.utime(ours / "questions" / WORD, (time.time() - 3600, time.time() - 3600))
    assert plain.run("entry.sh", plain.root, 1, "public", "<?php", WORD[::-1]).code == 0
    assert os.listdir(ours / "questions") == [WORD[::-1]]


@pytest.mark.parametrize(("folder", "word"), [
    ("../x", WORD), ("a/./b", WORD), ("public", "short"), ("public", "../" + WORD),
    ("public", WORD.upper())])
def test_what_is_no_folder_or_no_word_is_refused(plain, folder, word):
    """Nothing is written then."""
    assert plain.run("entry.sh", plain.root, 1, folder, "<?php", word).code == 64
    assert not (plain.root / ".releasemgr/entry").exists()


@pytest.fixture
def apache(tmp_path):
    with Apache(tmp_path / "apache", sites=[], ports=[free_port()], php={}) as running:
        until(lambda: len(running.children()) == PREFORK["StartServers"])
        yield running


def test_apaches_children_are_seen_by_number_and_start(plain, apache):
    """From any of its processes, as any account; another Apache's are not among them."""
    child = apache.children()[0]
    for known in (str(child), str(apache.pid), f"999999999 {apache.pid}"):
        answer = plain.run("web.sh", "apache", "apache2", known)
        assert answer["master"] == str(apache.pid)
        rows = [line.split(" ") for line in answer["worker"]]
        assert {int(row[1]) for row in rows} == set(apache.children())
        assert {(row[0], row[3]) for row in rows} == {(str(apache.pid), "serving")}
        starts = {row[1]: row[2] for row in rows}
        about = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        assert starts[str(child)] == about[19]


def test_what_is_no_apache_is_told(plain):
    """A process of another program, or one that is gone."""
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            for pid in (str(other.pid), "999999999"):
                answer = plain.run("web.sh", "apache", "apache2", pid)
                assert answer.code == 74
                assert "is no worker of Apache" in answer.stderr
        finally:
            other.kill()
    assert plain.run("web.sh", "apache", "apache2", "1; id").code == 64
    assert plain.run("web.sh", "caddy", "caddy", "").code == 64
