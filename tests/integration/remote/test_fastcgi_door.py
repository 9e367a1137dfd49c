"""PHP asked through its pool's socket: real php-fpm and control.php, over a real sshd."""

import hashlib
import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from deployments.remote import fastcgi
from deployments.remote.doors import FastCgiDoor
from deployments.remote.faults import DoorUnusable, TimedOut
from deployments.remote.local import LocalConnection
from deployments.remote.ssh import Connection
from tests.integration.remote.conftest import host_of
from tests.sandbox.daemons import free_port, open_folder, remove_folder
from tests.sandbox.fpm import FpmMaster, Pool

CONTROL = Path(__file__).parents[3] / "deployments/remote/php/control.php"


@pytest.fixture(scope="module")
def root():
    """A site's root with control.php where the scripts put it."""
    folder = open_folder()
    ours = folder / "ro ot 'ü'" / ".releasemgr"
    ours.mkdir(parents=True)
    shutil.copy(
        CONTROL, ours / f"control-{hashlib.sha256(CONTROL.read_bytes()).hexdigest()[:12]}.php"
    )
    yield ours.parent
    remove_folder(folder)


@pytest.fixture(scope="module")
def fpm(root):
    """One pool on a unix socket and one on TCP, each with a single worker."""
    pools = [
        Pool("www", max_children=1),
        Pool("tcp", listen=f"127.0.0.1:{free_port()}", max_children=1),
    ]
    with FpmMaster(root.parent / "fpm", pools=pools, ini={"display_errors": "0"}) as master:
        yield master


@pytest.fixture
def door_to(fpm):
    """door_to(file, pool="www", through=connection) is a door that runs one PHP file."""
    local = LocalConnection()

    def make(path, *, pool: str = "www", through=local) -> FastCgiDoor:
        dial = lambda: through.open_socket(fpm.address(pool))  # noqa: E731
        return FastCgiDoor(dial, str(path), server="web-1")

    return make


@pytest.fixture
def php(root):
    """php(code) writes a PHP file and returns its path."""

    def write(code: str) -> Path:
        path = root / f"test-{hashlib.sha256(code.encode()).hexdigest()[:12]}.php"
        path.write_text(f"<?php {code}")
        return path

    return write


@pytest.fixture
def control(root):
    return next((root / ".releasemgr").glob("control-*.php"))


def refusal(door: FastCgiDoor, kind=DoorUnusable, *, deadline_s: float = 5) -> str:
    """Return the sentence of the fault that asking must end in."""
    with pytest.raises(kind) as caught:
        door.ask("status", deadline_s=deadline_s)
    assert caught.value.server == "web-1"
    assert "web-1" in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("pool", ["www", "tcp"])
def test_control_php_answers_over_ssh_from_the_pool_that_was_asked(sshd, door_to, control, pool):
    """SAPI, pool and root are the server's; the connection ran no command for it."""
    with Connection.open(host_of(sshd)) as connection:
        answer = door_to(control, pool=pool, through=connection).ask("status", deadline_s=60)
        assert connection.commands == 0
    assert answer["ok"] is True
    assert answer["sapi"] == "fpm-fcgi"
    assert answer["pool"]["name"] == pool
    assert answer["host"] == socket.gethostname()
    assert answer["root"] == str(control.parents[1])
    assert answer["opcache"]["enabled"] is True


def test_a_reset_acts_in_the_pool(door_to, control):
    """OPcache's own counter grows: this was not the command line's cache."""
    door = door_to(control)
    before = door.ask("status", deadline_s=60)["opcache"]["manual_restarts"]
    door.ask("reset", deadline_s=60)
    until = time.monotonic() + 10
    while door.ask("status", deadline_s=60)["opcache"]["manual_restarts"] == before:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_control_php_refuses_is_told_in_its_words(door_to, control):
    """An unknown act is a fault with PHP's sentence; files are answered for one by one."""
    with pytest.raises(DoorUnusable, match=r"^PHP on web-1 says no: "):
        door_to(control).ask("fly", deadline_s=60)
    failed = door_to(control).ask("warm", files=["/etc/passwd"], deadline_s=60)["failed"]
    assert [each["file"] for each in failed] == ["/etc/passwd"]


def test_control_php_runs_only_for_us(root, control):
    """Without our FastCGI parameter, as through a web server, it does not answer."""
    folder = root.parent / "other"
    with FpmMaster(folder, pools=[Pool("www", max_children=1)]) as fpm:
        sock = LocalConnection().open_socket(fpm.address())
        params = {"SCRIPT_FILENAME": str(control), "REQUEST_METHOD": "POST", "CONTENT_LENGTH": "16",
                  "HTTP_RELEASEMGR_DIRECT": "1"}  # fmt: skip
        until = time.monotonic() + 5
        with sock:
            status, _, body, _ = fastcgi.request(
                sock, params, b'{"act":"status"}', deadline=until, max_bytes=10_000
            )
    assert status == 404
    assert b"sapi" not in body


def test_a_file_that_php_cannot_read_says_so(door_to, root):
    """A missing and a forbidden file name the path and what to check."""
    sentence = refusal(door_to(root / "missing.php"))
    assert f"cannot read {root}/missing.php; check its folder's permissions" in sentence
    plain = root / "plain.txt"
    plain.write_text("")
    assert "security.limit_extensions" in refusal(door_to(plain))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("http_response_code(500);", "failed with status 500"),
        ("throw new Exception('boom');", "failed with status 500"),
        ("http_response_code(503);", "failed with status 503"),
        ("", "answers with nothing instead of control.php's answer"),
        ("echo '<html>hello</html>';", "answers with something else"),
        ("header('Location: /x', true, 302);", "failed with status 302"),
        ("echo '[]';", "answers with something else"),
        ("echo '{\"ok\":1}';", "answers with something else"),
        ("echo '{\"ok\":true', str_repeat('x', 50);", "answers with something else"),
        ('echo \'{"ok":true,"sapi":"cli"}\';', "answers from the SAPI cli"),
        ('echo \'{"ok":true,"sapi":"phpdbg"}\';', "answers from the SAPI phpdbg"),
        ("echo '{\"ok\":true}';", "answers from the SAPI unknown"),
        ('echo \'{"ok":false,"error":"no\\nway"}\';', "says no: no way"),
        ("echo str_repeat('x', 9000000);", "longer than"),
        ("exec('kill -9 ' . getmypid());", "does not answer as PHP-FPM does"),
    ],
)
def test_every_bad_answer_is_one_sentence(door_to, php, code, told):
    """PHP that fails, is somebody else, or is the command line, is never taken for an answer."""
    assert told in refusal(door_to(php(code)))


def test_a_slow_drip_and_a_busy_pool_end_at_the_deadline(door_to, php, control):
    """The deadline bounds the whole question, also while the only worker is busy."""
    drip = php("while (ob_get_level()) ob_end_flush();"
               "for ($i = 0; $i < 30; $i++) { echo ' '; flush(); usleep(100000); }")  # fmt: skip
    started_at = time.monotonic()
    assert "within 1 s" in refusal(door_to(drip), TimedOut, deadline_s=1)
    assert "within 0.7 s" in refusal(door_to(php("sleep(3);")), TimedOut, deadline_s=0.7)
    assert "within 0.5 s" in refusal(door_to(control), TimedOut, deadline_s=0.5)
    assert time.monotonic() - started_at < 4


def test_a_pool_that_is_gone_is_told_apart_from_a_wrong_socket(sshd, root, control):
    """Stopped PHP-FPM, a socket left behind by a killed one, and something that is not PHP."""
    folder = root.parent / "gone"
    with Connection.open(host_of(sshd)) as connection:
        door = FastCgiDoor(
            lambda: connection.open_socket(str(folder / "www.sock")), str(control), server="web-1"
        )
        with FpmMaster(folder, pools=[Pool("www", max_children=1)]):
            assert door.ask("status", deadline_s=60)["ok"]
        assert "does not exist" in refusal(door)
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(folder / "www.sock"))
        os.chmod(folder / "www.sock", 0o666)
        assert "nothing listens on it" in refusal(door)
        ssh = FastCgiDoor(
            lambda: connection.open_socket(f"127.0.0.1:{sshd.port}"), str(control), server="web-1"
        )
        assert "does not answer as PHP-FPM does" in refusal(ssh)
