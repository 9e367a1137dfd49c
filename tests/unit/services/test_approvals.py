"""Saying yes and saying no: to exactly one plan, by people the rule names, never one's own."""

import pytest

from deployments import queue
from deployments.errors import Refused
from deployments.models import Approval, Deployment, Project
from deployments.plan import build_plan
from deployments.services.approvals import approve, reject, valid_yes, void_if_changed, waiting_for
from deployments.services.deployments import request_deployment
from tests import factories
from tests.factories import actor_for, make_user

YES, NO = "deployment.approved", "deployment.rejected"


@pytest.fixture
def asked(releaser, production, approval_rule, release):
    """The releaser asked for 2.8.1; production needs one yes."""
    return request_deployment(
        actor_for(releaser), production, release=release, request_key="click")


@pytest.fixture
def second(asked, shop):
    """Another approver; two must say yes."""
    person = make_user("second", shop, "approve")
    rule = asked.environment.approval_rules.get()
    rule.users.add(person)
    rule.people_needed = 2
    rule.save()
    return person


def say_yes(user, row, **over):
    return approve(actor_for(user), row, **{"plan_hash": row.plan_hash} | over)


def say_no(user, row, **over):
    return reject(actor_for(user), row, **{"plan_hash": row.plan_hash, "comment": "Not now"} | over)


def test_the_last_yes_needed_puts_it_into_the_line(asked, approver, queued, audited):
    """Vote, move, message and audit entry together."""
    say_yes(approver, asked, comment="Looks good")
    asked.refresh_from_db()
    assert asked.status == "queued"
    vote = Approval.objects.get()
    assert (vote.user, vote.user_name, vote.answer, vote.comment, vote.plan_hash) == (
        approver, "approver", "yes", "Looks good", asked.plan_hash)
    assert queued() == [(queue.DEPLOY, asked.pk)]
    assert audited()[-1] == (YES, "done")


def test_two_people_are_needed_where_two_are(asked, approver, second, queued):
    """The first yes waits for the second."""
    say_yes(approver, asked)
    asked.refresh_from_db()
    assert (asked.status, queued()) == ("awaiting_approval", [])
    say_yes(second, asked)
    asked.refresh_from_db()
    assert (asked.status, queued()) == ("queued", [(queue.DEPLOY, asked.pk)])


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_are_two(asked, approver, second, at_once, queued):
    """Neither vote overlooks the other, and one message is written."""
    def vote(user):
        return lambda: say_yes(user, Deployment.objects.get(pk=asked.pk))

    assert at_once(vote(approver), vote(second)) == [None, None]
    assert Deployment.objects.get().status == "queued"
    assert queued() == [(queue.DEPLOY, asked.pk)]


def test_the_same_person_counts_once(asked, approver, second, refusal):
    """One person is not two people."""
    say_yes(approver, asked)
    with refusal(YES, "answered this already"):
        say_yes(approver, asked)


def test_a_second_click_after_the_last_yes_is_told_so(asked, approver, refusal, queued):
    """Nothing is queued twice."""
    say_yes(approver, asked)
    with refusal(YES, "no longer waits for approval: in line"):
        say_yes(approver, asked)
    assert len(queued()) == 1


def test_the_requester_cannot_approve(asked, releaser, shop, refusal):
    """Not even as an approver with an entry."""
    asked.environment.approval_rules.get().users.add(releaser)
    factories.make_grant(releaser, "approve", project=shop)
    with refusal(YES, "somebody else must approve"):
        say_yes(releaser, asked)


@pytest.mark.parametrize("name", ["releaser", "viewer", "outsider", "admin"])
@pytest.mark.parametrize(("answer", "action"), [(say_yes, YES), (say_no, NO)])
def test_only_the_rules_approvers_can_answer(name, request, asked, refusal, answer, action):
    """Neither yes nor no."""
    user = request.getfixturevalue(name)
    with refusal(action, r"not one of the approvers|somebody else must approve"):
        answer(user, asked)


@pytest.mark.parametrize(("answer", "action"), [(say_yes, YES), (say_no, NO)])
def test_an_answer_to_another_plan_is_refused(asked, approver, refusal, answer, action):
    """The page the person read showed something else."""
    with refusal(action, "not the current one"):
        answer(approver, asked, plan_hash="0" * 64)


def test_no_ends_it(asked, approver, queued, audited):
    """With the reason, for the requester to read."""
    say_no(approver, asked, comment="Wait for Monday")
    asked.refresh_from_db()
    assert (asked.status, asked.result) == ("rejected", "approver said no: Wait for Monday")
    assert Approval.objects.get().answer == "no"
    assert queued() == []
    assert audited()[-1] == (NO, "done")


def test_one_no_ends_it_although_others_said_yes(asked, approver, second):
    """A veto is not outvoted."""
    say_yes(approver, asked)
    say_no(second, asked)
    asked.refresh_from_db()
    assert asked.status == "rejected"


@pytest.mark.parametrize("comment", ["", "  \n"])
def test_no_needs_a_reason(asked, approver, refusal, comment):
    """The requester must learn what to change."""
    with refusal(NO, "needs a reason"):
        say_no(approver, asked, comment=comment)


@pytest.mark.parametrize("status", ["queued", "running", "succeeded", "cancelled", "voided"])
@pytest.mark.parametrize(("answer", "action"), [(say_yes, YES), (say_no, NO)])
def test_what_no_longer_waits_cannot_be_answered(asked, approver, refusal, answer, action, status):
    """The row counts, not what the page had loaded."""
    Deployment.objects.update(status=status)
    with refusal(action, "no longer waits"):
        answer(approver, asked)


@pytest.mark.parametrize(("answer", "action"), [(say_yes, YES), (say_no, NO)])
def test_a_plan_that_changed_voids_the_request(asked, approver, audited, queued, answer, action):
    """What was asked for is no longer what would run: it ends, and says what changed."""
    Project.objects.update(shared_files=".env")
    factories.make_installation(asked.environment, server=factories.make_server("web-3"))
    with pytest.raises(Refused, match="it changed after it was asked for"):
        answer(approver, asked)
    asked.refresh_from_db()
    assert asked.status == "voided"
    assert "(servers or their settings, shared, writable or asset folders)" in asked.result
    assert not Approval.objects.exists()
    assert queued() == []
    assert audited()[-2:] == [("deployment.voided", "done"), (action, "refused")]


def test_a_request_that_somebody_had_approved_says_so_when_it_is_voided(asked, approver):
    """A yes that was given for something else is worth a word."""
    say_yes(approver, asked)
    Project.objects.update(shared_files=".env")
    assert void_if_changed(asked)
    asked.refresh_from_db()
    assert asked.words == "Cancelled: it changed after it was approved"


@pytest.mark.parametrize(("status", "voided"), [
    ("waiting_for_build", False), ("awaiting_approval", True), ("queued", True),
    ("running", False), ("succeeded", False)])
def test_only_what_waits_with_a_plan_is_voided(asked, status, voided):
    """A running one has been compared at its start."""
    Deployment.objects.update(status=status)
    Project.objects.update(shared_files=".env")
    asked.refresh_from_db()
    assert bool(void_if_changed(asked)) is voided
    asked.refresh_from_db()
    assert asked.status == ("voided" if voided else status)


def test_a_plan_that_an_update_alone_changed_is_voided_with_that_reason(asked):
    """What was approved was the earlier plan, word for word; nobody edited anything."""
    earlier = {name: part for name, part in asked.plan.items() if not name.startswith("wave")}
    type(asked).objects.update(plan=earlier, plan_hash="0" * 64)
    asked.refresh_from_db()
    assert void_if_changed(asked)
    asked.refresh_from_db()
    assert "(the release manager was updated). Ask for it again." in asked.result


def test_an_unchanged_plan_is_not_voided(asked):
    """Built again from the same rows it has the same hash."""
    assert not void_if_changed(asked)
    assert build_plan("deploy", asked.environment, asked.release).hash == asked.plan_hash


def test_a_yes_counts_only_while_its_giver_may_still_approve(asked, approver):
    """Asked again at the start: entry ended, account off, or no longer named by the rule."""
    say_yes(approver, asked)
    assert len(valid_yes(asked)) == 1
    approver.is_active = False
    approver.save()
    assert valid_yes(asked) == []
    approver.is_active = True
    approver.save()
    asked.environment.approval_rules.get().users.remove(approver)
    assert valid_yes(asked) == []
    asked.environment.approval_rules.get().users.add(approver)
    approver.grants.filter(action="approve").delete()
    assert valid_yes(asked) == []


def test_ones_own_yes_never_counts(asked, approver):
    """Also when its row is already there: asked again at the start."""
    say_yes(approver, asked)
    asked.requested_by = approver
    assert valid_yes(asked) == []


def test_a_yes_to_an_older_plan_does_not_count(asked, approver):
    """It was given to other bytes."""
    say_yes(approver, asked)
    asked.plan_hash = "0" * 64
    assert valid_yes(asked) == []


def test_each_approver_sees_what_waits_for_them(asked, approver, second, releaser, viewer):
    """Until they have answered; nobody else sees it there."""
    assert waiting_for(actor_for(approver)) == waiting_for(actor_for(second)) == [asked]
    assert waiting_for(actor_for(releaser)) == waiting_for(actor_for(viewer)) == []
    say_yes(approver, asked)
    assert waiting_for(actor_for(approver)) == []
    assert waiting_for(actor_for(second)) == [asked]
