"""What a person decided about a deployment that was switched already: never ends as a guess."""

import pytest
from django.utils import timezone

from deployments.models import CacheLock, Deployment, Installation, Target
from deployments.pipeline.runner import run_deployment
from deployments.services.stopping import decide
from tests import factories


@pytest.fixture
def decider(shop):
    return factories.actor_for(factories.make_user("decider", shop, "decide"))


@pytest.fixture
def switched(production, transactional_db):
    """Switched on both servers, which cannot be reached now."""
    row = factories.make_deployment(
        production, status="needs_attention", switching_at=timezone.now(), cause="It broke.",
        previous=factories.make_release(production.project, label="1.0"))
    row.targets.update(previous_link="releases/1", previous_name="1", is_previous_known=True,
                       switched_at=timezone.now(), status="unknown")
    return row


def _decide(decider, row, decision):
    decide(decider, row, decision)
    run_deployment(row.pk)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("decision", ["finish", "put_back"])
def test_without_a_token_nobody_calls_it_failed(switched, decider, decision):
    """No server can be asked, so nobody knows what visitors see: the environment stays held."""
    Installation.objects.update(php_door="endpoint", strategy="reset")

    row = _decide(decider, switched, decision)

    assert row.status == "needs_attention"
    assert "Nobody can tell yet what web-1 and web-2 show to visitors" in row.result
    assert row.needs_a_person


def test_a_server_left_out_meanwhile_is_put_back_too(switched, decider):
    """It was switched: whether it is still active has nothing to do with it."""
    Installation.objects.filter(server__name="web-2").update(is_active=False)

    row = _decide(decider, switched, "put_back")

    assert row.status == "needs_attention"
    assert "web-2" in row.result
    assert set(row.targets.values_list("server_name", "step")) == {
        ("web-1", "put back"), ("web-2", "put back")}


def test_a_server_added_meanwhile_is_not_touched(switched, decider, production):
    """It has no part in what was begun."""
    factories.make_installation(production, server=factories.make_server("web-3"))

    row = _decide(decider, switched, "put_back")

    assert row.status == "needs_attention"
    assert "web-3" not in row.result
    assert set(row.targets.values_list("server_name", flat=True)) == {"web-1", "web-2"}


def test_finishing_does_only_what_was_asked_for(switched, decider, shop):
    """A command added meanwhile was approved by nobody."""
    shop.server_commands.create(command="rm -rf /", moment="after", limit_s=10)

    row = _decide(decider, switched, "finish")

    assert row.status == "needs_attention"
    assert ("changed after it was asked for (commands after the switch). Put all back, then ask "
            "for it again.") in row.result
    assert set(row.targets.values_list("step", flat=True)) == {""}  # and nothing went back


def test_putting_back_waits_for_the_lock_of_a_shared_cache(switched, decider, staging, settings):
    """Its reset would spoil the proof of the site that holds the lock."""
    settings.PROOF_LIMIT_S = 0
    place = Installation.objects.filter(environment=switched.environment).first()
    CacheLock.objects.create(
        server=place.server, master="php8.2-fpm", fence=9,
        deployment=factories.make_deployment(staging, status="running"),
        held_until=timezone.now() + timezone.timedelta(minutes=1))

    row = _decide(decider, switched, "put_back")

    assert row.status == "needs_attention"
    assert "Another site's release kept the PHP cache of php8.2-fpm" in row.result
    assert row.cause == "It broke."
    assert set(Target.objects.filter(deployment=row).values_list("step", flat=True)) == {""}


def test_a_decision_can_be_taken_up_whatever_our_own_clock_says(switched, decider, monkeypatch):
    """The database's clock counts: with ours ahead, nobody could claim it, nor decide again."""
    ahead = timezone.now() + timezone.timedelta(minutes=5)
    monkeypatch.setattr("django.utils.timezone.now", lambda: ahead)

    decide(decider, switched, Deployment.PUT_BACK)
    monkeypatch.undo()
    run_deployment(switched.pk)

    switched.refresh_from_db()
    assert switched.attempts == 1
