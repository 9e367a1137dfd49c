"""Locks that only PostgreSQL has; test_on_postgres.py runs this file there, nobody else does."""

import contextlib
import threading

import pytest
from django.db import connection, transaction

from deployments import audit
from deployments.pipeline import endpoints
from deployments.services import deployments as verbs
from deployments.services import stopping
from deployments.services.acting import hold
from tests import factories

PATIENCE_S = 10


@pytest.fixture
def beside():
    """A function that starts a call in a thread with a connection of its own."""
    threads = []

    def start(call):
        box = {}

        def run():
            try:
                box["answer"] = call()
            except Exception as problem:
                box["problem"] = problem
            finally:
                connection.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return threads[-1], box

    yield start
    for thread in threads:
        thread.join(PATIENCE_S)


def test_who_holds_a_row_does_not_keep_others_from_referring_to_it(
        transactional_db, production, releaser, beside):
    """A request is written while a task holds the installation and both write to the audit log."""
    release = factories.make_release(production.project)
    place = production.installations.first()
    with transaction.atomic():
        hold(place)
        request, box = beside(lambda: verbs.request_deployment(
            factories.actor_for(releaser), production, request_key="form", release=release))
        request.join(PATIENCE_S)
        assert not request.is_alive()
        audit.record("token.installed", "The task ends after it")
    assert box["answer"].status == "queued"


def test_a_task_that_ends_holds_up_no_request(
        transactional_db, production, releaser, beside, monkeypatch):
    """The same with the task that installs tokens, at the moment before its audit entry."""
    release = factories.make_release(production.project)
    place = production.installations.first()
    asked = []

    def ask_first(installation, tokens):
        request, box = beside(lambda: verbs.request_deployment(
            factories.actor_for(releaser), production, request_key="form", release=release))
        request.join(PATIENCE_S)
        asked.append((request.is_alive(), box.get("answer")))

    monkeypatch.setattr(endpoints, "_confirm", ask_first)
    endpoints._end(place, [], "no token")
    (is_waiting, deployment), = asked
    assert not is_waiting
    assert deployment.status == "queued"


def test_a_held_row_is_still_held_against_changes(transactional_db, production, beside):
    """The weaker lock excludes every UPDATE and every other holder."""
    with transaction.atomic():
        hold(production)

        def change():
            with transaction.atomic():
                hold(type(production).objects.get(pk=production.pk))

        other, _ = beside(change)
        other.join(0.5)
        assert other.is_alive()
    other.join(PATIENCE_S)
    assert not other.is_alive()


def test_two_environments_that_wait_for_each_others_versions_hold_up_nobody(
        transactional_db, production, staging, releaser, beside, monkeypatch):
    """Each lets the version in that runs in the other one: all are held in one order."""
    versions = [factories.make_release(production.project) for _ in range(2)]
    running = []
    for environment, (runs, waits) in ((production, versions), (staging, versions[::-1])):
        running.append(factories.make_deployment(environment, release=runs, status="running"))
        factories.make_deployment(environment, release=waits, status="waiting_turn")
    both, real = threading.Barrier(2), stopping.hold

    def hold_after_both(row):
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)
        real(row)

    monkeypatch.setattr(stopping, "hold", hold_after_both)
    actor = factories.actor_for(releaser)
    stops = [beside(lambda row=row: stopping.stop(actor, row)) for row in running]
    for thread, _ in stops:
        thread.join(PATIENCE_S)
    assert [box for _, box in stops] == [{"answer": None}] * 2
