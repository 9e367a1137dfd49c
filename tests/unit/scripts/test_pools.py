"""pools.sh: which PHP-FPM pools a server runs, read from what its masters say of themselves."""

import subprocess
import time
from pathlib import Path

import pytest

MAIN = """[global]
pid = /run/php.pid
include={folder}/pool.d/*.conf
[last]
listen = 9000 ; on all addresses
"""
POOLS = {"www.conf": '[www]\nuser = www-data\nlisten = "/run/php/$pool.sock"\n',
         "api.conf": ";[old]\n[api]\n  listen=127.0.0.1:9001\n[half]\nuser = x\n"
                     "[six]\nlisten = [::]:9002"}


@pytest.fixture
def master(tmp_path):
    """A process that is called as PHP-FPM's master calls itself; its configuration's file."""
    folder = tmp_path / "pool.d"
    folder.mkdir()
    for name, text in POOLS.items():
        (folder / name).write_text(text)
    path = tmp_path / "php-fpm.conf"
    path.write_text(MAIN.format(folder=tmp_path))
    process = subprocess.Popen(
        ["bash", "-c", f"exec -a 'php-fpm: master process ({path})' sleep 60"])
    title = Path(f"/proc/{process.pid}/cmdline")
    while not title.read_bytes().startswith(b"php-fpm: "):  # bash has these words too, further on
        time.sleep(0.01)
    yield path
    process.kill()
    process.wait()


def told(server, key):
    said = server.run("pools.sh").values.get(key, [])
    return {said} if isinstance(said, str) else set(said)


def test_each_pool_is_told_with_its_service_and_its_socket(server, master):
    """Included files, the pool's name in its socket, ports, quotes and remarks are read as PHP-FPM
    reads them; a pool without a socket is left out."""
    assert told(server, "pool") >= {
        "php-fpm /run/php/www.sock www", "php-fpm 127.0.0.1:9001 api",
        "php-fpm 127.0.0.1:9002 six", "php-fpm 127.0.0.1:9000 last"}
    assert not any(line.endswith((" half", " old", " global")) for line in told(server, "pool"))


def test_a_file_that_cannot_be_read_is_told(server, master):
    """It stops nothing: the form then asks."""
    master.unlink()
    said = server.run("pools.sh")
    assert said.code == 0
    assert str(master) in told(server, "unreadable")
    assert not any(line.endswith(" last") for line in told(server, "pool"))
