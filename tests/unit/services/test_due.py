"""What time does to requests for approval: one reminder, an end, and entries that ran out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import tasks
from deployments.models import Approval, Deployment, Notice
from deployments.services import asking, due
from deployments.services.deployments import request_deployment
from tests.factories import actor_for, make_grant


@pytest.fixture
def asked(releaser, production, approval_rule, approver, release):
    type(approver).objects.filter(pk=approver.pk).update(email="ben@shop.example")
    return request_deployment(
        actor_for(releaser), production, release=release, request_key="click")


def left(row, **time):
    Deployment.objects.filter(pk=row.pk).update(approval_until=timezone.now() + timedelta(**time))


def test_they_are_reminded_once_at_half_time(asked, audited):
    """Not before, and not every minute afterwards."""
    left(asked, hours=13)
    tasks.look_after_requests()
    assert not Notice.objects.filter(event="approval.reminded").exists()
    left(asked, hours=11)
    for _ in range(2):
        tasks.look_after_requests()
    assert Notice.objects.get(event="approval.reminded").address == "ben@shop.example"
    assert audited().count(("approval.reminded", "done")) == 1


def test_whoever_agreed_is_not_reminded_unless_they_took_it_back(
        asked, approver, approval_rule, outsider):
    """Of two who must agree, the other one; both, where the first yes was taken back."""
    outsider.email = "mia@shop.example"
    outsider.save()
    make_grant(outsider, "approve", environment=asked.environment)
    approval_rule.users.add(outsider)
    type(approval_rule).objects.update(people_needed=2)
    left(asked, hours=11)
    vote(asked, approver, "yes")
    asking.remind()
    reminded = Notice.objects.filter(event="approval.reminded")
    assert [row.address for row in reminded] == ["mia@shop.example"]

    Deployment.objects.update(reminded_at=None)
    vote(asked, approver, "withdrawn")
    reminded.delete()
    asking.remind()
    assert sorted(row.address for row in reminded.all()) == ["ben@shop.example",
                                                             "mia@shop.example"]


def vote(deployment, user, answer):
    Approval.objects.create(deployment=deployment, user=user, user_name=str(user), answer=answer,
                            plan_hash=deployment.plan_hash)


@pytest.mark.parametrize(("status", "why"), [
    ("awaiting_approval", "Not everybody had agreed who had to before"),
    ("approved", "It was approved, and nobody started it before")])
def test_what_took_too_long_expires(asked, status, why):
    """In words, and the next one's turn comes."""
    Deployment.objects.filter(pk=asked.pk).update(status=status)
    left(asked, seconds=-1)
    due.expire()
    asked.refresh_from_db()
    assert (asked.status, asked.words) == ("expired", "Expired")
    assert asked.result.startswith(why)


def test_what_is_in_time_or_has_begun_does_not_expire(asked):
    """An approved release that runs is not cut off by its request's end."""
    left(asked, minutes=5)
    due.expire()
    Deployment.objects.filter(pk=asked.pk).update(status="queued")
    left(asked, minutes=-5)
    due.expire()
    asked.refresh_from_db()
    assert asked.status == "queued"


def test_an_entry_that_ran_out_is_noticed(asked, releaser):
    """No click ends an entry that has an end: time does."""
    releaser.grants.filter(action="release").update(
        valid_until=timezone.now() - timedelta(seconds=1))
    due.look_after_requests()
    asked.refresh_from_db()
    assert asked.status == "cancelled"
