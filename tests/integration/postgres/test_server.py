"""The private PostgreSQL itself: reached with its password alone, and gone when it ends."""

import signal

import psycopg
import pytest

from tests.integration.sandbox.test_leftovers import alive, left_of, parent, wait_until_gone
from tests.sandbox.daemons import descendants
from tests.sandbox.postgres import Postgres

PARENT = """
import time
from tests.sandbox.postgres import Postgres
with Postgres() as server:
    print(server.folder, "postgres", server.pid, flush=True)
    time.sleep(60)
"""


def test_a_new_database_is_empty_and_needs_the_password():
    """On loopback others of this machine could ask, too."""
    with Postgres() as server:
        with psycopg.connect(server.create("shop")) as connection:
            count = connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone()
        assert count == (0,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url("shop"), password="another")


def test_what_it_holds_outlives_an_interruption():
    """Clients lose their connections; it is there again when resume() returns."""
    with Postgres() as server:
        with psycopg.connect(server.url()) as first:
            first.execute("CREATE TABLE kept (number int)")
        second = psycopg.connect(server.url())
        server.interrupt()
        with pytest.raises(psycopg.OperationalError):
            second.execute("SELECT 1")
        server.resume()
        assert server.ask("SELECT count(*) FROM kept") == [(0,)]


def test_nothing_is_left_of_it_though_somebody_is_connected():
    """It does not wait for its clients; a second stop does nothing."""
    with Postgres() as server:
        connection = psycopg.connect(server.url())
        folder, pids = str(server.folder), [server.pid, *descendants(server.pid)]
        assert len(left_of(folder, "", pids)) > 3
    assert left_of(folder, "", pids) == []
    assert not alive(pids[0])
    server.stop()
    connection.close()


def test_nothing_outlives_a_parent_that_was_killed():
    """The keeper ends it, as it does web servers."""
    process, folder, user, pids = parent(PARENT)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert wait_until_gone(process, folder, user, pids) == []
