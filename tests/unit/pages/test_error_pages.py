"""Pages for what cannot be shown: the same voice, a way on, and a reference that finds the line in
the log and the entry in the audit log."""

import io
import logging
import re

import pytest
from django.db import OperationalError

from deployments import explained
from deployments.models import AuditEntry
from deployments.pages.log_filters import NamesRequest
from tests import factories

HELP = re.compile(r'href="/admin/help/\?see=([a-z0-9-]+)#\1"')
REFERENCE = re.compile(r"For support: ref <code>(page-[0-9a-f]{16})</code>")


@pytest.fixture
def written():
    """What our own handler writes to the log, as the worker's and the server's output has it."""
    handler = next(one for one in logging.getLogger().handlers
                   if any(isinstance(rule, NamesRequest) for rule in one.filters))
    text = io.StringIO()
    before = handler.setStream(text)
    yield text
    handler.setStream(before)


@pytest.fixture
def waiting(production, approval_rule, releaser):
    return factories.make_deployment(production, status="awaiting_approval",
                                     requested_by=releaser)


@pytest.fixture
def client(waiting, releaser, sign_in):
    client = sign_in(releaser, enforce_csrf_checks=True)
    client.raise_request_exception = False
    return client


def check(answer, status, heading, log):
    """What each of them has; returns the reference."""
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in answer.text
    assert 'class="button main" href="/admin/"' in answer.text
    anchor = HELP.search(answer.text)[1]
    entry, = [row for group in explained.GROUPS for row in group.entries if row.anchor == anchor]
    assert entry.says == heading
    reference = REFERENCE.search(answer.text)[1]
    assert answer.headers["X-Request-Id"] == reference
    assert any(f" {reference} django." in line for line in log.getvalue().splitlines())
    return reference


def test_what_is_not_there(client, written):
    """404."""
    check(client.get("/admin/progress/999999/"), 404, "There is nothing here.", written)


def test_what_nobody_allowed(client, waiting, sign_in, written):
    """403, and for a press the audit log has the same reference."""
    stranger = sign_in(factories.make_user("neighbour", factories.make_project(), "look"))
    path = f"/admin/progress/{waiting.pk}/"
    check(stranger.get(path), 403, "You may not open this.", written)
    reference = check(stranger.post(f"{path}stop/"), 403, "You may not open this.", written)
    assert AuditEntry.objects.get(request_id=reference).outcome == "refused"


def test_a_form_that_is_too_old(client, waiting, written):
    """403 without the form's own secret; what was meant to happen is in the audit log."""
    answer = client.post(f"/admin/progress/{waiting.pk}/stop/")
    reference = check(answer, 403, "This page was too old to be sent.", written)
    assert AuditEntry.objects.get(request_id=reference).action == "page.refused"


def test_an_address_that_only_takes_a_press(client, waiting, written):
    """405."""
    answer = client.get(f"/admin/progress/{waiting.pk}/stop/")
    check(answer, 405, "This address waits for a button.", written)


@pytest.mark.parametrize(("fault", "status", "heading"), [
    (RuntimeError, 500, "Something broke on our side."),
    (OperationalError, 503, "The database is busy or away."),
])
def test_a_fault_of_ours(client, waiting, written, monkeypatch, fault, status, heading):
    """500 and 503, without a word of what went wrong; the log has that beside the reference."""
    def broken(*args, **names):
        raise fault("secret words")

    monkeypatch.setattr("deployments.pages.progress.notices_of", broken)
    answer = client.get(f"/admin/progress/{waiting.pk}/")
    check(answer, status, heading, written)
    assert "secret words" not in answer.text
    assert "secret words" in written.getvalue()


def test_what_no_request_is_at_work_on_has_a_dash(written):
    """A line written between requests, by a worker that waits for instance."""
    logging.getLogger("deployments").warning("nothing to do")
    assert "WARNING - deployments: nothing to do" in written.getvalue()
