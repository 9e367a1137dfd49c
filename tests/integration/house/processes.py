"""The release manager's own processes - worker, web, commands - on the test run's database.

The test looks at the same rows with the ORM while they work.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connection

from deployments.management.speaking import system_account
from tests.sandbox.daemons import Daemon, answers, descendants, free_port, kill

ROOT = Path(__file__).parents[3]
PATIENCE_S = 120


@dataclass(frozen=True)
class Ended:
    """A command as a shell sees it."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class House:
    """Starts processes in `folder`'s logs; `environment` is theirs alone, over the test run's."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self.environment = {
            **os.environ, "DATABASE_URL": _database_url(), "WORKERS": "2", "BUILD_WORKERS": "1",
            "REAP_S": "1", "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": "INFO", **environment}

    def manage(self, *arguments, may_speak_for="releaser"):
        """Run one command to its end, for the users it may speak for."""
        accounts = {"SYSTEM_ACCOUNTS": f"{system_account()}={may_speak_for}"}
        ended = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)], cwd=ROOT, check=False,
            env=self.environment | accounts, capture_output=True, text=True, timeout=PATIENCE_S)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def worker(self):
        """`with house.worker() as worker:` runs one that takes tasks."""
        path = self.folder / f"worker-{free_port()}.log"
        return Daemon([sys.executable, "manage.py", "worker"], log_path=path, cwd=ROOT,
                      env=self.environment, patience_s=60,
                      ready=lambda: path.exists() and "takes tasks" in path.read_text())

    @contextlib.contextmanager
    def web(self):
        """Run gunicorn; gives its address."""
        port = free_port()
        with Daemon([sys.executable, "-m", "gunicorn", "releasemgr.wsgi", "--threads", "8",
                     "--access-logfile", "-", "--bind", f"127.0.0.1:{port}"],
                    log_path=self.folder / "web.log", cwd=ROOT, env=self.environment,
                    patience_s=60, ready=lambda: answers(("127.0.0.1", port))):
            yield f"http://127.0.0.1:{port}"

    def logs(self):
        """Everything the processes wrote."""
        return "\n".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))


def cut_power(worker):
    """Kill every process of a worker at once: nobody gets to hear of the others' end."""
    kill([worker.pid, *descendants(worker.pid)], signal.SIGSTOP)
    kill([worker.pid, *descendants(worker.pid)])
    worker.process.wait(10)


def wait_until(true, *, limit_s=PATIENCE_S, story=lambda: ""):
    """Return what `true()` gives when it is true; AssertionError with the story after `limit_s`."""
    until = time.monotonic() + limit_s
    while not (found := true()):
        assert time.monotonic() < until, f"not within {limit_s} s: {story()}"
        time.sleep(0.05)
    return found


def elsewhere(call):
    """Return what `call()` gives in a thread of its own: Playwright allows one per thread, and
    the browser tests have the main one's."""
    box = {}

    def run():
        try:
            box["result"] = call()
        except BaseException as problem:
            box["problem"] = problem

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "problem" in box:
        raise box["problem"]
    return box["result"]


def _database_url():
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(connection.settings_dict['NAME']))}"
    url = urlsplit(os.environ["DATABASE_URL"])
    return url._replace(path=f"/{settings.DATABASES['default']['NAME']}").geturl()
