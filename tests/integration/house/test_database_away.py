"""A worker whose database goes away and comes back: it outlives that, and takes tasks again."""

import subprocess
import sys
import time

from tests.integration.house.families import everybody, wait_until_gone
from tests.integration.house.processes import ROOT, wait_until
from tests.sandbox.daemons import Daemon
from tests.sandbox.postgres import Postgres
from tests.sandbox.settings import own_environment

_ANSWERED = "SELECT queue FROM deployments_workercluster WHERE pulse_at > to_timestamp({})"


def test_a_worker_outlives_its_database(tmp_path):
    """One line when it goes and one when it is back; nobody has to restart anything."""
    with Postgres() as server:
        environment = own_environment(
            tmp_path, database_url=server.url(), WORKERS="1", BUILD_WORKERS="1", PULSE_S="1",
            PYTHONUNBUFFERED="1")
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True,
                       env=environment)
        log = tmp_path / "worker.log"
        with Daemon([sys.executable, "manage.py", "worker"], log_path=log, cwd=ROOT,
                    env=environment, patience_s=60,
                    ready=lambda: log.exists() and "takes tasks" in log.read_text()) as worker:
            below = everybody(worker)
            server.interrupt()
            wait_until(lambda: "The database does not answer" in worker.log())
            time.sleep(3)
            server.resume()
            wait_until(lambda: "The database answers again." in worker.log())
            now = time.time()
            wait_until(lambda: len(server.ask(_ANSWERED.format(now))) == 2, story=worker.log)
            assert worker.log().count("The database does not answer") == 1
            assert worker.running()
            below += everybody(worker)
        wait_until_gone(below)
