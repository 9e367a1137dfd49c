"""A deployment's page says who was told of its end, and who could not be, and why."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deployments.models import Notice
from deployments.pages import told
from deployments.services.asking import AGREED, ASKED, REMINDED
from deployments.services.notices import TOLD
from tests import factories


@pytest.fixture
def deployment(production):
    return factories.make_deployment(production)


@pytest.fixture
def write(deployment):
    """A function that writes a notice of the deployment."""

    def written(**over):
        fields = {"event": "deployment.succeeded", "address": "ada@shop.example",
                  "subject": "s", "text": "t"}
        return Notice.objects.create(deployment=deployment, environment=deployment.environment,
                                     **fields | over)

    return written


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """It stays noon: times of another day are told with their date, and days end during tests."""
    now = timezone.now().replace(hour=12, minute=0)
    monkeypatch.setattr(timezone, "now", lambda: now)


def at(hour, minute):
    return timezone.localtime().replace(hour=hour, minute=minute)


def rows_of(client, deployment):
    return client.get(reverse("admin:progress-rows", args=[deployment.pk])).json()


def shown(client, deployment):
    return client.get(reverse("admin:deployment-progress", args=[deployment.pk])).text


def test_who_was_told_stands_on_the_page_and_in_its_rows(deployment, write, viewer, sign_in):
    """With the time; and nothing will change any more."""
    write(status="sent", sent_at=at(14, 2))
    client, words = sign_in(viewer), "Told ada@shop.example at 14:02 that it is live."
    assert words in shown(client, deployment)
    news = rows_of(client, deployment)
    assert (news["told"], news["next_ms"]) == (words, None)


def test_a_page_without_notices_says_nothing_of_them(deployment, viewer, sign_in):
    """Nobody was to be told."""
    assert rows_of(sign_in(viewer), deployment)["told"] == ""
    assert 'data-part="told" hidden' in shown(sign_in(viewer), deployment)


def test_who_could_not_be_told_stands_there_with_the_reason(deployment, write, viewer, sign_in):
    """Given up, with what the mail server said, escaped."""
    write(status="given_up", problem="The mail server refused the address: 550 <b>no</b>.")
    text = shown(sign_in(viewer), deployment)
    assert ("ada@shop.example was not told that it is live. The mail server refused the address: "
            "550 &lt;b&gt;no&lt;/b&gt;.") in text


@pytest.mark.parametrize(("over", "words"), [
    ({}, "ada@shop.example is being told."),
    ({"tries": 1, "lease_until": "later", "next_try_at": "earlier"},
     "ada@shop.example is being told."),
    ({"tries": 1, "problem": "It is away.", "next_try_at": "later"},
     "ada@shop.example could not be told yet. It is away. The next try is at {later}."),
    ({"tries": 1, "problem": "It is away.", "next_try_at": "tomorrow"},
     "ada@shop.example could not be told yet. It is away. The next try is at {tomorrow}."),
])
def test_what_waits_says_what_for(write, over, words):
    """Told at once, told now, or later; the date where it is another day."""
    now = timezone.localtime()
    times = {"earlier": now - timedelta(minutes=1), "later": now + timedelta(minutes=5),
             "tomorrow": now + timedelta(days=1)}
    row = write(**{name: times.get(value, value) for name, value in over.items()})
    assert told.delivery(row) == words.format(
        later=f"{times['later']:%H:%M}",
        tomorrow=f"{times['tomorrow'].day} {times['tomorrow']:%b, %H:%M}")


def test_the_page_asks_again_while_somebody_is_being_told(deployment, write, viewer, sign_in):
    """For a minute; what takes longer, nobody sits and waits for."""
    row, client = write(), sign_in(viewer)
    assert rows_of(client, deployment)["next_ms"] == 2000
    assert "progress.js" in shown(client, deployment)
    Notice.objects.filter(pk=row.pk).update(written_at=timezone.now() - timedelta(minutes=2))
    assert rows_of(client, deployment)["next_ms"] is None
    assert "progress.js" not in shown(client, deployment)


def test_only_the_newest_news_is_shown(deployment, write, viewer, sign_in):
    """That it needed a decision is old when it has succeeded."""
    write(event="deployment.needs_decision", status="sent", sent_at=at(13, 0))
    write(status="sent", sent_at=at(14, 2))
    write(status="sent", sent_at=at(14, 2), address="ops@shop.example")
    assert rows_of(sign_in(viewer), deployment)["told"] == (
        "Told ada@shop.example at 14:02 that it is live. "
        "Told ops@shop.example at 14:02 that it is live.")


@pytest.mark.parametrize("event", [*TOLD.values(), "deployment.went_back", "deployment.emergency",
                                   ASKED, REMINDED, AGREED, "freeze.overridden",
                                   "freeze.exception_used"])
def test_every_mail_about_a_release_says_what_it_told(write, event):
    """Whoever looks at the page later cannot know which mail it was."""
    row = write(event=event, status="sent", sent_at=at(14, 2))
    assert re.fullmatch(r"Told ada@shop.example at 14:02 that \w.*\.", told.told_sentence([row]))


def test_of_a_reload_it_says_so(write, deployment):
    """No version went live by it."""
    deployment.kind = "reload"
    row = write(status="sent", sent_at=at(14, 2))
    assert told.told_sentence([row]) == "Told ada@shop.example at 14:02 that PHP reloaded."
