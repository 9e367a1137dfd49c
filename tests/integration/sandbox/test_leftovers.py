"""Nothing of a sandbox stays: no process, no account, no folder, however it ended."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.sandbox.accounts import Account
from tests.sandbox.daemons import descendants, heed_signals, kill
from tests.sandbox.keeper import clean
from tests.sandbox.webhost import WebHost

REPOSITORY = Path(__file__).parents[3]
PARENT = """
import signal
import time
from tests.sandbox.keeper import clean
from tests.sandbox.webhost import WebHost
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests
with WebHost("web-1") as host:
    print(host.folder, host.ssh_user, host.sshd.pid, host.fpm.pid, host.nginx.pid, flush=True)
    time.sleep(60)
"""
FORKING_PARENT = "import os\nif os.fork() == 0:\n    import time; time.sleep(12); os._exit(0)\n"


def exists(user):
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def left_of(folder, user, pids):
    """Return what still exists, empty when all is gone."""
    left = [f"process {pid}" for pid in pids if alive(pid)]
    left += [folder] if Path(folder).exists() else []
    left += [user] if os.getuid() == 0 and user.startswith("relmgr-") and exists(user) else []
    left += [each.pw_name for each in pwd.getpwall() if each.pw_dir.startswith(folder)]
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            left += [command.read_text()] if folder in command.read_text() else []
        except OSError:
            continue
    return left


def wait_until_gone(parent, *what, patience_s=15):
    """Return what is left once the keeper of that (dead) parent has ended."""
    keeper = f"tests.sandbox.keeper\0{parent.pid}\0"
    until = time.monotonic() + patience_s
    while left_of(keeper, "", []):
        assert time.monotonic() < until
        time.sleep(0.05)
    return left_of(*what)


def parent(source):
    """Start a process that runs a server; return it with folder, user and all process ids."""
    process = subprocess.Popen(
        [sys.executable, "-c", source], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
        preexec_fn=heed_signals,
    )
    folder, user, *masters = process.stdout.readline().split()
    pids = [int(pid) for pid in masters]
    return process, folder, user, pids + [child for pid in pids for child in descendants(pid)]


def test_stop_removes_processes_account_and_folder():
    """After the block nothing that the server was made of exists, and a second stop is nothing."""
    with WebHost("web-1") as host:
        masters = [host.sshd.pid, host.fpm.pid, host.nginx.pid]
        pids = masters + [child for pid in masters for child in descendants(pid)]
        assert len(pids) > 8
        folder, user = str(host.folder), host.ssh_user
        assert len(left_of(folder, user, pids)) > 8
    assert left_of(folder, user, pids) == []
    host.stop()


def test_a_start_that_fails_leaves_nothing(monkeypatch):
    """nginx cannot start on a directive that it does not know: the rest is stopped again."""
    broken = WebHost("web-1")
    monkeypatch.setattr(broken, "_server_block", lambda: "server { nonsense; }")
    with pytest.raises(Exception, match="nonsense"):
        broken.start()
    assert left_of(str(broken.folder), broken.ssh_user, [broken.fpm.pid, broken.sshd.pid]) == []


def test_workers_whose_master_was_killed_are_ended_too():
    """A test may kill PHP's master alone; its orphaned workers go with the server."""
    with WebHost("web-1") as host:
        workers = host.fpm.workers()
        assert workers
        os.kill(host.fpm.pid, signal.SIGKILL)
    assert [pid for pid in workers if alive(pid)] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_a_parent_that_was_killed(number):
    """Ctrl-C, a service manager's stop, a closed terminal, kill -9: all end the same way."""
    process, folder, user, pids = parent(PARENT)
    assert len(left_of(folder, user, pids)) > 8
    process.send_signal(number)
    process.wait(10)
    assert wait_until_gone(process, folder, user, pids) == []


def test_a_forked_child_of_the_killed_parent_delays_nothing():
    """A fork inherits the keeper's pipe: the keeper watches the parent itself."""
    fork_after = PARENT.replace("    time.sleep(60)", "    exec(FORK)\n    time.sleep(60)")
    process, folder, user, pids = parent(f"FORK = {FORKING_PARENT!r}\n{fork_after}")
    process.kill()
    process.wait(10)
    assert wait_until_gone(process, folder, user, pids, patience_s=5) == []


def test_kill_in_the_middle_of_the_start_leaves_nothing():
    """The keeper knows of each thing before it is made; useradd may just be running."""
    found = 0
    for delay_ms in range(0, 240, 40):
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT.replace("web-1", "web-42")],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
        )
        mine = wait_for_folder("releasemgr-web-42-*", process)
        time.sleep(delay_ms / 1000)
        found += len(left_of(mine, "", []))
        process.kill()
        process.wait(10)
        assert wait_until_gone(process, mine, "", []) == []
    assert found > 6


def wait_for_folder(pattern, process):
    """Return the folder as soon as the process has made it."""
    until = time.monotonic() + 10
    while not (found := list(Path(gettempdir()).glob(pattern))):
        assert process.poll() is None
        assert time.monotonic() < until
    return str(found[0])


def test_the_keeper_lets_a_running_useradd_finish(tmp_path):
    """Half an account and a locked /etc/passwd would stay if it were killed with the rest."""
    folder = tmp_path / "releasemgr-x"
    folder.mkdir()
    for name in ("useradd", "sshd"):
        shutil.copy("/bin/sleep", folder / name)
    useradd = subprocess.Popen([folder / "useradd", "1"])
    sshd = subprocess.Popen([folder / "sshd", "20"])
    clean({"account": [], "session": [], "folder": [str(folder)]}, quiet_s=0)
    assert (useradd.wait(5), sshd.wait(5)) == (0, -signal.SIGKILL)
    assert not folder.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes accounts")
def test_processes_of_the_account_end_with_it():
    """A command left running by an SSH session belongs to no daemon, but to the account."""
    with Account() as account:
        left = subprocess.Popen(["setsid", "sleep", "60"], user=account.name)
    assert left.wait(5) == -signal.SIGKILL
    kill([left.pid])
