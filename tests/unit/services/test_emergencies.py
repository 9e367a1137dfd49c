"""Emergencies: nobody is asked, everybody is told, and a second person looks at it afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import AuditEntry, Notice, Pause, Review
from deployments.pipeline.gate import may_start
from deployments.policy import Actor
from deployments.services import deployments as services
from deployments.services import emergencies, gates, planned
from tests import factories
from tests.factories import actor_for

ACTION = "deployment.requested"
REVIEWED = "emergency.reviewed"


@pytest.fixture
def firefighter(shop):
    """May release in an emergency, and nothing else."""
    return factories.make_user("firefighter", shop, "look", "emergency")


def act(actor, environment, release, *, reason="The basket is broken", **over):
    return services.request_deployment(
        actor, environment, release=release, request_key="click", reason=reason,
        is_emergency=True, **over)


@pytest.fixture
def done(firefighter, production, approval_rule, release):
    return act(actor_for(firefighter), production, release)


def test_it_starts_without_anybodys_yes(done, queued):
    """The rule of production is not asked, neither now nor at the start."""
    assert (done.status, done.emergency) == ("queued", "The basket is broken")
    assert may_start(done)


def test_everyone_concerned_is_told_at_once(
        firefighter, approver, admin, production, approval_rule, release):
    """Approvers, administrators, the environment's addresses: a mail each, with the reason."""
    for user in (approver, admin):
        user.email = f"{user.username}@example.org"
        user.save()
    production.notify_addresses = "team@example.org"
    production.save()

    act(actor_for(firefighter), production, release)

    rows = Notice.objects.filter(event="deployment.emergency")
    assert {row.address for row in rows} == {
        "approver@example.org", "admin@example.org", "team@example.org"}
    assert all("The basket is broken" in row.text for row in rows)
    assert "The basket is broken" in AuditEntry.objects.get(action="deployment.emergency").sentence


def test_it_goes_through_the_gates_it_named_and_no_other(
        firefighter, production, release, refusal):
    """What was shut after the page was opened was not agreed to; it stops it at the start, too."""
    Pause.objects.create(environment=production, reason="Repair", paused_by_name="Ines")
    named = [gate.key for gate in gates.standing(production)]
    with refusal(ACTION, "Ines paused"):
        act(actor_for(firefighter), production, release)

    row = act(actor_for(firefighter), production, release, in_spite_of=named)
    assert may_start(row)
    Pause.objects.create(environment=production, reason="Another", paused_by_name="Mia")
    assert not may_start(row)


def test_it_is_refused_to_who_may_not_and_without_what_it_needs(
        releaser, firefighter, production, release, refusal):
    """The entry, a reason, a fresh sign-in, a browser, and now."""
    slot = planned.Slot(timezone.now() + timedelta(hours=1), timezone.now() + timedelta(hours=2))
    now = timezone.now()
    for actor, over, said in (
            (actor_for(releaser), {}, "You may not release in an emergency"),
            (actor_for(firefighter), {"reason": " "}, "needs a reason"),
            (actor_for(firefighter), {"slot": slot}, "starts now"),
            (Actor(firefighter, "127.0.0.1", fresh_at=now - timedelta(days=1)), {},
             "needs a sign-in of the last"),
            (Actor(firefighter, "", "root", fresh_at=now), {}, "cannot be started by command")):
        with refusal(ACTION, said):
            act(actor, production, release, **over)


def test_the_entry_for_emergencies_lets_nobody_release_the_usual_way(
        firefighter, production, release, refusal):
    """It stands for what it says."""
    with refusal(ACTION, "You may not release"):
        services.request_deployment(actor_for(firefighter), production, release=release,
                                    request_key="click", reason="Now")


def test_it_needs_review_until_a_second_person_has_looked(done, shop, approver):
    """Once, with a comment, and the row stays."""
    assert emergencies.unreviewed([shop]) == [done]
    emergencies.review(actor_for(approver), done, comment="Right: the basket was broken.")
    assert emergencies.unreviewed([shop]) == []
    row = Review.objects.get(deployment=done)
    assert (row.user, row.user_name) == (approver, "approver")
    assert AuditEntry.objects.get(action=REVIEWED).details["comment"] == row.comment


def test_who_may_not_review_is_told_why(done, shop, approver, viewer, production, refusal):
    """Not the requester, though an approver; nobody without an entry; not without a comment."""
    factories.make_grant(done.requested_by, "approve", project=shop)
    for user, said in ((done.requested_by, "so somebody else must review"),
                       (viewer, "Only who may approve releases of")):
        with refusal(REVIEWED, said):
            emergencies.review(actor_for(user), done, comment="Fine")
    with refusal(REVIEWED, "needs a comment"):
        emergencies.review(actor_for(approver), done, comment=" ")
    with refusal(REVIEWED, "not reviewed by command"):
        emergencies.review(Actor(approver, "", "root"), done, comment="Fine")
    emergencies.review(actor_for(approver), done, comment="Fine")
    with refusal(REVIEWED, "approver has reviewed this already"):
        emergencies.review(actor_for(approver), done, comment="Once more")


def test_what_was_no_emergency_needs_no_review(production, approver, refusal):
    """A crafted address."""
    row = factories.make_deployment(production)
    with refusal(REVIEWED, "was no emergency"):
        emergencies.review(actor_for(approver), row, comment="Fine")
