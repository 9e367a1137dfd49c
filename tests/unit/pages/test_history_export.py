"""History as CSV: what the filters show and nothing else, in plain words, whoever wrote a cell."""

import csv
import io
from datetime import UTC, datetime

import pytest

from deployments.models import Account, Approval, AuditEntry, Deployment, WitnessRecord
from deployments.pages import history_export
from tests import factories

EXPORT = "/admin/history/export/"
AT = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_says_what_the_page_says(staging, approver, viewer, sign_in, settings):
    """Who asked and agreed, when, how it ended and what visitors got; times as this person reads
    them, also while the file is sent."""
    settings.BASE_URL = "https://releases.example"
    Account.objects.update_or_create(user=viewer, defaults={"time_zone": "Asia/Tokyo"})
    row = factories.make_deployment(
        staging, release=factories.make_release(staging.project, label="2.0"), kind="rollback",
        requested_by_name="Anna", reason="It was slow", emergency="Nobody could pay")
    Deployment.objects.update(requested_at=AT, claimed_at=AT, finished_at=AT)
    for answer in ("no", "yes"):
        Approval.objects.create(deployment=row, user=approver, user_name="Ben", answer=answer,
                                plan_hash="0")
    Approval.objects.update(answered_at=AT)
    WitnessRecord.objects.create(target=row.targets.first(), began_at=AT, failed=2, mixed=1)
    found, = rows_of(sign_in(viewer).post(EXPORT))
    assert found == {
        "number": f"R-{row.pk}", "project": "Shop", "environment": "Staging", "version": "2.0",
        "what": "go back, in an emergency", "state": "Live and checked", "asked by": "Anna",
        "asked at (Asia/Tokyo)": "2026-03-15 08:30:00",
        "approved by": "Ben (2026-03-15 08:30:00)",
        "started (Asia/Tokyo)": "2026-03-15 08:30:00",
        "ended (Asia/Tokyo)": "2026-03-15 08:30:00",
        "failed answers": "2", "old answers": "0", "mixed answers": "1",
        "reason": "It was slow; Nobody could pay",
        "address of its page": f"https://releases.example/admin/progress/{row.pk}/"}


@pytest.mark.parametrize(("filters", "expected"), [
    ("", {"2.0", "2.1"}), ("result=failed", {"2.1"}), ("environment=staging", {"2.0"}),
    ("q=2.1&before=1", {"2.1"}), ("who=nobody", set()),
])
def test_it_holds_what_the_filters_leave_and_is_audited(
        staging, production, viewer, sign_in, filters, expected):
    """All parts of the list, not the one that is open; the entry counts what left."""
    for place, label, status in ((staging, "2.0", "succeeded"), (production, "2.1", "failed")):
        factories.make_deployment(place, status=status, release=factories.make_release(
            staging.project, label=label))
    answer = sign_in(viewer).post(f"{EXPORT}?{filters}")
    assert {row["version"] for row in rows_of(answer)} == expected
    assert answer["Content-Disposition"] == 'attachment; filename="history.csv"'
    entry = AuditEntry.objects.get(action="deployment.exported")
    assert (entry.actor_name, entry.details["rows"]) == (viewer.username, len(expected))
    assert entry.sentence.startswith(f"{viewer.username} exported {len(expected)} row")


@pytest.mark.parametrize(("days", "name"), [
    ("since=2026-03-01&until=2026-03-31", "history-from-2026-03-01-until-2026-03-31.csv"),
    ("until=2026-03-31", "history-until-2026-03-31.csv"),
])
def test_the_file_is_named_by_the_days_that_it_holds(staging, viewer, sign_in, days, name):
    """Two files of two months lie side by side."""
    answer = sign_in(viewer).post(f"{EXPORT}?{days}")
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_people_take_out_their_own_projects_alone(staging, viewer, sign_in):
    """As on the page."""
    factories.make_deployment(staging)
    factories.make_deployment(factories.make_environment(slug="secret"))
    assert [row["project"] for row in rows_of(sign_in(viewer).post(EXPORT))] == ["Shop"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1"])
def test_no_cell_is_calculated(staging, viewer, sign_in, text):
    """Anybody who asks for a release writes into it."""
    factories.make_deployment(staging, reason=text, requested_by_name=text)
    row, = rows_of(sign_in(viewer).post(EXPORT))
    assert row["reason"] == row["asked by"] == f"'{text}"


def test_it_is_read_in_chunks_of_the_same_few_queries(
        staging, viewer, sign_in, monkeypatch, django_assert_num_queries):
    """However many rows, and whatever is in them: the newest first, each once."""
    monkeypatch.setattr(history_export, "CHUNK", 4)
    before = factories.make_release(staging.project, label="", ref="main")
    rows = [factories.make_deployment(staging, previous=before, status=status)
            for status in ("succeeded", "failed", "cancelled", "expired") * 2]
    for row in rows[:3]:
        row.approvals.create(user=viewer, user_name="Vera", answer="yes", plan_hash="0")
    answer = sign_in(viewer).post(EXPORT)
    assert answer.streaming
    with django_assert_num_queries(2 * 6):  # rows, places, versions, servers, votes, answers
        found = [row["number"] for row in rows_of(answer)]
    assert found == [f"R-{row.pk}" for row in reversed(rows)]


def test_taking_it_out_needs_post_and_a_day_that_is_one(staging, viewer, sign_in):
    """A link downloads nothing; a day that is none is said on the page. Neither is an entry."""
    client = sign_in(viewer)
    assert client.get(EXPORT).status_code == 405
    answer = client.post(f"{EXPORT}?since=yesterday&q=vat", follow=True)
    assert answer.redirect_chain == [("/admin/history/?since=yesterday&q=vat", 303)]
    assert "These filters cannot be read." in answer.text
    assert not AuditEntry.objects.filter(action="deployment.exported").exists()


def test_the_page_has_a_button_for_what_it_shows(staging, viewer, sign_in):
    """With its filters, without the part that is open."""
    text = sign_in(viewer).get("/admin/history/?project=shop&before=9").text
    assert f'action="{EXPORT}?project=shop"' in text
    assert "Download as CSV" in text
