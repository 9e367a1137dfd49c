"""Times in mails: each reader's own, with the name of the zone, in text and HTML alike."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now

from deployments.models import Account, Deployment, Freeze, Notice
from deployments.notify.letters import as_html
from deployments.pipeline import gate
from deployments.services import asking, due, notices, planned
from tests import factories

UNTIL = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def mail(settings):
    settings.MAIL_IS_ON = True
    settings.BASE_URL = "https://releases.shop.example/"


@pytest.fixture
def readers(approver, releaser, admin, production):
    """Somebody in Tokyo who may approve, somebody in New York who asks, and a mailbox of nobody."""
    for user, address, zone in ((approver, "Mia@shop.example", "Asia/Tokyo"),
                                (releaser, "ben@shop.example", "America/New_York"),
                                (admin, "ines@shop.example", "")):
        user.email = address
        user.save()
        Account.objects.update_or_create(user=user, defaults={"time_zone": zone})
    type(production).objects.update(notify_addresses="team@shop.example\nmia@shop.example")
    production.refresh_from_db()
    return production


def mails(event):
    """{address: text}, each the same in HTML, with one link."""
    found = {row.address: row.text for row in Notice.objects.filter(event=event)}
    for text in found.values():
        page = as_html(text)
        assert all(part in page for part in text.strip().split("\n\n"))
        assert len(re.findall("href=", page)) == text.count("https://") == 1
    return found


def asked(place, releaser, status="awaiting_approval", **over):
    return factories.make_deployment(place, status=status, requested_by=releaser, **{
        "requested_by_name": "Ben", "approval_until": UNTIL} | over)


def test_whoever_is_asked_reads_their_own_time(readers, approver, releaser, admin, approval_rule):
    """An hour of tomorrow in Tokyo, and that of the installation, named, for who chose none."""
    row = asked(readers, releaser)
    notices.tell_people([approver, releaser, admin], event="approval.asked", subject="Asked",
                        sentence=lambda: f"It expires on {asking.moment(row.approval_until)}.")
    found = mails("approval.asked")
    assert "expires on 02 Dec, 05:30 JST." in found["Mia@shop.example"]
    assert "expires on 01 Dec, 15:30 EST." in found["ben@shop.example"]
    assert "expires on 01 Dec, 20:30 UTC." in found["ines@shop.example"]
    assert asking.moment(UNTIL) == "01 Dec, 20:30"  # nobody else's words have changed


@pytest.mark.parametrize(("tell", "event", "words"), [
    (asking.ask, "approval.asked", "expires on 02 Dec, 05:30 JST."),
    (asking.tell_agreed, "approval.given", "Start it before 01 Dec, 15:30 EST;")])
def test_a_request_is_told_so(readers, releaser, approval_rule, tell, event, words):
    """Both ways, with the time it is planned for."""
    tell(asked(readers, releaser))
    (text,) = mails(event).values()
    assert words in text


def test_what_ran_out_is_told_so(readers, releaser):
    """The page keeps the sentence in one zone, every mail in its own."""
    row = asked(readers, releaser)
    Deployment.objects.update(approval_until=UNTIL - timedelta(days=400))
    assert due.expire() == 1
    row.refresh_from_db()
    assert "before 27 Oct, 20:30. Ask" in row.result
    found = mails("deployment.expired")
    assert {address: re.search("before (.*?)[.] Ask", text)[1]
            for address, text in found.items()} == {
        "mia@shop.example": "28 Oct, 05:30 JST", "ben@shop.example": "27 Oct, 16:30 EDT",
        "team@shop.example": "27 Oct, 20:30 UTC"}


def test_a_missed_window_is_told_so(readers, releaser):
    """With what stood in its way."""
    first = datetime(2025, 12, 1, 20, 30, tzinfo=UTC)
    row = asked(readers, releaser, "scheduled", planned_for=first,
                start_until=first + timedelta(hours=1))
    planned.start_due()
    row.refresh_from_db()
    assert "between 01 Dec 20:30 and 21:30: " in row.result
    assert "between 02 Dec 05:30 JST and 06:30 JST: " in mails(
        "deployment.expired")["mia@shop.example"]


def test_a_freeze_that_stops_a_start_is_told_so(readers, releaser):
    """Until when it is frozen, wherever one reads it."""
    row = asked(readers, releaser, "queued")
    at = datetime.now(UTC).replace(hour=20, minute=30) + timedelta(days=40)
    Freeze.objects.create(
        environment=readers, reason="Stock-taking", repeats="once", time_zone="UTC",
        from_date="2020-01-01", from_time="00:00", until_date=at.date(), until_time="20:30")
    assert not gate.may_start(row)
    found = mails("deployment.stopped")
    assert "05:30 JST (Stock-taking)" in found["mia@shop.example"]
    assert "20:30 UTC (Stock-taking)" in found["team@shop.example"]
    assert Deployment.objects.filter(finished_at__lte=Now()).exists()
