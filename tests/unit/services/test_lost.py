"""The reaper: whatever nobody works on is woken, once in a while, and given up after three."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import audit, queue
from deployments.models import AuditEntry, CacheLock, Deployment, Environment, Release
from deployments.services.intents import settle
from deployments.services.lost import ATTEMPTS, WAKE_S, give_up, wake_lost
from tests import factories


def _ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


@pytest.fixture
def lost(production):
    """Its worker gave its last sign of life long enough ago."""
    return factories.make_deployment(production, status="running", lease_until=_ago(1),
                                     owner="a:1", attempts=1, fence=7)


def test_a_deployment_whose_worker_is_lost_is_woken_at_once(lost, queued):
    """Nobody waits longer than the lease and the reaper's own pace."""
    assert wake_lost() == 1
    assert queued() == [(queue.DEPLOY, lost.pk)]


def test_it_is_not_woken_again_before_a_worker_had_time_to_come(lost, queued):
    """However often the reaper looks, and from however many machines."""
    wake_lost()
    assert wake_lost() == 0
    assert len(queued()) == 1

    Deployment.objects.update(woken_at=_ago(WAKE_S + 1))
    assert wake_lost() == 1
    assert len(queued()) == 2


def test_who_was_lost_a_second_time_is_woken_at_once_again(lost, queued):
    """The time since the first waking has nothing to do with it."""
    wake_lost()
    Deployment.objects.update(woken_at=_ago(5), lease_until=_ago(1))
    assert wake_lost() == 1


def test_what_was_handed_over_is_not_woken_twice(lost, queued):
    """Whoever hands it over wakes the next one in the same moment."""
    now = timezone.now()
    Deployment.objects.update(woken_at=now, lease_until=now)
    assert wake_lost() == 0
    assert queued() == []


def test_who_is_at_work_is_left_alone(production, queued):
    """Its lease is extended: it will end."""
    factories.make_deployment(production, status="running")
    assert wake_lost() == 0
    assert queued() == []


def test_a_message_that_was_lost_is_sent_again_after_a_while(production, queued):
    """The first look only starts the clock: mostly a worker is just about to come."""
    row = factories.make_deployment(production, status="queued")
    assert wake_lost() == 0
    Deployment.objects.update(woken_at=_ago(WAKE_S + 1))
    assert wake_lost() == 1
    assert queued() == [(queue.DEPLOY, row.pk)]


def test_a_row_that_cannot_be_looked_after_keeps_no_other_from_it(
        lost, staging, queued, monkeypatch):
    """Its fault is ours; every other deployment and build goes on all the same."""
    broken = factories.make_deployment(staging, status="running", lease_until=_ago(1),
                                       attempts=ATTEMPTS)
    building = factories.make_release(staging.project, status="building", lease_until=_ago(1))

    def fail(pk):
        raise ValueError(f"nobody knows why {pk} fails")

    monkeypatch.setattr("deployments.services.lost.give_up", fail)
    assert broken.pk > lost.pk  # it is looked at first
    assert wake_lost() == 2
    assert sorted(queued()) == sorted([(queue.DEPLOY, lost.pk), (queue.BUILD, building.pk)])


@pytest.mark.parametrize("status", ["waiting_for_build", "awaiting_approval", "needs_attention",
                                    "succeeded", "failed"])
def test_what_waits_for_somebody_else_is_not_woken(production, queued, status):
    """A build, an approver, a decision; or nothing any more."""
    factories.make_deployment(production, status=status, lease_until=_ago(99))
    assert wake_lost() == 0


def test_builds_are_found_likewise(shop, queued):
    """A lost builder, and a message that never came."""
    building = factories.make_release(shop, status="building", lease_until=_ago(1))
    pending = factories.make_release(shop, status="pending", woken_at=_ago(WAKE_S + 1))
    assert wake_lost() == 2
    assert sorted(queued()) == sorted([(queue.BUILD, building.pk), (queue.BUILD, pending.pk)])
    assert Release.objects.filter(woken_at=None).count() == 0


def test_what_cost_three_workers_before_the_switch_ends_with_the_reason(lost, queued):
    """A poison pill must not take one worker after the other for ever."""
    Deployment.objects.update(attempts=ATTEMPTS)
    lost.targets.update(step="copy")

    assert wake_lost() == 1

    lost.refresh_from_db()
    assert lost.status == "errored"
    assert lost.result == ("3 workers were lost while they ran it, the last one at: copy on web-1, "
                           "copy on web-2. Nothing was changed for visitors.")
    assert set(lost.targets.values_list("status", flat=True)) == {"skipped"}
    assert queued() == []
    assert AuditEntry.objects.get(action="deployment.errored").outcome == AuditEntry.FAILED


def test_after_the_switch_a_person_must_decide(lost):
    """Nobody can tell what visitors see, and no worker survives finding out."""
    Deployment.objects.update(attempts=ATTEMPTS, switching_at=timezone.now())
    lost.targets.filter(server_name="web-1").update(status="switched")
    lost.targets.filter(server_name="web-2").update(status="prepared")

    wake_lost()

    lost.refresh_from_db()
    assert (lost.status, lost.finished_at) == ("needs_attention", None)
    assert "Nobody can tell yet what visitors of web-1, web-2 are shown." in lost.result
    assert set(lost.targets.values_list("status", flat=True)) == {"unknown"}


def test_a_reload_that_cost_three_workers_is_not_called_without_effect(lost):
    """PHP may have been made to reload on one server and not on the other."""
    Deployment.objects.update(attempts=ATTEMPTS, kind="reload")
    lost.targets.update(step="cohere")
    wake_lost()
    lost.refresh_from_db()
    assert lost.status == "errored"
    assert lost.result.endswith(
        "No file was changed; PHP on web-1, web-2 may still run an older version.")


def test_a_command_that_cannot_be_undone_needs_a_person_too(lost):
    """It ran before the switch, and the version visitors see may not work after it."""
    Deployment.objects.update(attempts=ATTEMPTS)
    lost.targets.filter(server_name="web-1").update(evidence={"irreversible": "migrate"})
    wake_lost()
    lost.refresh_from_db()
    assert lost.status == "needs_attention"


def test_giving_up_refuses_the_worker_that_was_only_slow(lost):
    """The fence grows: what it writes from now on is not written."""
    Deployment.objects.update(attempts=ATTEMPTS)
    CacheLock.objects.create(server=lost.targets.first().installation.server, master="php",
                             deployment=lost, fence=7)
    give_up(lost.pk)
    lost.refresh_from_db()
    assert lost.fence == Environment.objects.get(pk=lost.environment_id).fence != 7
    assert CacheLock.objects.get().deployment is None


def test_a_worker_that_came_back_in_time_is_not_given_up(lost):
    """Between the look and the end it extended its lease."""
    Deployment.objects.update(attempts=ATTEMPTS, lease_until=timezone.now() + timedelta(minutes=1))
    assert not give_up(lost.pk)
    lost.refresh_from_db()
    assert lost.status == "running"


def test_what_was_announced_and_never_told_gets_its_outcome(lost):
    """Who reads the log must not take an intent for a deed."""
    for outcome in (AuditEntry.INTENDED, AuditEntry.DONE, AuditEntry.INTENDED):
        audit.record("step.copy", "…", outcome=outcome, environment=lost.environment,
                     deployment=lost.pk)
    audit.record("step.copy", "…", outcome=AuditEntry.INTENDED, environment=lost.environment,
                 deployment=lost.pk + 1)
    Deployment.objects.update(attempts=ATTEMPTS)

    wake_lost()

    told = AuditEntry.objects.filter(action="step.copy", outcome=AuditEntry.UNKNOWN)
    assert [entry.details["deployment"] for entry in told] == [lost.pk]
    assert audit.verify().first_bad is None


def test_an_end_that_was_told_twice_hides_no_later_intent(lost):
    """A reply that was lost lets the same outcome be written again."""
    for outcome in (AuditEntry.INTENDED, AuditEntry.DONE, AuditEntry.DONE, AuditEntry.INTENDED):
        audit.record("step.copy", "…", outcome=outcome, environment=lost.environment,
                     deployment=lost.pk)
    assert settle(lost) == 1
    assert settle(lost) == 0


def test_an_outcome_nobody_told_names_what_was_announced(lost):
    """An auditor reads the words of the announcement, not the name of a step in the code."""
    audit.record("step.commands_before", "About to run the project's commands on web-1 (2.9.0)",
                 outcome=AuditEntry.INTENDED, environment=lost.environment, deployment=lost.pk)
    settle(lost)
    assert AuditEntry.objects.latest("seq").sentence == (
        "Nobody was told how this ended: run the project's commands on web-1 (2.9.0). "
        "The servers were asked instead.")
