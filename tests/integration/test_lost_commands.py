"""A real release whose connection dies while a command of the project runs on the server."""

import threading
import time

import pytest

from tests.integration.remote.test_lost_commands import kill_sshd_children
from tests.sandbox.webhost import WebHost
from tests.show import story

MIGRATE = "echo begun >>../../migrated; i=0; while [ $i -lt 40 ]; do i=$((i + 1)); echo row $i; " \
          "sleep 0.05; done; echo done >>../../migrated"


@pytest.fixture
def host():
    with WebHost("web-1") as host:
        yield host


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_migration_is_not_cut_off_nor_run_twice(show, host, moment):
    """The release waits for it over a new connection, and is live and checked."""
    show.on(host)
    show.project.server_commands.create(command=MIGRATE, moment=moment, limit_s=60)
    migrated = host.root / "migrated"

    def cut():
        while not migrated.exists():
            time.sleep(0.02)
        kill_sshd_children(host.sshd)

    cutter = threading.Thread(target=cut)
    cutter.start()
    deployment = show.release("v1.0")
    cutter.join()

    assert deployment.status == "succeeded", story(deployment)
    assert migrated.read_text().split() == ["begun", "done"]
    assert "It was still running from before, so its end was waited for" in story(deployment)
