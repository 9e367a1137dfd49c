"""decide: what people say to a deployment that needs them, or that is on its way too far."""

import pytest
from django.utils import timezone

from tests import factories


@pytest.mark.parametrize(("word", "decision"), [("finish", "finish"), ("put-back", "put_back")])
def test_decide_writes_the_decision_and_wakes_the_worker(
        word, decision, staging, approver, run, queued, audited):
    """By somebody who may decide, for a deployment that needs it."""
    row = factories.make_deployment(staging, status="needs_attention")
    ended = run("decide", row.pk, word, may_speak_for="approver")
    assert ended.code == 0, ended.err
    assert f"decided to {word.replace('-', ' ')}: release Shop" in ended.out
    row.refresh_from_db()
    assert (row.decision, row.status) == (decision, "running")
    assert queued() == [("deployments.tasks.run_deployment", row.pk)]
    assert audited("deployment.decided")[0][0] == "done"


def test_decide_refuses_what_needs_no_decision(staging, approver, run):
    """A finished deployment stays as it is."""
    row = factories.make_deployment(staging)
    ended = run("decide", row.pk, "finish", may_speak_for="approver")
    assert ended.code == 3
    assert "This deployment needs no decision." in ended.err
    row.refresh_from_db()
    assert row.status == "succeeded"


def test_putting_back_turns_back_what_is_on_its_way(staging, releaser, run, queued, audited):
    """By somebody who may go back; the worker that runs it reads the wish."""
    row = factories.make_deployment(staging, status="running", switching_at=timezone.now())
    ended = run("decide", row.pk, "put-back")
    assert ended.code == 0, ended.err
    row.refresh_from_db()
    assert (row.decision, row.status, row.owner) == ("put_back", "running", "worker:1")
    assert queued() == []
    assert audited("deployment.turn_back_requested")[0][0] == "done"


def test_finishing_what_is_on_its_way_is_no_decision(staging, approver, run):
    """It finishes by itself."""
    row = factories.make_deployment(staging, status="running", switching_at=timezone.now())
    ended = run("decide", row.pk, "finish", may_speak_for="approver")
    assert (ended.code, "needs no decision" in ended.err) == (3, True)
