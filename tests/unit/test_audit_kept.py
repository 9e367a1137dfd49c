"""Entries that the database would not take on a way back: kept beside it, appended late."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from deployments import audit
from deployments.audit.late import kept_file
from deployments.models import AuditEntry, Deployment
from deployments.pipeline.claim import Claim
from deployments.pipeline.record import Record
from tests import factories


@pytest.fixture(autouse=True)
def _nothing_is_kept_afterwards():
    yield
    kept_file().unlink(missing_ok=True)


@pytest.fixture
def record(production):
    """The record of a deployment that runs."""
    row = factories.make_deployment(production, status="queued")
    claim = Claim.take(row.pk)
    row.refresh_from_db()
    return Record(claim, row, list(row.targets.all()))


@pytest.fixture
def full():
    """A function that lets the table of the log take no row; another call opens it again."""
    if connection.vendor != "sqlite":
        pytest.skip("one database is enough: the trigger is SQLite's")

    def switch(is_full):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TRIGGER audit_full BEFORE INSERT ON deployments_auditentry "
                           "BEGIN SELECT RAISE(ABORT, 'the audit log is full'); END"
                           if is_full else "DROP TRIGGER audit_full")

    return switch


def later():
    """Entries after the one that says that it started."""
    return AuditEntry.objects.exclude(action="deployment.started").order_by("seq")


def test_nothing_starts_without_its_entry(production, full):
    """It stays in the line, and starts once the log takes entries again."""
    row = factories.make_deployment(production, status="queued")
    full(True)
    with pytest.raises(IntegrityError, match="audit log is full"), transaction.atomic():
        Claim.take(row.pk)
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("queued", 0)
    full(False)
    assert Claim.take(row.pk)
    entry = AuditEntry.objects.get(action="deployment.started")
    assert entry.sentence == f"The release worker started: {row}"
    row.refresh_from_db()
    assert (entry.details["deployment"], entry.details["worker"]) == (row.pk, row.owner)
    assert row.owner


def test_nothing_goes_forward_without_its_entry(record, full):
    """Forward is refused by the database's own words, and nothing is kept."""
    full(True)
    with pytest.raises(IntegrityError, match="audit log is full"):
        record.taken_over("another goes on")
    assert not kept_file().exists()


def test_a_return_goes_on_and_its_entries_follow_late(record, full):
    """In their order, with the time when it happened, marked; each once."""
    record.is_returning = True
    full(True)
    record.taken_over("another goes on")
    record.end("failed", "Went back to 1.0 by itself.", cause="it failed")
    assert not later().exists()
    assert Deployment.objects.get().status == "failed"
    assert oct(kept_file().stat().st_mode & 0o777) == "0o600"
    assert audit.append_kept() == 0  # still full: they stay

    full(False)
    before = timezone.now()
    kept = kept_file().read_text()
    assert audit.append_kept() == 2
    kept_file().write_text(kept)  # as if the worker had been lost before it emptied the file
    assert audit.append_kept() == 0
    rows = list(later())
    assert [(row.action, row.is_late) for row in rows] == [
        ("deployment.taken_over", True), ("deployment.failed", True)]
    assert all(row.at < before for row in rows)
    assert rows[0].details["deployment"] == record.deployment.pk
    assert audit.verify().first_bad is None


def test_whoever_waits_for_the_environment_is_let_in_by_the_reaper(record, full, releaser):
    """Nothing new starts while the log takes nothing."""
    waiting = factories.make_deployment(record.deployment.environment, status="waiting_turn",
                                        requested_by=releaser)
    record.is_returning = True
    full(True)
    record.end("failed", "Went back to 1.0 by itself.")
    waiting.refresh_from_db()
    assert waiting.status == "waiting_turn"


@pytest.mark.parametrize("line", ["no JSON", "{}", '{"key_id": "0"}', None])
def test_a_line_that_is_not_ours_is_no_entry(record, full, line):
    """It is reported with its text, and not believed."""
    record.is_returning = True
    if line is None:
        full(True)
        record.taken_over("another goes on")
        full(False)
        line = kept_file().read_text().strip().replace("another goes on", "all is well")
    kept_file().write_text(f"{line}\n")
    assert audit.append_kept() == 0
    entry = later().get()
    assert (entry.action, entry.outcome) == ("audit.kept_refused", "failed")
    assert kept_file().read_text() == ""


def test_what_can_be_kept_nowhere_is_in_our_own_log(db, settings, tmp_path, caplog):
    """Visitors come first: the return goes on, and standard error has the entry."""
    settings.PRIVATE_ROOT = tmp_path / "away"
    audit.keep([audit.described("step.put_back", "About to put back")])
    assert "Audit entries could be kept nowhere" in caplog.text
    assert "About to put back" in caplog.text


def test_a_run_that_was_going_back_is_known_from_its_row(production):
    """Whoever follows a lost worker may not stop for the log either."""
    row = factories.make_deployment(production, status="queued")
    Deployment.objects.filter(pk=row.pk).update(going_back_as="failed")
    claim = Claim.take(row.pk)
    row.refresh_from_db()
    assert Record(claim, row, []).is_returning
