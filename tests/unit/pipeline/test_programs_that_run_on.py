"""Programs that run on, while a deployment goes back: who restarts them, when, and what is said."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.errors import StepFailed
from deployments.models import AuditEntry, Deployment
from deployments.pipeline.claim import Claim
from deployments.pipeline.crew import Outcome
from deployments.pipeline.runner import Run, run_deployment
from deployments.pipeline.steps.command import Command
from tests import factories


@pytest.fixture
def lost(staging, transactional_db):
    """Its worker was lost in the commands after the switch, one of which restarts programs."""
    staging.project.server_commands.create(
        command="bin/restart", moment="after", limit_s=9, restarts="/queue")
    row = factories.make_deployment(
        staging, status="running", owner="host:1", attempts=1, fence=1,
        lease_until=timezone.now() - timedelta(seconds=1), switching_at=timezone.now(),
        previous=factories.make_release(staging.project, label="1.0"))
    row.targets.update(switched_at=timezone.now(), is_previous_known=True, status="switched",
                       previous_link="releases/1", previous_name="1")
    run = Run(Claim.take(row.pk), Deployment.objects.get(pk=row.pk))
    run._prepare()
    run.record.starting(Command("after"), run.contexts)
    Deployment.objects.update(lease_until=timezone.now() - timedelta(seconds=1),
                              going_back_as="failed", cause="It broke.")
    return row


@pytest.fixture
def restarted(monkeypatch):
    """Every step ends well; `restarted(answer)` tells how restarting them ends, and returns what
    was given to restart."""
    seen = []

    def begin(answer="done", stuck=""):
        monkeypatch.setattr(Run, "step", lambda run, step, contexts: [
            Outcome(ctx, "unknown" if step.name == stuck else "done", "") for ctx in contexts])

        def work(run, step, contexts):
            seen.extend((step.name, row["command"]) for ctx in contexts
                        for row in ctx.evidence["restarted"])
            if isinstance(answer, Exception):
                raise answer
            return [Outcome(ctx, answer, "web-1: it hangs.") for ctx in contexts]

        monkeypatch.setattr(Run, "work", work)
        return seen

    return begin


def _ended(row):
    run_deployment(row.pk)
    row.refresh_from_db()
    return row


def test_what_a_lost_worker_had_begun_to_restart_is_restarted_on_the_way_back(lost, restarted):
    """It stands in the row before anything is sent, and in the audit log before it is repeated."""
    seen = restarted()

    row = _ended(lost)

    assert seen == [("restart again", "bin/restart")]
    assert (row.status, row.result) == (
        "failed", "It broke. All servers went back to 1.0, and that is proved.")
    assert list(AuditEntry.objects.filter(action="step.restart_again").order_by("pk")
                .values_list("outcome", flat=True)) == ["intended", "done"]


@pytest.mark.parametrize("answer", [
    "failed", "unknown", StepFailed("web-1: it hangs.")], ids=["failed", "unknown", "too-long"])
def test_what_may_run_on_is_said_and_changes_no_server(lost, restarted, answer):
    """Visitors are served: the site is back, whatever becomes of its programs."""
    restarted(answer)

    row = _ended(lost)

    assert row.status == "failed"
    assert row.result == (
        "It broke. All servers went back to 1.0, and that is proved. But programs that run on, "
        f"such as queue workers, may still run {row.release.title} on web-1: web-1: it hangs. "
        "Restart them there by hand.")
    assert set(row.targets.values_list("status", flat=True)) == {"reverted"}


def test_while_a_person_decides_nothing_is_restarted(lost, restarted):
    """They may finish, and then the programs run the right version."""
    seen = restarted(stuck="prove")

    row = _ended(lost)

    assert (seen, row.status) == ([], "needs_attention")
    assert row.result.endswith(
        f"Programs that run on, such as queue workers, may run {row.release.title} until then.")
