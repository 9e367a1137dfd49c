"""What every task does for the log: it has an id, and appends what its machine had kept."""

from deployments import audit, queue, tasks
from deployments.audit.late import kept_file
from deployments.models import AuditEntry
from deployments.services import anchors


def test_a_task_appends_what_its_machine_kept(db):
    """Whichever comes first; the entry keeps its own time and is marked."""
    audit.keep([audit.described("step.put_back", "Done: put back")])
    try:
        tasks.answer_pulse()
    finally:
        kept_file().unlink(missing_ok=True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.is_late) == ("step.put_back", True)


def test_the_schedule_anchors_and_checks(db, monkeypatch):
    """One task each minute does both; its entries have its id."""
    monkeypatch.setattr(anchors, "keep_anchored", lambda: audit.record("test.happened", "Kept"))
    assert queue.ANCHOR.endswith("anchor_audit")
    tasks.anchor_audit()
    checked, kept = AuditEntry.objects.order_by("seq")
    assert checked.action == "audit.verified"
    assert checked.request_id == kept.request_id
    assert kept.request_id.startswith("task-")
