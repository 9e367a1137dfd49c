"""One claimed deployment: what it reads before it starts, and that it always ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.errors import HandedOver, StepFailed, TakenOver
from deployments.models import (
    BuildVariable,
    CacheLock,
    Deployment,
    Installation,
    LogLine,
    Server,
)
from deployments.pipeline import locks, runner
from deployments.pipeline.claim import Claim
from deployments.pipeline.contexts import make_contexts
from deployments.pipeline.log import Journal
from deployments.pipeline.runner import Run, run_deployment
from deployments.pipeline.steps.connect import Connect
from deployments.plan import build_plan
from tests import factories


@pytest.fixture
def queued(staging, releaser, transactional_db):
    return factories.make_deployment(staging, status="queued", requested_by=releaser)


def _claimed(row):
    return Run(Claim.take(row.pk), Deployment.objects.get(pk=row.pk))


def test_what_changed_between_the_last_look_and_the_claim_is_not_done(queued, shop):
    """What was asked for is what runs: nothing else, however short the moment."""
    run = _claimed(queued)
    shop.server_commands.create(command="true", moment="before", limit_s=10)

    run.drive()

    queued.refresh_from_db()
    assert queued.status == "failed"
    assert "changed after it was asked for (commands before the switch)" in queued.result


def test_what_cannot_even_be_read_ends_all_the_same(queued, monkeypatch):
    """A row that stays running would hold its environment until somebody decides."""
    def broken(_):
        raise ValueError("no key opens this value")

    monkeypatch.setattr(runner, "plan_now", broken)
    with pytest.raises(ValueError, match="no key"):
        run_deployment(queued.pk)

    queued.refresh_from_db()
    assert (queued.status, queued.targets.get().status) == ("errored", "skipped")


def test_a_missing_token_ends_it_with_every_server_untouched(queued):
    """Also the rows of its servers say so."""
    Installation.objects.update(php_door="endpoint", strategy="reset")
    plan = build_plan("deploy", queued.environment, queued.release)
    Deployment.objects.update(plan=plan.as_json(), plan_hash=plan.hash)

    run_deployment(queued.pk)

    queued.refresh_from_db()
    assert "no valid token" in queued.result
    assert (queued.status, queued.targets.get().status) == ("failed", "skipped")


def test_a_lock_that_was_lost_ends_the_step(queued):
    """Another site may be resetting the same PHP cache: what we prove would be worth nothing."""
    run = _claimed(queued)
    plan = build_plan("deploy", queued.environment, queued.release)
    locks.take(run.claim, plan, tick=run.tick, limit_s=0, say=run.journal.say)
    run.claim.beat()

    CacheLock.objects.update(deployment=factories.make_deployment(status="running"))
    run.claim._beaten_at = float("-inf")

    with pytest.raises(StepFailed, match="took over the PHP cache"):
        run.claim.beat()


def test_a_machine_that_was_entered_twice_has_one_lock(queued, production):
    """Two sites with SSH users of their own need two rows, and PHP has one cache all the same."""
    first = queued.targets.get().installation.server
    Server.objects.update(host_key=first.host_key)
    plans = [build_plan("deploy", place, queued.release)
             for place in (queued.environment, production)]

    held = [locks._masters(plan) for plan in plans]

    assert len(plans[1].targets) == 2
    assert held[0] == held[1] == [(first.pk, "php8.2-fpm")]


def test_a_stop_is_honoured_while_waiting_for_another_sites_release(queued, monkeypatch):
    """The line may be long; nothing was changed yet."""
    plan = build_plan("deploy", queued.environment, queued.release)
    Deployment.objects.update(plan=plan.as_json(), plan_hash=plan.hash)
    for server_id, master in locks._masters(plan):
        CacheLock.objects.create(
            server_id=server_id, master=master, fence=9,
            deployment=factories.make_deployment(status="running"),
            held_until=timezone.now() + timedelta(minutes=5))
    monkeypatch.setattr(Run, "step", lambda self, step, contexts: [])
    run = _claimed(queued)
    asked = []

    def ask_to_stop(text):
        if text.startswith("Waiting for another site's release"):
            asked.append(text)
            Deployment.objects.filter(pk=queued.pk).update(stop_requested_by_name="Anna")

    monkeypatch.setattr(run.journal, "say", ask_to_stop)
    run.drive()

    queued.refresh_from_db()
    assert (queued.status, len(asked)) == ("cancelled", 1)


def test_the_cache_is_held_before_php_is_armed(queued, monkeypatch):
    """Another site's reset between arming and the proof would take away what was armed."""
    held = []
    monkeypatch.setattr(Run, "step", lambda self, step, contexts: held.append(
        (step.name, CacheLock.objects.filter(deployment=queued).exists())) or [])
    run = _claimed(queued)
    plan = build_plan("deploy", queued.environment, queued.release)
    Deployment.objects.update(plan=plan.as_json(), plan_hash=plan.hash)
    run.deployment.refresh_from_db()

    run.drive()

    assert held[:5] == [("connect", False), ("inspect", False), ("examine", False),
                        ("copy", False), ("arm", True)]
    assert dict(held)["prove"]


def test_a_worker_that_was_taken_over_writes_no_line_more(queued):
    """The next one numbers the lines now."""
    run = _claimed(queued)
    Deployment.objects.update(fence=99)
    run.journal.say("too late")
    run.claim._beaten_at = float("-inf")

    with pytest.raises(TakenOver):
        run.tick()
    run.drive()

    assert not LogLine.objects.exists()


def test_secrets_are_masked_in_problems_as_they_are_in_the_log(queued, shop, monkeypatch):
    """A server's words end up in the result, the target and the audit log."""
    BuildVariable.objects.create(project=shop, name="TOKEN", value="hunter2hunter2",
                                 is_secret=True)
    monkeypatch.setattr(Connect, "run", _tell_the_secret)

    run_deployment(queued.pk)

    queued.refresh_from_db()
    for text in (queued.result, queued.cause, queued.targets.get().problem):
        assert "•••" in text
        assert "hunter2" not in text


def _tell_the_secret(self, ctx):
    raise runner.StepFailed("web-1: denied for hunter2hunter2\nin line 2")


def test_a_context_does_not_show_the_endpoints_key(queued):
    """Its repr may end up in anybody's traceback."""
    Installation.objects.update(php_door="endpoint", strategy="reset")
    place = Installation.objects.get()
    token = factories.make_token(queued.environment, installed_on=[place])
    plan = build_plan("deploy", queued.environment, queued.release)

    (ctx,) = make_contexts(queued, plan, fence=1, journal=Journal(deployment=queued))

    assert ctx.endpoint_key == (token.public_id, token.key)
    assert token.key not in repr(ctx)


def test_a_worker_that_is_taken_over_while_it_hands_over_ends_quietly(queued, monkeypatch):
    """It was paused between the two: the row is another one's, and there is nothing to report."""
    run = _claimed(queued)

    def too_late():
        Deployment.objects.update(fence=99)
        raise HandedOver

    monkeypatch.setattr(run, "_drive", too_late)
    run.drive()

    queued.refresh_from_db()
    assert (queued.fence, queued.status) == (99, "running")
    assert not LogLine.objects.exists()
