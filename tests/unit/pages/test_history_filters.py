"""History answers “what went live last March?”: what, when and words, in the address."""

from datetime import UTC, datetime

import pytest

from deployments.models import Account, Approval, Deployment
from deployments.pages import days as days_module
from deployments.pages import history_filters
from tests import factories


def at(month, day, hour=12):
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def past(staging, production):
    """Three that ended in March and April, and one that has waited since then."""
    shop = staging.project
    rows = [
        (staging, "2.0", "deploy", "succeeded", "VAT fix", at(3, 1), at(4, 1, 9)),
        (staging, "1.9", "rollback", "succeeded", "It was slow", at(3, 14), at(3, 14)),
        (production, "2.1", "deploy", "failed", "Black Friday", at(3, 31), at(3, 31, 23)),
        (production, "2.2", "deploy", "awaiting_approval", "", at(3, 20), None),
    ]
    for place, label, kind, status, reason, asked, ended in rows:
        row = factories.make_deployment(
            place, release=factories.make_release(shop, label=label), kind=kind, status=status,
            reason=reason)
        Deployment.objects.filter(pk=row.pk).update(requested_at=asked, finished_at=ended)


@pytest.mark.parametrize(("filters", "expected"), [
    ("what=released", {"2.0", "2.1", "2.2"}), ("what=back", {"1.9"}), ("what=php", set()),
    ("what=nonsense", set()), ("what=released&result=live", {"2.0"}),
    ("since=2026-03-01&until=2026-03-31", {"1.9", "2.1", "2.2"}),
    ("since=2026-04-01", {"2.0"}), ("until=2026-03-14", {"1.9"}), ("until=2026-03-13", set()),
    ("q=vat", {"2.0"}), ("q=2.1", {"2.1"}), ("q=slow&what=released", set()), ("q=%25", set()),
])
def test_what_was_asked_for_is_there_and_nothing_else(past, viewer, sign_in, filters, expected):
    """What went live counts where it went live, what goes on where it was asked for."""
    answer = sign_in(viewer).get(f"/admin/history/?{filters}").text
    assert {name for name in ("2.0", "1.9", "2.1", "2.2")
            if f"<strong>{name}</strong>" in answer} == expected
    assert ("Nothing matches." in answer) == (not expected)


def test_what_went_live_without_anybodys_yes_is_found(past, viewer, approver, sign_in):
    """A person's newest vote counts; what did not go live is not looked for."""
    client = sign_in(viewer)

    def vote(label, answer):
        row = Deployment.objects.get(release__label=label)
        Approval.objects.create(deployment=row, user=approver, user_name="Bert", answer=answer,
                                plan_hash=row.plan_hash)

    def found():
        answer = client.get("/admin/history/?what=unapproved").text
        return {name for name in ("2.0", "1.9", "2.1", "2.2")
                if f"<strong>{name}</strong>" in answer}

    assert found() == {"2.0", "1.9"}
    vote("2.0", Approval.YES)
    assert found() == {"1.9"}
    vote("2.0", Approval.WITHDRAWN)
    assert found() == {"2.0", "1.9"}


def test_a_reference_finds_its_release(past, viewer, sign_in):
    """“R-12” stands in mails and in what is copied for support."""
    row = Deployment.objects.get(release__label="2.1")
    for text in (f"R-{row.pk}", f"r-{row.pk}", str(row.pk)):
        answer = sign_in(viewer).get(f"/admin/history/?q={text}").text
        assert f'href="/admin/progress/{row.pk}/"' in answer
        assert f'value="{text}"' in answer


@pytest.mark.parametrize("days", [
    "since=yesterday", "until=9999-12-31", "since=9999-12-31", "since=0001-01-01", "until=%FF"])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_a_day_that_is_none_is_said(past, viewer, sign_in, days, zone):
    """An address somebody typed, or a day that some zones do not have: what to do, and nothing
    typed is lost."""
    Account.objects.update_or_create(user=viewer, defaults={"time_zone": zone})
    answer = sign_in(viewer).get(f"/admin/history/?{days}&q=vat")
    assert answer.status_code == 400
    assert "These filters cannot be read." in answer.text
    assert 'value="vat"' in answer.text


@pytest.mark.parametrize("asked", ["q=vat", "what=unapproved"])
def test_what_no_index_finds_is_looked_for_a_stretch_at_a_time(
        past, viewer, sign_in, monkeypatch, asked):
    """It says how far it looked, and the link goes on with the same filter."""
    monkeypatch.setattr(history_filters, "REACH", 2)
    client = sign_in(viewer)
    first = Deployment.objects.order_by("pk").first().pk
    answer = client.get(f"/admin/history/?{asked}").text
    assert f"Looked through the releases {first + 2} to {first + 3}." in answer
    assert "Nothing matches among them" in answer
    assert f'href="?{asked}&amp;before={first + 2}">Look further back' in answer
    assert "<strong>2.0</strong>" in client.get(f"/admin/history/?{asked}&before={first + 2}").text


@pytest.mark.parametrize(("words", "days"), [
    ("Today", "since=2026-03-01&amp;until=2026-03-01"),
    ("Yesterday", "since=2026-02-28&amp;until=2026-02-28"),
    ("Last 7 days", "since=2026-02-23&amp;until=2026-03-01"),
    ("This month", "since=2026-03-01&amp;until=2026-03-31"),
    ("Last month", "since=2026-02-01&amp;until=2026-02-28"),
])
def test_the_days_that_people_ask_for_most_are_one_click_away(
        past, viewer, sign_in, monkeypatch, words, days):
    """Counted by the reader's own clock; other filters stay, and the chosen one is marked."""
    monkeypatch.setattr(days_module.timezone, "now", lambda: at(2, 28, 20))  # March in Tokyo
    Account.objects.update_or_create(user=viewer, defaults={"time_zone": "Asia/Tokyo"})
    client = sign_in(viewer)
    text = client.get("/admin/history/?project=shop&before=99").text
    assert f'<a href="?project=shop&amp;{days}">{words}</a>' in text
    assert text.count('aria-current="true"') == 0
    text = client.get(f"/admin/history/?project=shop&{days.replace('&amp;', '&')}").text
    assert f'<a href="?project=shop&amp;{days}" aria-current="true">{words}</a>' in text
    assert text.count('aria-current="true"') == 1
