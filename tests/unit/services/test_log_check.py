"""The audit log is read for whoever asks: a short one at once, a long one by a worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import audit, queue, tasks
from deployments.audit import verifying
from deployments.models import AuditEntry, AuditHead
from deployments.services import anchors
from tests import factories


@pytest.fixture
def ada(admin):
    return factories.actor_for(admin, "10.1.2.3")


@pytest.fixture
def long_log(monkeypatch, db):
    """Of more entries than a page may read."""
    monkeypatch.setattr(verifying, "READ_AT_ONCE", 1)
    for word in ("one", "two"):
        audit.record("test.happened", word)


def verified():
    return AuditEntry.objects.filter(action="audit.verified")


def test_a_short_log_is_read_at_once(ada, queued):
    """Nothing waits for a worker."""
    audit.record("test.happened", "one")
    anchors.ask(ada)
    assert verified().get().sentence == f"{ada.name} read the audit log: 1 entry, unaltered."
    assert queued() == []


def test_a_long_log_is_read_by_a_worker_in_the_name_of_who_asked(ada, long_log, queued):
    """From where they asked; then nobody waits any more."""
    anchors.ask(ada)
    assert queued() == [(queue.CHECK_LOG, 1)]
    assert not verified().exists()
    tasks.check_log(1)
    entry = verified().get()
    assert (entry.actor, entry.address, entry.outcome) == (ada.user, "10.1.2.3", "done")
    assert "2 entries, unaltered." in entry.sentence
    head = AuditHead.objects.get()
    assert (head.asked_at, head.asked_by, head.asked_by_name, head.asked_address) == (
        None, None, "", "")
    tasks.check_log(1)
    assert verified().count() == 1


def test_what_the_worker_finds_broken_is_told_as_ever(ada, long_log):
    """The entry of the check says where."""
    AuditEntry.objects.filter(seq=2).update(sentence="nothing happened")
    anchors.ask(ada)
    tasks.check_log(1)
    assert verified().get().outcome == AuditEntry.FAILED
    assert AuditHead.objects.get().first_bad == 2


def test_a_reading_that_goes_on_is_not_begun_twice(ada, long_log, queued):
    """Until it must have been lost with its worker."""
    anchors.ask(ada)
    anchors.ask(ada)
    assert len(queued()) == 1
    AuditHead.objects.update(asked_at=timezone.now() - anchors.LOST_AFTER - timedelta(seconds=1))
    assert not anchors.being_read(AuditHead.objects.get())
    anchors.ask(ada)
    assert len(queued()) == 2


def test_who_is_gone_when_it_is_read_is_still_named(ada, long_log):
    """The entry keeps the name, without an account."""
    anchors.ask(ada)
    AuditHead.objects.update(asked_by=None)
    tasks.check_log(1)
    assert verified().get().sentence.startswith(f"{ada.name} read the audit log")
