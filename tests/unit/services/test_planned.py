"""Releasing later: planned, held, started once, or missed with words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import queue, tasks
from deployments.errors import Refused
from deployments.models import Deployment, Freeze, Notice, Pause
from deployments.pipeline.gate import may_start
from deployments.services import approvals, planned
from deployments.services import deployments as services
from tests import factories
from tests.factories import actor_for

HOUR = timedelta(hours=1)


def plan(user, environment, release, *, ahead=HOUR, key="click", **over):
    slot = planned.slot(timezone.now() + ahead)
    return services.request_deployment(actor_for(user), environment, release=release,
                                       request_key=key, slot=slot, **over)


def comes(row, *, ago=timedelta(minutes=1), window=HOUR):
    """Its planned time was a while ago."""
    start = timezone.now() - ago
    Deployment.objects.filter(pk=row.pk).update(planned_for=start, start_until=start + window)
    row.refresh_from_db()


def test_it_waits_for_its_time_and_holds_its_place(releaser, production, release, queued, refusal):
    """No worker is told before; nobody else can release there, and is told why."""
    row = plan(releaser, production, release)
    assert (row.status, queued()) == ("scheduled", [])
    assert row.start_until - row.planned_for == HOUR
    assert f"{timezone.localtime(row.planned_for):%H:%M}" in row.words
    planned.start_due()
    row.refresh_from_db()
    assert row.status == "scheduled"
    with refusal("deployment.requested", "already asked to release"):
        services.request_deployment(actor_for(releaser), production, release=release,
                                    request_key="other")


def test_whoever_is_asked_for_a_yes_reads_when(
        releaser, production, release, approval_rule, approver):
    """In the mail already; two days are both named."""
    type(approver).objects.filter(pk=approver.pk).update(email="ben@shop.example")
    at = (timezone.now() + timedelta(days=1)).replace(hour=23, minute=30)
    slot = planned.slot(at, at + HOUR)
    services.request_deployment(actor_for(releaser), production, release=release,
                                request_key="click", slot=slot)
    last = slot.start_until
    assert (f"It is planned for {at:%a} {at.day} {at:%b}, 23:30, at the latest {last:%a} "
            f"{last.day} {last:%b}, 00:30 (UTC).") in Notice.objects.get().text


def test_when_its_time_comes_it_starts_once(releaser, production, release, queued, audited):
    """The task may run twice, and late: one message, one entry."""
    row = plan(releaser, production, release)
    comes(row)
    tasks.start_planned()
    tasks.start_planned()
    row.refresh_from_db()
    assert (row.status, queued()) == ("queued", [(queue.DEPLOY, row.pk)])
    assert audited().count(("deployment.planned_time_came", "done")) == 1
    assert may_start(row)


@pytest.mark.django_db(transaction=True)
def test_two_workers_start_it_once(releaser, production, release, queued, at_once):
    """Compare and swap: whoever moves it first tells the queue."""
    row = plan(releaser, production, release)
    comes(row)
    assert at_once(planned.start_due, planned.start_due) == [None, None]
    assert queued() == [(queue.DEPLOY, row.pk)]


def test_it_is_approved_now_and_starts_later(
        releaser, approver, approval_rule, production, release, queued):
    """The yes is given before its time, and holds until then."""
    row = plan(releaser, production, release)
    assert row.status == "awaiting_approval"
    approvals.approve(actor_for(approver), row, plan_hash=row.plan_hash)
    row.refresh_from_db()
    assert row.status == "scheduled"
    comes(row)
    planned.start_due()
    row.refresh_from_db()
    assert row.status == "queued"


def test_a_freeze_over_its_time_refuses_it_and_one_before_does_not(
        releaser, production, release, refusal):
    """What counts is the hour it is planned for: planning for after a freeze is the way out."""
    tomorrow = timezone.now() + timedelta(days=1)
    Freeze.objects.create(
        reason="Stocktaking", environment=production, time_zone="UTC",
        from_date=timezone.now().date() - timedelta(days=1), from_time=tomorrow.time(),
        until_date=tomorrow.date(), until_time=tomorrow.time())
    with refusal("deployment.requested", "Stocktaking"):
        plan(releaser, production, release)
    assert plan(releaser, production, release, ahead=timedelta(days=2)).status == "scheduled"


def test_what_stands_in_the_way_may_go_until_the_latest_start(
        releaser, production, release, queued):
    """A pause at its time keeps it waiting; ended within the window, it starts."""
    row = plan(releaser, production, release)
    pause = Pause.objects.create(environment=production, reason="Repair", paused_by_name="Ines")
    comes(row)
    planned.start_due()
    assert queued() == []
    pause.ended_at = timezone.now()
    pause.save()
    planned.start_due()
    assert queued() == [(queue.DEPLOY, row.pk)]


def test_a_missed_window_says_what_stood_in_its_way(
        releaser, approval_rule, production, shop, release, queued):
    """A pause; nobody agreed; no worker was there: expired, told, and the place is free again."""
    said = []
    for status, is_paused in (("scheduled", True), ("awaiting_approval", False),
                              ("scheduled", False), ("queued", False)):
        row = factories.make_deployment(production, release=release, status=status,
                                        requested_by=releaser)
        comes(row, ago=2 * HOUR)
        pause = is_paused and Pause.objects.create(
            environment=production, reason="Repair", paused_by_name="Ines")
        planned.start_due()
        if pause:
            pause.delete()
        row.refresh_from_db()
        assert (row.status, row.targets.filter(status="skipped").count()) == ("expired", 2)
        said.append(row.result.split(": ", 1)[1])
    assert said == [
        "Ines paused releases to Production (Repair).",
        "not everybody had agreed who had to.", "no worker was there in time.",
        "no worker was free in time."]
    assert queued() == []


def test_a_worker_that_comes_too_late_does_not_start_it(releaser, production, release):
    """It was in line when its latest start passed."""
    row = plan(releaser, production, release)
    comes(row)
    planned.start_due()
    comes(row, ago=2 * HOUR)
    assert not may_start(row)
    row.refresh_from_db()
    assert (row.status, row.result[:20]) == ("expired", "Not started between ")


def test_who_may_not_release_any_more_starts_nothing(releaser, production, release):
    """Everything is asked again at its time: accounts and entries, too."""
    row = plan(releaser, production, release)
    releaser.is_active = False
    releaser.save()
    comes(row)
    planned.start_due()
    row.refresh_from_db()
    assert row.status == "cancelled"
    assert "may no longer do this" in row.result


def test_a_missed_one_is_told_until_something_else_was_asked_for(
        releaser, production, release):
    """Home names it; a newer request is the answer to it."""
    row = plan(releaser, production, release)
    comes(row, ago=2 * HOUR)
    planned.start_due()
    assert planned.missed_in([production]) == [row]
    factories.make_deployment(production)
    assert planned.missed_in([production]) == []


def test_times_that_make_no_sense_are_refused():
    """Each with what to do instead."""
    now = timezone.now()
    for start, last, said in (
            (now - HOUR, None, "past already"), (now + timedelta(days=40), None, "31 days"),
            (now + HOUR, now + HOUR, "before the planned time"),
            (now + HOUR, now + timedelta(days=9), "7 days")):
        with pytest.raises(Refused, match=said) as raised:
            planned.slot(start, last)
        assert raised.value.remedy
