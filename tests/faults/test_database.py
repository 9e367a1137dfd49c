"""A database that is away, locked or refuses the audit log in the middle of a real release."""

import contextlib
import sqlite3
import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings as project_settings
from django.db import IntegrityError, connection
from django.utils import timezone

from deployments.models import AuditEntry, Deployment
from deployments.services import lost
from tests import stage
from tests.show import story

from .moments import at

pytestmark = pytest.mark.skipif(
    not project_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"),
    reason="locks SQLite's file")


@contextlib.contextmanager
def locked():
    """Nobody else can write meanwhile, as while another process copies the database."""
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=20, isolation_level=None,
                            check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def lock():
    """lock(seconds): the database is locked from now on for so long."""
    ends = []

    def begin(seconds):
        stack = contextlib.ExitStack()
        stack.enter_context(locked())
        timer = threading.Timer(seconds, stack.close)
        timer.start()
        ends.append(timer)

    yield begin
    for timer in ends:
        timer.join()


@pytest.fixture
def hasty(monkeypatch, transactional_db):
    """Our own connections wait for a tenth of a second instead of 20 s."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)
    connection.close()
    yield
    connection.close()


def test_a_database_that_is_away_for_a_moment_only_takes_longer(
        show, realpath, hasty, lock, monkeypatch):
    """Nothing is done on a server that is not written down first: the release waits for it."""
    times = {}
    at(monkeypatch, "after arm", lambda ctx: (lock(2), times.update(locked=time.monotonic())))
    at(monkeypatch, "before switch", lambda ctx: times.update(switched=time.monotonic()))

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert times["switched"] - times["locked"] > 2


def test_a_database_that_is_away_for_too_long_stops_the_worker(
        show, realpath, hasty, lock, monkeypatch, settings):
    """Its lease is over: it does nothing more, and whoever follows goes on from what is true."""
    settings.LEASE_S, settings.HEARTBEAT_S = 2, 1
    at(monkeypatch, "before arm", lambda ctx: lock(4))
    deployment = show.ask("v2.0")

    stage.run(deployment)

    assert deployment.status == "running"
    deployment.refresh_from_db()
    assert deployment.words == "The worker was lost - another one takes over"
    assert realpath.look()[0] == realpath.before[0]
    with locked():
        pass  # it is free again
    Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert lost.wake_lost() == 1
    stage.run(deployment)
    assert deployment.status == "succeeded", story(deployment)
    assert deployment.attempts == 2


@contextlib.contextmanager
def _no_audit():
    """The table of the audit log takes no row."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TRIGGER full BEFORE INSERT ON deployments_auditentry "
                       "BEGIN SELECT RAISE(ABORT, 'the audit log is full'); END")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER full")


def test_nothing_is_asked_for_that_cannot_be_audited(show, realpath):
    """The request and its entry are written together, or neither is."""
    release = show.build("v2.0")
    before = Deployment.objects.count()

    with _no_audit(), pytest.raises(IntegrityError, match="audit log is full"):
        show.ask(release)

    assert Deployment.objects.count() == before


@pytest.mark.parametrize("step", ["copy", "switch"])
def test_nothing_is_done_on_a_server_that_cannot_be_audited(show, realpath, monkeypatch, step):
    """The intent comes first: no audit log, no step; once there is one, another worker goes on."""
    done = []
    before_it = {"copy": "inspect", "switch": "arm"}[step]
    deployment = show.ask("v2.0")
    at(monkeypatch, f"before {step}", done.append)
    with contextlib.ExitStack() as stack:
        at(monkeypatch, f"after {before_it}", lambda ctx: _begin(stack))
        with contextlib.suppress(IntegrityError):
            stage.run(deployment)

    assert done == []
    assert realpath.look()[0] == realpath.before[0]
    deployment.refresh_from_db()
    assert deployment.status == "running", story(deployment)
    Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    monkeypatch.undo()
    assert stage.run(deployment).status == "succeeded", story(deployment)
    assert AuditEntry.objects.filter(action="step.switch", outcome="done").count() == 2


def _begin(stack):
    stack.enter_context(_no_audit())
    connection.close()


def test_a_page_that_meets_a_locked_database_says_so(client, releaser, hasty):
    """503 with a text and a time to come back, never a stack trace; a moment later it works."""
    client.raise_request_exception = False
    releaser.set_password("correct horse")
    releaser.save()
    form = {"username": releaser.username, "password": "correct horse"}

    with locked():
        busy = client.post("/admin/login/?next=/admin/", form)

    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "5"
    assert "The database is busy or away." in busy.content.decode()
    assert "Nothing of this was done." in busy.content.decode()
    assert client.post("/admin/login/?next=/admin/", form).status_code == 302
    assert AuditEntry.objects.get().action == "session.opened"


def test_another_fault_of_ours_is_not_called_a_busy_database(client, monkeypatch):
    """The plain page for it, with its own status."""
    client.raise_request_exception = False

    def broken(*args, **names):
        raise ValueError("a fault")

    monkeypatch.setattr("deployments.site.site.login_form", broken)

    answer = client.post("/admin/login/", {"username": "x"})

    assert answer.status_code == 500
    assert "busy" not in answer.content.decode()
