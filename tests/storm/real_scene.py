"""The scene of a real storm: web servers with visitors, the release manager, and its database.

Django is set up by `Scene`, on the database of this run: import nothing of it before.
"""

import os
import sys
import time
from pathlib import Path

from tests.sandbox.daemons import Daemon, descendants, kill, open_folder, remove_folder
from tests.sandbox.keeper import Keeper
from tests.sandbox.postgres import Postgres
from tests.sandbox.settings import own_environment
from tests.sandbox.site import SiteRepository
from tests.sandbox.traffic import Traffic
from tests.sandbox.webhost import WebHost

ROOT = Path(__file__).parents[2]
LEASE_S, STOP_LIMIT_S = 6, 15
SETTINGS = {
    "LEASE_S": str(LEASE_S), "HEARTBEAT_S": "1", "REAP_S": "1", "PULSE_S": "1",
    "PULSE_LIMIT_S": "6", "STOP_LIMIT_S": str(STOP_LIMIT_S), "PROOF_LIMIT_S": "15",
    "DEPLOYMENT_LIMIT_S": "60", "BUILD_LIMIT_S": "60", "WORKERS": "2", "BUILD_WORKERS": "1",
}
# It notes each begin and end where no release reaches it, and whether it runs beside itself.
COMMAND = (
    "exec 8>>storage/one-at-a-time; flock -n 8 || echo beside >>storage/{moment}.ran; "
    "echo begin >>storage/{moment}.ran; sleep 0.3; echo end >>storage/{moment}.ran"
)
RESTART_S = 1.0


class Scene:
    """`with Scene("sqlite") as scene:` is ready for deployments, v1.0 and v2.0 built."""

    def __init__(self, database):
        self.database = database
        self.hosts = [WebHost("web-1", kind="realpath"), WebHost("web-2", kind="stale")]
        self.worker = self.show = self.folder = self.traffic = None
        self._site = self.postgres = None
        self._keeper = Keeper()
        self._logs, self._restart_at = 0, None
        self.ended_workers = {}  # supervisor that ended: when

    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc_info):
        self.close()

    def _open(self):
        self._site = self._folder("releasemgr-storm-site-")
        self.folder = self._folder("releasemgr-storm-")
        url = ""
        if self.database == "postgres":
            self.postgres = Postgres().start()
            url = self.postgres.create("storm")
        os.environ.update(own_environment(self.folder, database_url=url, **SETTINGS))
        for host in self.hosts:
            host.start()
        self.repository = SiteRepository(self._site).create()
        self._make_rows()
        self.traffic = Traffic(self.hosts, requests_per_s=15)
        self.start_worker()

    def _folder(self, prefix):
        folder = open_folder(prefix)
        self._keeper.mind("folder", folder)
        return folder

    def _make_rows(self):
        import django

        django.setup()
        from django.core.management import call_command

        from deployments.models import ServerCommand
        from tests.show import Show

        call_command("migrate", verbosity=0)
        self.show = Show(self.repository).on(*self.hosts)
        for moment, runs_on in (("before", "all"), ("after", "one")):
            ServerCommand.objects.create(project=self.show.project, moment=moment,
                                         runs_on=runs_on, command=COMMAND.format(moment=moment))
        for ref in ("v1.0", "v2.0"):
            self.show.build(ref)

    def start_worker(self):
        """Start the supervisor, as systemd would; return when it works off its queues."""
        self._logs += 1
        path = self.folder / f"worker-{self._logs}.log"
        self.worker = Daemon(
            [sys.executable, "manage.py", "worker"], log_path=path, cwd=ROOT, patience_s=90,
            env={**os.environ, "PYTHONUNBUFFERED": "1"}, ready=lambda: True)
        self.worker.start()
        self._keeper.mind("session", self.worker.pid)
        self._restart_at = None

    def keep_worker(self):
        """Start the supervisor again a second after it ended; call it often."""
        if self.worker.running():
            return
        now = time.monotonic()
        if self._restart_at is None:
            self.ended_workers[self.worker.pid] = now
            self._restart_at = now + RESTART_S
        elif now >= self._restart_at:
            self.start_worker()

    def wait_for_worker(self, limit_s=90):
        """Return when the newest supervisor says that it takes tasks."""
        until = time.monotonic() + limit_s
        while "takes tasks" not in self.worker.log():
            self.keep_worker()
            if time.monotonic() > until:
                raise TimeoutError(f"no worker after {limit_s} s: {self.worker.log()[-2000:]}")
            time.sleep(0.1)

    def worker_logs(self):
        """What all supervisors and their clusters wrote."""
        return "".join(path.read_text(errors="replace")
                       for path in sorted(self.folder.glob("worker-*.log")))

    def host(self, name):
        return next(host for host in self.hosts if host.name == name)

    def close(self):
        """Stop and remove all of it; a second call does nothing."""
        if self._keeper is None:
            return
        if self.traffic:
            self.traffic.stop()
        if self.worker and self.worker.running():
            below = descendants(self.worker.pid)
            self.worker.process.terminate()
            self._wait(self.worker.process)
            self.worker.stop()
            kill(below)
        for part in (*self.hosts, self.postgres):
            if part:
                part.stop()
        self._keeper.close()
        self._keeper = None
        for folder in (self.folder, self._site):
            if folder:
                remove_folder(folder)

    def _wait(self, process):
        until = time.monotonic() + STOP_LIMIT_S + 5
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
