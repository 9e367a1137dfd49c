"""Stopping and deciding: up to the first switch, and where a person must say what happens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import queue
from deployments.errors import Refused, TakenOver
from deployments.models import Deployment
from deployments.pipeline.claim import Claim
from deployments.services.stopping import decide, stop, turn_back
from tests.factories import actor_for, make_deployment, make_grant

STOP, DECIDE = "deployment.stop_requested", "deployment.decided"
TURN_BACK = "deployment.turn_back_requested"


@pytest.mark.parametrize("status", [
    "waiting_turn", "waiting_for_build", "awaiting_approval", "scheduled", "queued"])
def test_what_has_not_begun_stops_at_once(releaser, production, status, audited):
    """Its end, its sentence, its servers not touched."""
    row = make_deployment(production, status=status)
    stop(actor_for(releaser), row)
    row.refresh_from_db()
    assert (row.status, row.result) == ("cancelled", "Stopped by releaser. Nothing was changed.")
    assert row.finished_at
    assert {target.status for target in row.targets.all()} == {"skipped"}
    assert audited() == [("deployment.cancelled", "done")]


def test_what_is_running_is_asked_to_stop(releaser, production, audited):
    """The runner reads it before the first switch; the row goes on until then."""
    row = make_deployment(production, status="running")
    stop(actor_for(releaser), row)
    row.refresh_from_db()
    assert (row.status, row.stop_requested_by_name) == ("running", "releaser")
    assert audited() == [(STOP, "done")]


def test_it_is_too_late_after_the_first_switch(releaser, production, refusal):
    """From then on the way is forward, or back."""
    row = make_deployment(production, status="running", switching_at=timezone.now())
    with refusal(STOP, "Too late to stop"):
        stop(actor_for(releaser), row)


def test_a_reload_can_be_stopped_until_php_is_made_to_reload(releaser, production, refusal):
    """It has no switch: what it does is done then."""
    row = make_deployment(production, status="running", kind="reload")
    row.targets.filter(server_name="web-1").update(step="cohere")
    with refusal(STOP, "Too late to stop: PHP is being made to reload"):
        stop(actor_for(releaser), row)


@pytest.mark.parametrize("status", ["succeeded", "failed", "errored", "rejected", "expired",
                                    "cancelled", "voided"])
def test_what_has_ended_cannot_be_stopped(releaser, production, status, refusal):
    """History is never edited."""
    row = make_deployment(production, status=status)
    with refusal(STOP, "ended already"):
        stop(actor_for(releaser), row)


def test_what_needs_a_decision_is_not_stopped(releaser, production, refusal):
    """It has not ended either, and the sentence must not say so."""
    row = make_deployment(production, status="needs_attention")
    with refusal(STOP, "needs a decision"):
        stop(actor_for(releaser), row)


@pytest.mark.parametrize("now", ["running", "succeeded"])
def test_a_page_that_is_old_stops_nothing_that_has_gone_on(releaser, production, now):
    """What counts is the row, not what the page had loaded."""
    old = make_deployment(production, status="queued")
    Deployment.objects.update(status=now, switching_at=timezone.now())
    with pytest.raises(Refused, match=r"Too late|ended already"):
        stop(actor_for(releaser), old)
    assert Deployment.objects.get().status == now


@pytest.mark.parametrize("name", ["approver", "viewer", "outsider", "admin"])
def test_only_who_may_release_can_stop(name, request, production, refusal):
    """Also before it has begun."""
    row = make_deployment(production, status="queued")
    user = request.getfixturevalue(name)
    with refusal(STOP, "You may not stop releases of Shop"):
        stop(actor_for(user), row)


def test_what_has_not_started_stands_in_the_way_of_no_emergency(
        outsider, production, shop, refusal):
    """The entry “emergency” stops it, and nothing that runs: the page may have been older."""
    make_grant(outsider, "emergency", environment=production)
    planned = make_deployment(production, status="scheduled")
    stop(actor_for(outsider), planned)
    assert Deployment.objects.get().status == "cancelled"
    old = make_deployment(production, status="queued")
    Deployment.objects.filter(pk=old.pk).update(status="running")
    with refusal(STOP, "You may not stop releases of Shop"):
        stop(actor_for(outsider), old)


def test_what_is_switched_is_turned_back(releaser, production, audited, queued):
    """The runner that has it reads the wish: nobody else is woken, the row stays its own."""
    row = make_deployment(production, status="running", owner="web:1", fence=3,
                          switching_at=timezone.now())
    turn_back(actor_for(releaser), row)
    row.refresh_from_db()
    assert (row.status, row.decision, row.decided_by_name) == ("running", "put_back", "releaser")
    assert (row.owner, row.fence, row.is_going_back) == ("web:1", 3, True)
    assert audited() == [(TURN_BACK, "done")]
    assert queued() == []


@pytest.mark.parametrize(("over", "reason"), [
    ({"status": "running"}, "Nothing is switched yet"),
    ({"status": "queued"}, "Nothing is switched yet"),
    ({"status": "waiting_turn"}, "Nothing is switched yet"),
    ({"status": "needs_attention"}, "needs a decision"),
    ({"status": "succeeded"}, "ended already"),
    ({"status": "failed"}, "ended already"),
    ({"status": "running", "kind": "reload"}, "switches nothing"),
    ({"status": "running", "going_back_as": "failed"}, "going back already"),
    ({"status": "running", "decision": "put_back"}, "going back already"),
    ({"status": "running", "decision": "finish", "decided_by_name": "Ben"},
     "Ben decided to finish it"),
])
def test_only_what_is_switched_and_goes_on_can_be_turned_back(
        releaser, production, over, reason, refusal):
    """Each with its own reason, and nothing is written."""
    switched = timezone.now() if over != {"status": "running"} else None
    row = make_deployment(production, **{"switching_at": switched} | over)
    with refusal(TURN_BACK, reason):
        turn_back(actor_for(releaser), row)


@pytest.mark.parametrize("name", ["approver", "viewer", "outsider", "admin"])
def test_only_who_may_go_back_can_turn_back(name, request, production, refusal):
    """Its own entry in the allowlist."""
    row = make_deployment(production, status="running", switching_at=timezone.now())
    user = request.getfixturevalue(name)
    with refusal(TURN_BACK, "You may not go back in Shop"):
        turn_back(actor_for(user), row)


@pytest.mark.parametrize(("decision", "words"), [("finish", "finish"), ("put_back", "put back")])
def test_a_decision_wakes_the_runner(approver, production, decision, words, queued, audited):
    """The row is free to be claimed, and says who decided what."""
    row = make_deployment(production, status="needs_attention", owner="gone:1", fence=3,
                          attempts=3, finishes=2, going_back_as="errored")
    decide(actor_for(approver), row, decision)
    row.refresh_from_db()
    assert (row.status, row.decision, row.decided_by_name) == ("running", decision, "approver")
    assert row.lease_until <= row.woken_at <= timezone.now()
    assert (row.owner, row.attempts, row.finishes, row.going_back_as) == ("", 0, 0, "")
    assert queued() == [(queue.DEPLOY, row.pk)]
    assert audited() == [(DECIDE, "done")]


def test_a_decision_takes_the_deployment_from_a_worker_that_was_only_slow(approver, production):
    """It may beat again a moment later: then it is refused, and what was decided is done."""
    row = make_deployment(production, status="queued")
    slow = Claim.take(row.pk)
    Deployment.objects.update(status="needs_attention", lease_until=None)
    decide(actor_for(approver), Deployment.objects.get(), "put_back")
    with pytest.raises(TakenOver):
        slow.update(cause="I am still here.")
    assert Claim.take(row.pk).fence > slow.fence


def test_a_decision_counts_more_than_an_earlier_wish_to_stop(approver, production):
    """Its worker died before it could stop; whoever decides to finish wants it finished."""
    row = make_deployment(production, status="needs_attention", stop_requested_by_name="releaser")
    decide(actor_for(approver), row, "finish")
    assert Deployment.objects.get().stop_requested_by_name == ""


@pytest.mark.parametrize("owner", ["gone:1", ""])
def test_a_lost_worker_is_nobodys_decision(approver, production, refusal, owner):
    """Another one takes over by itself, whether the first died or handed over."""
    row = make_deployment(production, status="running", owner=owner,
                          lease_until=timezone.now() - timedelta(seconds=1))
    with refusal(DECIDE, "needs no decision"):
        decide(actor_for(approver), row, "put_back")


def test_a_deployment_that_is_being_worked_on_needs_no_decision(approver, production, refusal):
    """The worker holds its lease."""
    row = make_deployment(production, status="running")
    with refusal(DECIDE, "needs no decision"):
        decide(actor_for(approver), row, "finish")


def test_two_people_cannot_decide_differently(approver, production, shop, refusal, queued):
    """The first decision stands, also when a worker has taken it up meanwhile."""
    row = make_deployment(production, status="needs_attention")
    decide(actor_for(approver), row, "finish")
    for owner in ("", "worker-1"):
        Deployment.objects.update(owner=owner)
        with refusal(DECIDE, "approver decided already"):
            decide(actor_for(approver), Deployment.objects.get(), "put_back")
    assert len(queued()) == 1


@pytest.mark.parametrize("status", ["queued", "succeeded", "failed"])
def test_only_what_needs_a_decision_can_be_decided(approver, production, status, refusal):
    """Neither before nor after."""
    row = make_deployment(production, status=status)
    with refusal(DECIDE, "needs no decision"):
        decide(actor_for(approver), row, "finish")


@pytest.mark.parametrize("decision", ["", "perhaps", "running"])
def test_a_decision_is_one_of_two(approver, production, decision, refusal):
    """Finish, or put back."""
    row = make_deployment(production, status="needs_attention")
    with refusal(DECIDE, "finish.*put back"):
        decide(actor_for(approver), row, decision)


@pytest.mark.parametrize("name", ["releaser", "viewer", "outsider", "admin"])
def test_only_who_may_decide_can(name, request, production, refusal):
    """Its own entry in the allowlist."""
    row = make_deployment(production, status="needs_attention")
    user = request.getfixturevalue(name)
    with refusal(DECIDE, "You may not decide about Shop"):
        decide(actor_for(user), row, "finish")
