"""A stop that comes late: nothing is called unchanged that was begun, and no wish is overheard."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Deployment
from deployments.pipeline import forward, runner
from deployments.pipeline.context import StepContext
from deployments.pipeline.crew import Outcome
from deployments.pipeline.runner import Run, run_deployment
from deployments.pipeline.steps.connect import Connect
from tests import factories


def _stopped_in(monkeypatch, name):
    """Every step ends well, and while `name` is under way Ada asks to stop; the steps' names."""
    taken = []

    def step(self, step, contexts):
        self.record.starting(step, contexts)
        taken.append(step.name)
        if step.name == name:
            Deployment.objects.update(stop_requested_by_name="Ada")
        for ctx in contexts:
            if step.name == "commands before":
                ctx.evidence["irreversible"] = step.irreversible(ctx)
        outcomes = [Outcome(ctx, "done") for ctx in contexts]
        self.record.ended(step, outcomes)
        return outcomes

    monkeypatch.setattr(Run, "step", step)
    monkeypatch.setattr(forward, "prune", lambda run: None)
    return taken


def test_a_stop_after_what_cannot_be_undone_is_decided_by_a_person(
        staging, releaser, transactional_db, monkeypatch):
    """The version that visitors see may not work any more: that is not “nothing was changed”."""
    staging.project.server_commands.create(command="migrate", moment="before", limit_s=9,
                                           is_irreversible=True)
    row = factories.make_deployment(staging, status="queued", requested_by=releaser)
    _stopped_in(monkeypatch, "commands before")

    run_deployment(row.pk)

    row.refresh_from_db()
    assert (row.status, row.switching_at) == ("needs_attention", None)
    assert row.result.startswith("Stopped by Ada. “migrate” has begun and cannot be undone")


def test_a_reload_that_is_stopped_while_it_is_prepared_makes_nothing_reload(
        staging, releaser, transactional_db, monkeypatch):
    """There is no switch: what changes something for visitors is the reload itself."""
    row = factories.make_deployment(
        staging, status="queued", kind="reload", requested_by=releaser)
    taken = _stopped_in(monkeypatch, "arm")

    run_deployment(row.pk)

    row.refresh_from_db()
    assert (row.status, taken) == ("cancelled", ["connect", "inspect", "examine", "arm"])


def test_a_second_worker_that_cannot_even_read_ends_it_too(
        staging, transactional_db, monkeypatch):
    """With its own reason, and not as the third worker that was lost."""
    row = factories.make_deployment(
        staging, status="running", owner="host:1", attempts=1, fence=1,
        lease_until=timezone.now() - timedelta(seconds=1))

    def broken(_):
        raise ValueError("no key opens this value")

    monkeypatch.setattr(runner, "plan_now", broken)
    with pytest.raises(ValueError, match="no key"):
        run_deployment(row.pk)

    row.refresh_from_db()
    assert (row.status, row.cause) == ("errored", "ValueError: no key opens this value")


def test_what_is_put_back_before_the_switch_leaves_nothing_on_the_servers(
        staging, transactional_db, monkeypatch):
    """Neither the copied version, nor a command that a lost worker left running."""
    row = factories.make_deployment(
        staging, status="running", decision="put_back", decided_by_name="Ada", owner="", fence=1,
        cause="Stopped by Anna.", lease_until=timezone.now() - timedelta(seconds=1))
    row.targets.update(evidence={"was_placed": False, "irreversible": "migrate"}, status="failed")
    scripts = []
    monkeypatch.setattr(Connect, "open", lambda self, ctx: None)
    monkeypatch.setattr(StepContext, "run_script",
                        lambda ctx, name, *args, **_: scripts.append(name))
    run_deployment(row.pk)
    row.refresh_from_db()
    assert (row.status, scripts) == ("failed", ["prune.sh"])
    assert row.result == (
        "Stopped by Anna. No server was switched; what “migrate” did stays as it is.")
