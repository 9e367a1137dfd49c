"""Access is asked for, and granted in one step with an end, or declined with a comment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import policy
from deployments.models import Environment, Grant, Notice
from deployments.services import access, grants
from tests.factories import actor_for, make_environment, make_grant, make_user

LATER = timezone.now() + timedelta(days=30)


@pytest.fixture
def asked(viewer, production):
    """The viewer asks to release to production."""
    return access.ask_for_access(actor_for(viewer), action="release", environment=production,
                                 reason="I stand in for Anna.")


def test_what_is_asked_for_is_granted_in_one_step(asked, viewer, admin, production, audited):
    """An entry with an end, for who asked, where it was asked for, and why."""
    assert access.waiting_requests(actor_for(admin)) == [asked]
    grant = access.answer_access(actor_for(admin), asked, is_granted=True, valid_until=LATER)
    assert (grant.user, grant.environment, grant.valid_until, grant.reason) == (
        viewer, production, LATER, "I stand in for Anna.")
    assert policy.may_release(actor_for(viewer), production)
    assert access.waiting_requests(actor_for(admin)) == []
    assert [action for action, _ in audited()] == [
        "access.requested", "grant.added", "access.granted"]


def test_it_is_declined_with_a_comment(asked, admin, viewer, refusal):
    """Without one nobody learns why."""
    with refusal("access.declined", "needs a comment"):
        access.answer_access(actor_for(admin), asked, is_granted=False, comment=" ")
    access.answer_access(actor_for(admin), asked, is_granted=False, comment="Anna is back.")
    assert (asked.answer, asked.comment, asked.grant) == ("declined", "Anna is back.", None)
    with refusal("access.granted", "answered this already"):
        access.answer_access(actor_for(admin), asked, is_granted=True, valid_until=LATER)
    assert viewer.grants.count() == 1


@pytest.mark.parametrize("end", [None, timezone.now() - timedelta(days=1)])
def test_what_is_granted_on_request_has_an_end_to_come(end, asked, admin, refusal):
    """Nothing that was asked for lasts for ever."""
    with refusal("access.granted", "needs an end|has passed"):
        access.answer_access(actor_for(admin), asked, is_granted=True, valid_until=end)


def test_nobody_answers_their_own_request_or_outside_their_set_up(
        asked, production, outsider, releaser, refusal):
    """Superusers neither; whoever sets up another project does not even see it."""
    make_grant(outsider, "set_up", project=make_environment().project)
    boss = make_user("boss", is_superuser=True)
    mine = access.ask_for_access(actor_for(boss), action="release", environment=production,
                                 reason="Quick.")
    for actor, row, words in ((actor_for(boss), mine, "You asked for this"),
                              (actor_for(outsider), asked, "You may not set up Shop"),
                              (actor_for(releaser), asked, "You may not set up Shop")):
        with refusal("access.granted", words):
            access.answer_access(actor, row, is_granted=True, valid_until=LATER)
        assert row not in access.waiting_requests(actor)


@pytest.mark.parametrize(("over", "words"), [
    ({"reason": " "}, "needs a reason"), ({"action": "look"}, "may do this already"),
    ({"action": "rule"}, "Nobody can be allowed that"), ({}, "asked for this already"),
])
def test_a_request_that_leads_nowhere_is_refused(over, words, asked, viewer, production, refusal):
    """One sentence each."""
    with refusal("access.requested", words):
        access.ask_for_access(actor_for(viewer), **{
            "action": "release", "environment": production, "reason": "why", **over})


def test_nobody_asks_about_projects_they_do_not_see(viewer, refusal):
    """What is not there for them they cannot ask for."""
    elsewhere = make_environment()
    with refusal("access.requested", "You may not look at"):
        access.ask_for_access(actor_for(viewer), action="release", environment=elsewhere,
                              reason="why")


def test_set_up_is_asked_for_and_granted_for_the_whole_project(viewer, admin, production):
    """Whatever environment the page was about."""
    row = access.ask_for_access(actor_for(viewer), action="set_up", environment=production,
                                reason="I set it up now.")
    access.answer_access(actor_for(admin), row, is_granted=True, valid_until=LATER)
    assert policy.may_set_up(actor_for(viewer), production.project)


def test_granting_on_request_needs_a_second_person_as_well(asked, viewer, admin, production):
    """One step, and the entry waits where it weighs."""
    Environment.objects.update(is_protected=True)
    production.refresh_from_db()
    type(viewer).objects.filter(pk=viewer.pk).update(email="vera@shop.example")
    asked.user.refresh_from_db()
    grant = access.answer_access(actor_for(admin), asked, is_granted=True, valid_until=LATER)
    assert grants.waits(grant)
    assert Notice.objects.get(event="access.granted").subject == (
        "You asked to release: granted, waits for a second person")
    assert not policy.may_release(actor_for(viewer), production)
    assert Grant.objects.filter(confirmed_at=None, needs_second=True).get() == grant


def test_whoever_could_confirm_is_told_that_something_waits(admin, outsider, production):
    """Neither the author nor whom it is for; nothing is mailed where nothing waits."""
    second = make_user("second", is_superuser=True)
    Environment.objects.update(is_protected=True)
    for user in (admin, second, outsider):
        type(user).objects.filter(pk=user.pk).update(email=f"{user}@shop.example")
    entry = {"user": outsider, "environment": production, "reason": "Stands in for Anna"}
    grants.grant(actor_for(admin), action="look", **entry)
    assert not Notice.objects.exists()
    grants.grant(actor_for(admin), action="release", **entry)
    told = Notice.objects.get()
    assert (told.event, told.address) == ("grant.waits", "second@shop.example")
    assert "It counts once a second person has confirmed it." in told.text
