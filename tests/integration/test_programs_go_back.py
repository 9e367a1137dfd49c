"""Programs that run on, when a release goes back: they must not keep the version that was left."""

import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from tests.sandbox.webhost import WebHost
from tests.show import story

QUEUE = """
file_put_contents("$argv[1]/queue.pid", getmypid());
file_put_contents("$argv[1]/queue.log", basename(realpath("$argv[1]/current")) . "\n", FILE_APPEND);
while (true) { usleep(50000); }
"""


class Supervisor:
    """Starts the site's queue worker whenever it has ended, `starts` times at most."""

    def __init__(self, host, starts):
        self.root = str(host.root)
        self._user = host.account.uid if host.account else None
        self._left, self._ended = starts, threading.Event()

    def run(self):
        while self._left and not self._ended.is_set():
            self._left -= 1
            process = subprocess.Popen(
                ["php", "-r", QUEUE, self.root, f"{self.root}/current/queue"], user=self._user)
            while process.poll() is None:
                if self._ended.wait(0.05):
                    process.kill()
                    process.wait()

    def end(self):
        self._ended.set()


@contextmanager
def queue(host, *, starts=100):
    supervisor = Supervisor(host, starts)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        while not (host.root / "queue.log").exists():
            time.sleep(0.05)
        yield
    finally:
        supervisor.end()
        thread.join()


def ran(host):
    """The versions that the queue worker began with, one after the other."""
    return (host.root / "queue.log").read_text().split()


def restart_with(show, command):
    """Version 1.0 is live; 2.0 restarts its queue worker so, and then goes back."""
    assert show.release("v1.0").status == "succeeded"
    commands = show.project.server_commands
    commands.create(command=command, moment="after", limit_s=4, restarts="/current/queue")
    commands.create(command="exit 7", moment="after", limit_s=5, position=1)


KILL = 'kill "$(cat ../../queue.pid)"'


def test_what_a_command_restarted_runs_the_version_before_again(show):
    """On both servers, proved by other process numbers; the page needs to say no more."""
    with WebHost("web-1") as one, WebHost("web-2") as two:
        show.on(one, two)
        restart_with(show, KILL)
        with queue(one), queue(two):
            ended = show.release("v2.0")
            versions = [ran(host) for host in (one, two)]

    before, left = ended.previous.name, ended.release.name
    assert ended.status == "failed", story(ended)
    assert ended.result.endswith("All servers went back to v1.0, and that is proved."), story(ended)
    assert versions == [[before, left, before]] * 2
    assert story(ended).count("of before gone") == 4


@pytest.mark.parametrize(("command", "starts", "problem"), [
    (f"[ -e ../../once ] || {{ touch ../../once; {KILL}; }}", 9, "version that was left."),
    (KILL, 2, "none of the 1 processes with “/current/queue” in the command line came back within"),
])
def test_what_could_not_be_restarted_is_named_with_its_server(show, command, starts, problem):
    """The site is back, and that is said; what may still run the version that was left as well."""
    with WebHost("web-1") as host:
        show.on(host)
        restart_with(show, command)
        with queue(host, starts=starts):
            ended = show.release("v2.0")

    assert ended.words == "Went back to v1.0 by itself", story(ended)
    assert ("All servers went back to v1.0, and that is proved. But programs that run on, such as "
            "queue workers, may still run v2.0 on web-1: web-1: ") in ended.result, story(ended)
    assert problem in ended.result
    assert ended.result.endswith(" Restart them there by hand.")
