"""Real processes that do the same at the same moment: one wins, the others are told.

They run on SQLite with the other tests, and on PostgreSQL in tests/integration/postgres.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import audit
from deployments.models import AuditEntry, Deployment, Environment, Target
from tests import factories

ROUNDS = 8


@pytest.fixture
def rival(shop):
    """A second person with the same rights as the releaser."""
    return factories.make_user("rival", shop, "look", "release")


@pytest.mark.parametrize("times", range(ROUNDS))
def test_one_process_claims_a_deployment(racers, production, times):
    """The winner's fence is the environment's newest; the attempt is counted once."""
    row = factories.make_deployment(production, status="queued")
    fences = [fence for fence in racers.run(("claim", row.pk)) if fence]
    row.refresh_from_db()
    assert fences == [row.fence]
    assert (row.status, row.attempts) == ("running", 1)


def test_every_fence_is_given_once(racers, production):
    """Also to processes that ask at the same moment."""
    fences = [fence for _ in range(ROUNDS) for fence in racers.run(("fence", production.pk))]
    assert sorted(fences) == list(range(1, len(fences) + 1))
    assert Environment.objects.get(pk=production.pk).fence == len(fences)


def test_a_double_click_is_one_deployment(racers, production, releaser, queued):
    """The same form sent six times: one row, one message, one entry in the audit log."""
    release = factories.make_release(production.project)
    for number in range(ROUNDS):
        answers = racers.run(
            ("ask", releaser.pk, production.pk, release.pk, f"form {number}"))
        row = Deployment.objects.get(request_key=f"form {number}")
        assert answers == [row.pk] * len(answers)
        assert queued().count(("deployments.tasks.run_deployment", row.pk)) == 1
        assert Deployment.objects.move(row, "cancelled")
    asked = AuditEntry.objects.filter(action="deployment.requested")
    assert asked.count() == Deployment.objects.count() == ROUNDS


def test_two_people_at_once_are_one_deployment(racers, production, releaser, rival):
    """Whoever is second is refused in words that say whose turn it is."""
    release = factories.make_release(production.project)
    for number in range(ROUNDS):
        answers = racers.run(*[
            ("ask", person.pk, production.pk, release.pk, f"{person} {number}")
            for person in (releaser, rival)])
        row = production.deployments.active().get()
        assert sorted(answers, key=str) == sorted([row.pk, None], key=str)
        assert Deployment.objects.move(row, "cancelled")
    refused = AuditEntry.objects.filter(outcome="refused")
    assert refused.count() == ROUNDS
    assert all("already asked to" in entry.sentence for entry in refused)


def test_a_move_is_made_once(racers, production):
    """Stopped by six processes: one of them did it."""
    for _ in range(ROUNDS):
        row = factories.make_deployment(production, status="queued")
        assert sum(racers.run(("move", row.pk, "queued", "cancelled"))) == 1


def test_a_claim_and_a_stop_never_both_win(racers, production, releaser):
    """Stopped in time: nobody runs it. Too late for that: the runner is asked to stop."""
    for _ in range(ROUNDS):
        row = factories.make_deployment(production, status="queued")
        fence, _ = racers.run(("claim", row.pk), ("stop", releaser.pk, row.pk))
        row.refresh_from_db()
        if fence:
            assert (row.status, row.stop_requested_by_name) == ("running", "releaser")
            assert Deployment.objects.move(row, "cancelled")
        else:
            assert row.status == "cancelled"


def test_one_person_decides(racers, production, approver):
    """Finish and put back at the same moment: one is carried out, the others are refused."""
    for _ in range(ROUNDS):
        row = factories.make_deployment(production, status="needs_attention")
        answers = racers.run(*[("decide", approver.pk, row.pk, decision)
                               for decision in ("finish", "put_back", "finish", "put_back")])
        row.refresh_from_db()
        assert [decision for decision in answers if decision] == [row.decision]
        assert row.status == "running"
        Deployment.objects.filter(pk=row.pk).update(status="failed")


def lost(production, *, attempts):
    """A deployment whose worker gave its last sign of life a minute ago."""
    return factories.make_deployment(
        production, status="running", attempts=attempts, owner="gone:1",
        lease_until=timezone.now() - timedelta(minutes=1))


def test_what_was_lost_is_woken_once(racers, production, queued):
    """Six supervisors look at the same moment: one message, and the attempt is not counted yet."""
    for _ in range(ROUNDS):
        row = lost(production, attempts=1)
        assert sum(racers.run(("reap",))) == 1
        assert queued().count(("deployments.tasks.run_deployment", row.pk)) == 1
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("running", 1)
        Deployment.objects.filter(pk=row.pk).update(status="failed")


def test_what_cost_three_workers_is_ended_once(racers, production):
    """One end, one entry in the audit log, and nobody is woken for it."""
    for _ in range(ROUNDS):
        row = lost(production, attempts=3)
        assert sum(racers.run(("reap",))) == 1
        row.refresh_from_db()
        assert row.status == "errored"
        ends = AuditEntry.objects.filter(action="deployment.errored",
                                         details__deployment=row.pk)
        assert ends.count() == 1


def test_a_lost_deployment_is_claimed_by_one(racers, production):
    """Its worker is gone and six others come: one has it, the second attempt."""
    for _ in range(ROUNDS):
        row = lost(production, attempts=1)
        fences = [fence for fence in racers.run(("claim", row.pk)) if fence]
        row.refresh_from_db()
        assert (fences, row.attempts) == ([row.fence], 2)
        Deployment.objects.filter(pk=row.pk).update(status="failed")


def test_the_audit_log_is_one_chain(racers):
    """Six writers: no gap, no fork, no entry lost."""
    numbers = [number for mine in racers.run(("record", 40)) for number in mine]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert audit.verify().sentence == f"{len(numbers)} entries, unaltered."


def test_no_update_is_lost(racers, production):
    """Six processes add to one number."""
    row = factories.make_deployment(production, status="running")
    target = row.targets.first()
    added = sum(racers.run(("count", target.pk, 50)))
    assert Target.objects.get(pk=target.pk).commands == added == 300
