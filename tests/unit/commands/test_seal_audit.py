"""`seal_audit`: closed days of the log as a signed file; nothing leaves the log."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from deployments import audit
from deployments.audit import offline
from deployments.models import AuditEntry


def sealed(*words):
    out = io.StringIO()
    call_command("seal_audit", *words, stdout=out)
    return out.getvalue()


def test_what_happened_before_a_day_is_sealed_once(db, tmp_path, settings, monkeypatch):
    """Yesterday's entries go into the file, today's do not; who did it is an entry."""
    yesterday, now = timezone.now() - timedelta(days=1), timezone.now
    monkeypatch.setattr(timezone, "now", lambda: yesterday)
    for number in range(3):
        audit.record("test.happened", f"Entry {number}")
    monkeypatch.setattr(timezone, "now", now)
    audit.record("test.happened", "Today")
    words = ("--before", timezone.localdate().isoformat(), "--folder", str(tmp_path))

    said = sealed(*words)

    entry = AuditEntry.objects.get(action="audit.sealed")
    assert "sealed entries 1 to 3 as audit-000000001-000000003.jsonl" in said
    assert entry.sentence.startswith("System account ")
    assert entry.actor_name.startswith("system account ")
    lines = Path(entry.details["file"]).read_text().splitlines()
    assert offline.verify_export(lines, offline.ring(settings.AUDIT_KEYS))[0] == 0
    assert AuditEntry.objects.count() == 5
    assert sealed(*words).startswith("Nothing to seal")


@pytest.mark.parametrize(("day", "why"), [("soon", "is no day"), ("2026-02-31", "is no day"),
                                          ("2999-01-01", "has not come yet")])
def test_a_day_that_cannot_be_sealed_is_refused_in_words(db, tmp_path, day, why):
    """Nothing is written, neither a file nor an entry."""
    with pytest.raises(CommandError, match=why) as refused:
        sealed("--before", day, "--folder", str(tmp_path))
    assert refused.value.returncode == 2
    assert list(tmp_path.iterdir()) == []
    assert not AuditEntry.objects.exists()
