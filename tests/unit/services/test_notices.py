"""Who is told what: rows written with the end of a deployment, and never in its way."""

import logging

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from deployments.models import (
    AuditEntry,
    BuildVariable,
    Deployment,
    Environment,
    ExceptionRequest,
    Notice,
    Project,
    Target,
)
from deployments.notify import outbox
from deployments.pipeline.claim import Claim
from deployments.pipeline.record import Record
from deployments.services import lost, notices, stopping, turns
from tests import factories

SEND = "deployments.tasks.send_notices"


@pytest.fixture(autouse=True)
def mail(settings):
    settings.MAIL_IS_ON = True
    settings.BASE_URL = "https://releases.shop.example/"


@pytest.fixture
def asker(releaser):
    releaser.email = "ada@shop.example"
    releaser.save()
    return releaser


@pytest.fixture
def running(production, asker):
    """A deployment at work, asked for by ada."""
    release = factories.make_release(production.project, label="2.9.1")
    return factories.make_deployment(production, release=release, status="running",
                                     requested_by=asker)


def name(environment, *addresses):
    Environment.objects.filter(pk=environment.pk).update(notify_addresses="\n".join(addresses))


def told():
    return list(Notice.objects.order_by("pk").values_list("address", flat=True))


def end(deployment, status="succeeded", sentence="It is live."):
    """End it as the engine does."""
    Deployment.objects.filter(pk=deployment.pk).update(status="queued", owner="")
    claim = Claim.take(deployment.pk)
    row = Deployment.objects.select_related(
        "environment__project", "release__project").get(pk=deployment.pk)
    Record(claim, row, row.targets.all()).end(status, sentence)
    return row


def test_whoever_asked_and_whoever_is_named_is_told_once_each(running, queued):
    """In one transaction with the end, and with one message that wakes whoever sends."""
    name(running.environment, "Shop@Shop.example", "ADA@shop.example", "shop@shop.example",
         "ops@shop.example")
    end(running)
    assert told() == ["Shop@Shop.example", "ADA@shop.example", "ops@shop.example"]
    assert queued() == [(SEND, Notice.objects.order_by("pk")[0].pk)]


@pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
def test_an_account_without_address_or_that_is_closed_is_not_told(running, asker, change, queued):
    """Who has left learns nothing more."""
    type(asker).objects.filter(pk=asker.pk).update(**change)
    end(running)
    assert told() == []
    assert queued() == []


def test_an_end_that_nobody_is_told_of_costs_one_query(running, asker):
    """The engine's end is the hottest place of all locks."""
    type(asker).objects.update(email="")
    with CaptureQueriesContext(connection) as captured:
        notices.tell_deployment(running, "succeeded", "It is live.")
    assert len(captured) == 1


def test_whoever_asked_for_the_exception_hears_how_it_ended(running, asker, approver):
    """Somebody else asked for the release, in spite of the freeze, for them; not who has left."""
    type(approver).objects.filter(pk=approver.pk).update(email="anna@shop.example")
    for person in (approver, None):
        ExceptionRequest.objects.create(
            environment=running.environment, asked_by=person, deployment=running,
            answer=ExceptionRequest.USED, reason="It cannot wait.")
    end(running)
    assert told() == ["ada@shop.example", "anna@shop.example"]
    type(approver).objects.filter(pk=approver.pk).update(is_active=False)
    end(running)
    assert told() == ["ada@shop.example", "anna@shop.example", "ada@shop.example"]


def test_addresses_are_read_as_they_are_at_the_end(running):
    """Half an hour may lie between the claim and the end."""
    row = Deployment.objects.select_related("environment").get(pk=running.pk)
    name(running.environment, "late@shop.example")
    notices.tell_deployment(row, "succeeded", "It is live.")
    assert told() == ["late@shop.example", "ada@shop.example"]


@pytest.mark.parametrize(("status", "targets", "event", "words"), [
    ("succeeded", {"status": "proved"}, "deployment.succeeded", "Live and checked"),
    ("failed", {"status": "skipped"}, "deployment.failed", "Failed - visitors still see 2.8.1"),
    ("failed", {"status": "reverted", "is_switched": True}, "deployment.went_back",
     "Went back to 2.8.1 by itself"),
    ("errored", {"status": "skipped"}, "deployment.failed", "Our fault - nothing changed"),
    ("cancelled", {"status": "skipped"}, "deployment.stopped", "Stopped"),
    ("needs_attention", {"status": "unknown", "is_switched": True},
     "deployment.needs_decision", "Needs a decision"),
])
def test_a_mail_says_what_the_page_says(running, status, targets, event, words):
    """Subject: what and how; text: the sentence, one link and the number for support."""
    before = factories.make_release(running.environment.project, label="2.8.1")
    Deployment.objects.filter(pk=running.pk).update(previous=before)
    is_switched = targets.pop("is_switched", False)
    Target.objects.update(switched_at=running.requested_at if is_switched else None, **targets)
    end(running, status, "A sentence.")
    row = Notice.objects.get()
    assert (row.event, row.subject) == (event, f"Shop 2.9.1 to Production: {words}")
    assert row.text == (
        f"Shop 2.9.1 to Production: {words}.\n\nA sentence.\n\n"
        f"https://releases.shop.example/admin/progress/{running.pk}/\n\n"
        f"Asked for by releaser. For support: ref R-{running.pk}\n")


def test_a_stop_before_the_start_is_told_as_well(production, asker):
    """Services end deployments too."""
    row = factories.make_deployment(production, status="queued", requested_by=asker)
    stopping.stop(factories.actor_for(asker), row)
    assert Notice.objects.get().event == "deployment.stopped"


def test_a_deployment_that_cost_too_many_workers_is_told(running):
    """Nobody looks at a page at night."""
    Deployment.objects.filter(pk=running.pk).update(
        attempts=lost.ATTEMPTS, lease_until=running.requested_at,
        switching_at=running.requested_at)
    assert lost.give_up(running.pk)
    assert Notice.objects.get().event == "deployment.needs_decision"


def test_a_request_that_changed_before_it_began_is_told(production, asker):
    """It could not start any more, and whoever asked for it waits for it."""
    row = factories.make_deployment(production, status="queued", requested_by=asker)
    turns.end_unstarted(row, "voided", "What would be released changed. Ask for it again.")
    notice = Notice.objects.get()
    assert notice.event == "deployment.stopped"
    assert notice.subject.endswith(": Cancelled: it changed after it was asked for")
    assert "Ask for it again." in notice.text


@pytest.mark.parametrize("status", ["rejected", "expired"])
def test_whoever_asked_is_told_that_nothing_comes_of_it(running, status):
    """Somebody said no, or nobody answered in time."""
    notices.tell_deployment(running, status, "No.")
    assert told() == ["ada@shop.example"]


def test_a_transaction_that_is_undone_tells_nobody(running, queued):
    """No row and no message without the fact."""
    with transaction.atomic():
        end(running)
        assert told()
        transaction.set_rollback(True)
    assert (told(), queued()) == ([], [])


def test_what_is_no_address_is_kept_with_the_reason_and_keeps_nobody_from_being_told(running):
    """It was written before addresses were checked, or into the account."""
    bad = ["nobody", "a@b@c.example", "Eve <eve@shop.example>", "x" * 300 + "@shop.example",
           "a@shop.example\x01"]
    name(running.environment, *bad, "ops@shop.example")
    assert end(running).status == "succeeded"
    rows = {row.address: (row.status, row.problem) for row in Notice.objects.all()}
    assert len(rows) == len(bad) + 2
    assert rows.pop("ops@shop.example") == rows.pop("ada@shop.example") == ("waiting", "")
    assert set(rows.values()) == {("given_up", "This is no mail address.")}


def test_nothing_in_a_name_or_a_sentence_forges_a_line(running):
    """Line ends, controls, marks that turn the direction of writing; and lengths that no column
    takes."""
    Project.objects.update(name="Shop\r\nBcc: eve@shop.example")
    end(running, "failed", "One.\r\n\r\nhttps://evil.example\x1b[31m\u202eTwo. " + "x" * 5000)
    row = Notice.objects.get()
    assert row.subject.startswith("Shop Bcc: eve@shop.example 2.9.1 to Production: ")
    assert row.subject.isprintable()
    lines = row.text.split("\n\n")
    assert len(lines) == 4
    assert lines[1].startswith("One. https://evil.example [31m Two. xxx")
    assert len(lines[1]) == notices.LONGEST_SENTENCE
    Deployment.objects.filter(pk=running.pk).update(status="running")
    Project.objects.update(name="S" * 80)
    running.release.label = "v" * 60
    running.release.save()
    end(running)
    assert len(Notice.objects.first().subject) == notices.LONGEST_SUBJECT


def test_one_line_is_what_every_column_and_every_header_takes():
    """NUL, which PostgreSQL refuses, and halves of characters, which no mail can hold."""
    assert notices.one_line("a\0b\ud800c\u2028d\te  f", 20) == "a b c d e f"
    assert notices.one_line("x" * 21, 20) == "x" * 19 + "…"


def test_an_error_of_ours_never_keeps_a_deployment_from_ending(running, monkeypatch, caplog):
    """It is logged; the end, its audit entry and the next one's turn are there all the same."""
    monkeypatch.setattr(notices, "_letter", lambda *words: 1 / 0)
    with caplog.at_level(logging.ERROR):
        assert end(running).status == "succeeded"
    assert "Notices could not be written" in caplog.text
    assert AuditEntry.objects.filter(action="deployment.succeeded").exists()
    assert told() == []


def test_a_row_the_database_refuses_never_keeps_a_deployment_from_ending(running, monkeypatch):
    """What was written of the notices is undone alone."""
    real = notices._write

    def refused(addresses, **fields):
        real(addresses, **fields)
        Notice.objects.create(pk=Notice.objects.first().pk)

    monkeypatch.setattr(notices, "_write", refused)
    assert end(running).status == "succeeded"
    assert told() == []


def test_a_database_that_is_away_is_the_engines_to_know(running, monkeypatch):
    """It tries the whole end again."""
    def away(*words):
        raise OperationalError("gone")

    monkeypatch.setattr(notices, "_letter", away)
    with pytest.raises(OperationalError):
        notices.tell_deployment(running, "succeeded", "It is live.")


def test_without_a_mail_server_each_notice_says_so_at_once(running, settings, queued):
    """Nothing waits for what nobody is going to do."""
    settings.MAIL_IS_ON = False
    end(running)
    row = Notice.objects.get()
    assert (row.status, row.problem) == ("given_up", "No mail server is configured.")
    assert queued() == []


def test_no_secret_of_the_project_is_in_a_notice(running, settings):
    """Whatever the rows around it hold."""
    settings.EMAIL_HOST_PASSWORD = "canary-mail"
    Project.objects.update(git_user="git", git_password="canary-git")
    BuildVariable.objects.create(project=running.environment.project, name="KEY",
                                 value="canary-variable")
    factories.make_token(running.environment, key="canary-token")
    end(running, "failed", "A step failed.")
    row = Notice.objects.values().get()
    assert "canary" not in " ".join(map(str, row.values()))


def test_a_server_found_changed_is_told_to_whoever_is_named(production, queued):
    """And that it is well again; who asked for the release has no part in it."""
    name(production, "ops@shop.example")
    outbox.tell_drift(production, "Shop on web-1: not as released", "Two files were\nchanged.")
    outbox.tell_drift(production, "Shop on web-1: as released", "All is well.", is_gone=True)
    first, second = Notice.objects.order_by("pk")
    assert (first.event, second.event) == ("drift.found", "drift.gone")
    assert first.text == (
        "Shop on web-1: not as released.\n\nTwo files were changed.\n\n"
        "https://releases.shop.example/admin/\n\nTold at: Shop - Production\n")
    assert [task for task, _ in queued()] == [SEND, SEND]
