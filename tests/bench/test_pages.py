"""The measurement of pages works; its figures on many rows are for `make bench`."""

import pytest

from deployments import audit
from deployments.models import AuditEntry, Deployment
from tests.bench import pages_asked


@pytest.fixture
def rows(db):
    pages_asked.build(2, 60, 120)


def test_what_is_written_fast_is_a_log_that_verifies(rows):
    """As if `audit.record` had written it; the newest deployment runs."""
    assert audit.verify().sentence == "120 entries, unaltered."
    assert AuditEntry.objects.count() == 120
    assert Deployment.objects.count() == 61
    assert Deployment.objects.first().status == "running"


def test_every_page_that_is_measured_is_one(rows, monkeypatch):
    """Each address is answered, for both people, with its queries and bytes."""
    monkeypatch.setattr(pages_asked, "REPEATS", 1)
    for _, client in pages_asked.clients():
        for name, address in pages_asked.addresses():
            row = pages_asked.asked(client, address)
            assert row["status"] == 200, name
            assert row["queries"] > 0
            assert len(row["took_ms"]) == 1
