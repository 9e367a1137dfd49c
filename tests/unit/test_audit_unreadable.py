"""Values that no field of the log could hold: an alarm like any other change, never a fault."""

import json

import pytest
from django.db import connection
from django.urls import reverse

from deployments import audit
from deployments.audit import offline
from deployments.models import AuditEntry

LIST = "/admin/deployments/auditentry/"
BY_HAND = {
    "sqlite": ("sentence = x'ff'", "action = x'80'", "at = 'never'", "at = 5", "details = x'ff'",
               f"details = '{'[' * 3000 + ']' * 3000}'", "before = '{'", "key_id = x'ff'"),
    "postgresql": ("at = 'infinity'", "at = '11111-01-01'"),
}
"""What the database itself takes, by its vendor."""


@pytest.fixture
def three(production, admin):
    """Three intents about deployments."""
    for number in (1, 2, 3):
        audit.record("deployment.started", f"Deployment {number} begins", environment=production,
                     outcome=AuditEntry.INTENDED, deployment=number)


@pytest.fixture
def write():
    """A function that changes entry 2 past every check of the database."""
    def run(change):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints=ON")
            cursor.execute(f"UPDATE deployments_auditentry SET {change} WHERE seq = 2")

    yield run
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA ignore_check_constraints=OFF")


@pytest.mark.parametrize("change", BY_HAND[connection.vendor])
def test_what_cannot_be_read_is_told_as_changed(three, write, admin, client, change):
    """Who could make the check, or the page that tells of it, stumble would keep its alarm from
    everybody."""
    write(change)
    verdict = audit.verify()
    assert (verdict.first_bad, verdict.can_tell) == (2, True)
    assert verdict.sentence == "Entry 2 was changed after it was written."
    client.force_login(admin)
    text = client.get(f"{LIST}?result=intended").text
    assert "Warning - log integrity: Entry 2 was changed after it was written." in text
    assert client.get(reverse("admin:system-health")).status_code == 200


@pytest.mark.parametrize("details", [
    [], "words", 7, {"deployment": -1}, {"deployment": True}, {"deployment": [1]},
    {"deployment": {"a": 1}}, {"deployment": 10**30}, {"installation": [1]}])
def test_no_page_stumbles_over_details_of_another_kind(three, admin, client, details):
    """The page that must tell of the change shows it."""
    AuditEntry.objects.filter(seq=2).update(details=details, before=details, after=details)
    client.force_login(admin)
    text = client.get(f"{LIST}?result=intended").text
    assert "Entry 2 was changed after it was written." in text
    assert "Deployment 2 begins" in text
    for page in (f"{LIST}2/change/", f"{LIST}?result=open", reverse("admin:system-health")):
        assert client.get(page).status_code == 200


@pytest.mark.parametrize("change", [
    {"key_id": []}, {"hash": "\ud800"}, {"hash": None}, {"previous_hash": None}, {"details": 1.5},
    {"previous_hash": "\ud800"}])
@pytest.mark.parametrize("is_whole", [True, False])
def test_an_exported_line_of_other_values_is_broken(three, settings, change, is_whole):
    """Alone with one file of the standard library."""
    rows = None if is_whole else AuditEntry.objects.all()
    lines = list(audit.export_lines(rows))
    lines[2] = json.dumps(json.loads(lines[2]) | change)
    code, sentence = offline.verify_export(lines, offline.ring(settings.AUDIT_KEYS))
    assert (code, sentence[:17]) == (offline.BROKEN, "BROKEN at entry 2")
