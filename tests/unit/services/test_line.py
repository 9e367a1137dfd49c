"""Who stands in front, by name; and asking twice for the same."""

import pytest

from deployments.models import Deployment, Project
from deployments.services import deployments as services
from deployments.services import line
from tests import factories
from tests.factories import actor_for

ACTION = "deployment.requested"


@pytest.fixture
def first(production, shop, releaser):
    """The releaser's own v2.2 is on its way; whoever comes next waits."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)
    production.refresh_from_db()
    return factories.make_deployment(
        production, status="running", requested_by=releaser, requested_by_name="Anna",
        release=factories.make_release(shop, label="v2.2"))


def ask(person, environment, **what):
    return services.request_deployment(actor_for(person), environment, request_key="again", **what)


@pytest.mark.parametrize("status", ["running", "queued", "waiting_for_build", "needs_attention"])
def test_nobody_asks_twice_for_what_is_on_its_way(
        first, production, releaser, refusal, status):
    """It would be made live a second time, right after the first."""
    Deployment.objects.update(status=status)
    with refusal(ACTION, r"You asked to release Shop v2.2 \(Production\) already \("):
        ask(releaser, production, release=first.release)


def test_nobody_asks_twice_for_a_branch_that_is_being_built(first, production, shop, releaser,
                                                            refusal):
    """It names the same commit."""
    commit = factories.make_commits(shop)[-1]
    type(first.release).objects.update(commit_sha=commit.sha, status="building")
    with refusal(ACTION, "You asked to release Shop v2.2"):
        ask(releaser, production, ref="main")


@pytest.mark.parametrize("over", [
    {"decision": Deployment.PUT_BACK}, {"going_back_as": "failed"},
    {"stop_requested_by_name": "Anna"}, {"kind": "rollback"}])
def test_what_will_not_bring_it_may_be_asked_for_again(first, production, releaser, over):
    """It goes back, or is stopped, or was another request."""
    Deployment.objects.update(**over)
    assert ask(releaser, production, release=first.release).status == "waiting_turn"


def test_what_another_version_follows_may_be_asked_for_again(first, production, releaser):
    """Its turn comes after that one, so it changes something."""
    factories.make_deployment(production, status="waiting_turn")
    assert ask(releaser, production, release=first.release).status == "waiting_turn"


def test_another_person_may_ask_for_what_is_on_its_way(first, production, shop):
    """The first one's owner may stop it."""
    other = factories.make_user("other", shop, "release")
    assert ask(other, production, release=first.release).status == "waiting_turn"


def test_php_may_be_made_to_reload_again(first, production, releaser):
    """Something may have changed since the first one began."""
    Deployment.objects.update(kind="reload")
    assert line.asked_already(actor_for(releaser), production, "reload") is None


def test_ones_own_release_in_front_is_called_so(first, production, releaser, viewer):
    """Two of theirs are not both “yours”."""
    second = factories.make_deployment(production, status="waiting_turn", requested_by=releaser)
    assert line.turn_words(second, actor_for(releaser)) == (
        "Your release of v2.2 is on its way; this one is next.")
    assert line.turn_words(second, actor_for(viewer)) == (
        "Anna's release of v2.2 is on its way; this one is next.")
    assert line.would_be_words(production, actor_for(releaser)) == (
        "Your release of v2.2 is on its way; this one would be second in line.")


def test_who_must_decide_is_named_to_those_in_line(first, production, approver):
    """They can be asked."""
    second = factories.make_deployment(production, status="waiting_turn")
    Deployment.objects.filter(pk=first.pk).update(status="needs_attention")
    assert line.turn_words(second) == (
        "Anna's release of v2.2 needs a decision from approver; this one is next.")
    approver.grants.all().delete()
    assert line.turn_words(second) == "Anna's release of v2.2 needs a decision; this one is next."
