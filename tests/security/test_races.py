"""Attacks by doing two things at the same moment: threads, each with a connection of its own.

They run on PostgreSQL, too (tests/integration/postgres). What has its race in another folder is
not repeated: see `attacks`.
"""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from deployments.errors import Refused
from deployments.models import (
    AuditEntry,
    Authenticator,
    Deployment,
    ExceptionRequest,
    Freeze,
    Grant,
    MembershipRequest,
    RecoveryCode,
    Review,
    ServerCommand,
)
from deployments.pipeline.gate import may_start
from deployments.services import (
    access,
    approvals,
    edits,
    emergencies,
    exceptions,
    memberships,
    people,
    second_step,
    stopping,
)
from deployments.services.administrators import administrators
from deployments.services.recipe_content import content_of
from tests import factories
from tests.factories import actor_for
from tests.unit.pages.phones import digits

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(row):
    """The row as another process would read it."""
    return type(row).objects.get(pk=row.pk)


def starts(row):
    """Whether a worker that takes the message would run it."""
    may_start(fresh(row))
    return fresh(row).status == "queued"


def one_of(results):
    """How many of the calls were not refused; what went wrong otherwise is raised."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, Refused):
            raise result
    return sum(not isinstance(result, Refused) for result in results)


@pytest.fixture
def administrator():
    """A function that makes one more who may set up everything."""
    return lambda name: factories.make_user(name, is_superuser=True, is_staff=True)


def test_a_code_opens_once_at_the_same_moment(releaser, at_once):
    """The app's and a recovery code, each typed into two browsers at once."""
    phone = Authenticator.objects.create(user=releaser, name="phone")
    recovery = second_step._make_codes(releaser)[0]
    for code in (digits(phone), recovery):
        found = at_once(*[lambda code=code: second_step.accepts(releaser, code)] * 4)
        assert sorted(found)[:3] == ["", "", ""], found
        assert sorted(found)[3] in ("app", "recovery"), found
    assert RecoveryCode.objects.filter(used_at=None).count() == second_step.CODES - 1


def test_an_answer_is_given_once_at_the_same_moment(
        administrator, viewer, approver, outsider, production, at_once):
    """By two people: to a request for access, to a membership, to an emergency."""
    one, two = administrator("one"), administrator("two")
    mia = factories.make_user("mia", production.project, "approve")
    asked = access.ask_for_access(actor_for(viewer), action="build", environment=production,
                                  reason="I stand in for Anna.")
    joining = MembershipRequest.objects.create(
        user=outsider, group=Group.objects.create(name="Builders"), asked_by_name="gone")
    done = factories.make_deployment(production, emergency="On fire")
    later = timezone.now() + timedelta(days=1)
    for people_two, act in (
            ((one, two), lambda user: access.answer_access(
                actor_for(user), fresh(asked), is_granted=True, valid_until=later)),
            ((one, two), lambda user: memberships.confirm(actor_for(user), fresh(joining))),
            ((approver, mia), lambda user: emergencies.review(
                actor_for(user), fresh(done), comment="Fine"))):
        assert one_of(at_once(*[lambda user=user, act=act: act(user)
                                for user in people_two])) == 1
    assert Grant.objects.filter(user=viewer, action="build").count() == 1
    assert Review.objects.count() == 1
    assert AuditEntry.objects.filter(action="membership.added").count() == 1


def test_a_start_is_pressed_once_and_a_stop_beside_it_wins(
        releaser, approver, production, approval_rule, queued, at_once):
    """Start, start: one message. Start, stop: it is stopped, and nothing starts it again."""
    row = agreed(production, releaser, approver)
    assert one_of(at_once(*[lambda: approvals.start(actor_for(releaser), fresh(row))] * 3)) == 1
    assert len(queued()) == 1
    stopping.stop(actor_for(releaser), fresh(row))

    row = agreed(production, releaser, approver)
    at_once(lambda: approvals.start(actor_for(releaser), fresh(row)),
            lambda: stopping.stop(actor_for(releaser), fresh(row)))
    assert not starts(row)
    assert fresh(row).status == "cancelled"


def agreed(production, releaser, approver):
    """A deployment to which all agreed, and which somebody is to start."""
    row = factories.make_deployment(production, status="awaiting_approval",
                                    requested_by=releaser, requested_address="127.0.0.1")
    approvals.approve(actor_for(approver), row, plan_hash=row.plan_hash, starts_by_hand=True)
    return row


@pytest.mark.parametrize("spoil", ["account", "commands"])
def test_a_yes_beside_what_takes_it_away_starts_nothing(
        administrator, releaser, approver, shop, production, approval_rule, at_once, spoil):
    """The approver is switched off, or what would run is edited, while the yes is given."""
    boss = administrator("boss")
    row = factories.make_deployment(production, status="awaiting_approval",
                                    requested_by=releaser, requested_address="127.0.0.1")
    take_away = {
        "account": lambda: people.change(actor_for(boss), fresh(approver), is_active=False,
                                         is_sure=True),
        "commands": lambda: _edit(boss, fresh(shop))}[spoil]
    results = at_once(
        lambda: approvals.approve(actor_for(approver), fresh(row), plan_hash=row.plan_hash),
        take_away)
    assert not isinstance(results[1], Exception), results
    assert not starts(row)
    assert fresh(row).status in ("awaiting_approval", "voided", "cancelled")


def _edit(user, project):
    """As the project's form does it."""
    with transaction.atomic():
        edits.hold_project(project)
        before = content_of(project)
        ServerCommand.objects.create(project=project, moment="after", command="evil")
        return edits.keep_edit(actor_for(user), project, before)


def test_of_two_administrators_who_switch_each_other_off_one_stays(administrator, at_once):
    """Otherwise nobody could set anything up any more."""
    one, two = administrator("one"), administrator("two")
    for _ in range(3):
        get_user_model().objects.update(is_active=True)
        pairs = ((one, two), (two, one))
        results = at_once(*[lambda who=who, whom=whom: people.change(
            actor_for(who), fresh(whom), is_active=False) for who, whom in pairs])
        assert one_of(results) == 1
        assert len(administrators()) == 1


def test_a_yes_and_a_no_at_the_same_moment_are_one_answer(
        releaser, approver, production, approval_rule, shop, at_once):
    """Whoever comes second hears what the first has said."""
    mia = factories.make_user("mia", shop, "approve")
    approval_rule.users.add(mia)
    row = factories.make_deployment(production, status="awaiting_approval",
                                    requested_by=releaser, requested_address="127.0.0.1")
    about = {"plan_hash": row.plan_hash, "comment": "Seen"}
    results = at_once(lambda: approvals.approve(actor_for(approver), fresh(row), **about),
                      lambda: approvals.reject(actor_for(mia), fresh(row), **about))
    assert one_of(results) == 1
    assert fresh(row).status == ("rejected" if isinstance(results[0], Refused) else "queued")
    assert Deployment.objects.get(pk=row.pk).approvals.count() == 1


def test_an_exception_is_asked_for_once_and_answered_once(releaser, production, at_once):
    """Two clicks are one request; of a no and its being taken back one counts."""
    ines = factories.make_user("ines", production.project, "look")
    Freeze.objects.create(
        environment=production, reason="Sale", from_date="2020-01-01", from_time="00:00",
        until_date="2090-01-01", until_time="00:00").may_override.add(ines)
    ask = [lambda: exceptions.ask(actor_for(releaser), fresh(production), reason="It burns")] * 2
    assert one_of(at_once(*ask)) == 1
    row = ExceptionRequest.objects.get()
    assert one_of(at_once(lambda: exceptions.decline(actor_for(ines), fresh(row)),
                          lambda: exceptions.take_back(actor_for(releaser), fresh(row)))) == 1
    assert AuditEntry.objects.filter(outcome="done").count() == 2
