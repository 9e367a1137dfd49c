"""A worker was lost: where the next one begins, and what it must not do any more."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from deployments import clock
from deployments.errors import TakenOver, TurnBackRequested
from deployments.models import AuditEntry, CacheLock, Deployment, LogLine
from deployments.pipeline import forward, handover, runner
from deployments.pipeline.claim import Claim
from deployments.pipeline.context import StepContext
from deployments.pipeline.crew import Outcome
from deployments.pipeline.runner import Run, run_deployment
from deployments.pipeline.steps.command import Command
from deployments.pipeline.steps.connect import Connect
from deployments.services.lost import ATTEMPTS
from tests import factories


@pytest.fixture
def lost(staging, transactional_db):
    """Running, its lease over since a second."""
    return factories.make_deployment(
        staging, status="running", owner="host:1", attempts=1, fence=1,
        lease_until=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def steps(monkeypatch):
    """The steps that a run takes, all of which end well."""
    taken = []

    def step(self, step, contexts):
        taken.append(step.name)
        return [Outcome(ctx, "done") for ctx in contexts]

    monkeypatch.setattr(Run, "step", step)
    monkeypatch.setattr(forward, "prune", lambda run: None)
    return taken


def _begun(row, **changes):
    Deployment.objects.filter(pk=row.pk).update(switching_at=timezone.now(), **changes)
    row.targets.update(switched_at=timezone.now(), is_previous_known=True, status="switched",
                       previous_link="releases/1", previous_name="1")


def test_a_lost_worker_is_followed_from_the_top(lost, steps):
    """Each step looks first what is there: nothing is assumed."""
    run_deployment(lost.pk)

    lost.refresh_from_db()
    assert steps[:4] == ["connect", "inspect", "examine", "copy"]
    assert (lost.status, lost.attempts, lost.finishes) == ("succeeded", 2, 0)
    assert LogLine.objects.filter(text__startswith="The worker host:1 was lost; ").exists()
    entry = AuditEntry.objects.get(action="deployment.taken_over")
    assert "goes on (attempt 2 of 3)" in entry.sentence


def test_who_follows_a_worker_that_handed_over_is_named(lost, steps):
    """Nobody was lost, and still somebody else goes on."""
    Deployment.objects.update(owner="")
    run_deployment(lost.pk)
    row = Deployment.objects.get()
    assert LogLine.objects.filter(text=f"{row.owner} goes on (attempt 2 of 3)").exists()


@pytest.mark.parametrize("changes", [
    {"status": "queued", "owner": ""}, {"owner": "", "decision": "finish"}])
def test_who_follows_nobody_says_nothing_of_it(lost, steps, changes):
    """Neither the first worker, nor the one that does what a person decided."""
    Deployment.objects.update(
        requested_by=factories.make_user("eve", lost.environment.project, "release"), **changes)
    run_deployment(lost.pk)
    assert not AuditEntry.objects.filter(action="deployment.taken_over").exists()


def test_who_still_holds_it_is_not_disturbed(lost, steps):
    """Messages come twice; a lease that lasts is respected."""
    Deployment.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    run_deployment(lost.pk)
    assert steps == []


def test_after_three_lost_workers_nobody_takes_it_up(lost, steps):
    """The reaper ends it: what killed three would kill a fourth."""
    Deployment.objects.update(attempts=ATTEMPTS)
    run_deployment(lost.pk)
    assert steps == []


def test_once_the_switch_has_begun_it_is_finished_once(lost, steps):
    """As it was planned, whatever was edited meanwhile."""
    _begun(lost)
    lost.environment.project.server_commands.create(command="true", moment="after", limit_s=9)

    run_deployment(lost.pk)

    lost.refresh_from_db()
    assert "switch" in steps
    assert "commands after" not in steps
    assert (lost.status, lost.finishes) == ("succeeded", 1)


def test_the_second_worker_lost_after_the_switch_means_going_back(lost, monkeypatch):
    """Whatever ends them, visitors get what worked before."""
    back = []
    monkeypatch.setattr(runner.undo, "put_back",
                        lambda run, cause, status: back.append((cause, status)))
    _begun(lost, finishes=1)
    run_deployment(lost.pk)
    assert back == [("Its worker was lost twice after the switch had begun.", "errored")]


def test_who_was_going_back_is_followed_on_the_way_back(lost, monkeypatch):
    """Going forward again would show visitors what has failed already."""
    back = []
    monkeypatch.setattr(runner.undo, "put_back",
                        lambda run, cause, status: back.append((cause, status)))
    _begun(lost, going_back_as="failed", cause="A page was broken.")
    run_deployment(lost.pk)
    assert back == [("A page was broken.", "failed")]


def test_the_way_back_is_written_down_before_it_begins(lost, steps, monkeypatch):
    """Also the fence is raised first: what was sent before is refused."""
    seen = []

    def look(run, cause, status):
        row = Deployment.objects.get(pk=lost.pk)
        seen.append((row.going_back_as, row.cause, row.fence > fence))

    monkeypatch.setattr(runner.undo, "put_back", look)
    _begun(lost)
    claim = Claim.take(lost.pk)
    run, fence = Run(claim, Deployment.objects.get(pk=lost.pk)), claim.fence
    monkeypatch.setattr(run, "is_done", lambda outcomes: run._failed("failed", "It broke."))
    run.drive()
    assert seen == [("failed", "It broke.", True)]


def test_a_worker_that_is_to_end_hands_over_and_nothing_is_counted(lost, steps, queued,
                                                                   monkeypatch):
    """The next one goes on at once: no lease has to run out."""
    monkeypatch.setattr(handover, "is_asked", lambda: "copy" in steps)
    run_deployment(lost.pk)

    lost.refresh_from_db()
    assert steps == ["connect", "inspect", "examine", "copy"]
    assert (lost.status, lost.owner, lost.attempts) == ("running", "", 1)
    assert lost.lease_until <= timezone.now()
    assert queued() == [("deployments.tasks.run_deployment", lost.pk)]
    assert not CacheLock.objects.exclude(deployment=None).exists()


def test_between_the_switch_and_the_cache_nobody_hands_over(lost, steps, monkeypatch):
    """Visitors would get pages of two versions until the next worker came."""
    monkeypatch.setattr(handover, "is_asked", lambda: "switch" in steps)
    run_deployment(lost.pk)
    assert steps[-2:] == ["switch", "cohere"]


def test_a_database_that_is_away_for_a_moment_loses_nothing(lost, steps, monkeypatch):
    """The row is written once it is back, as long as the lease lasts."""
    claim, tries, waited = Claim.take(lost.pk), [], []
    monkeypatch.setattr(clock, "sleep", waited.append)

    def write():
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("server closed the connection")
        return "written"

    assert claim.patiently(write) == "written"
    assert len(waited) == 2


def test_a_database_that_stays_away_ends_the_worker(lost, monkeypatch):
    """Nothing may be done that is not written down, and another worker may hold it by now."""
    claim, now = Claim.take(lost.pk), [clock.monotonic()]
    monkeypatch.setattr(clock, "sleep", lambda s: now.__setitem__(0, now[0] + s))
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])

    def write():
        raise OperationalError("server closed the connection")

    with pytest.raises(TakenOver):
        claim.patiently(write)


def test_waves_go_one_after_the_other(production, transactional_db, steps, monkeypatch):
    """Each is armed, switched, made coherent and proved before the next one begins."""
    production.canary_servers, production.wave_pause_s = 1, 30
    production.save()
    row = factories.make_deployment(production, status="queued",
                                    requested_by=factories.make_user(
                                        "ada", production.project, "release"))
    pauses = []
    monkeypatch.setattr(forward, "_pause", lambda run: pauses.append(run.plan.wave_pause_s))
    run_deployment(row.pk)

    row.refresh_from_db()
    assert steps == ["connect", "inspect", "examine", "copy", "arm", "switch", "cohere", "prove",
                     "arm", "switch", "cohere", "prove"]
    assert (pauses, row.status) == ([30], "succeeded")


def test_a_command_that_cannot_be_undone_is_known_before_it_runs(queued_with_migration, steps):
    """A worker lost in the middle of it must not leave a row that says nothing."""
    run, ctx, row = queued_with_migration
    run.record.starting(Command("before"), [ctx])
    row.refresh_from_db()
    assert row.evidence == {"irreversible": "migrate"}


@pytest.fixture
def queued_with_migration(staging, transactional_db):
    staging.project.server_commands.create(command="true", moment="before", limit_s=9)
    staging.project.server_commands.create(command="migrate", moment="before", limit_s=9,
                                           is_irreversible=True)
    row = factories.make_deployment(staging, status="queued")
    run = Run(Claim.take(row.pk), Deployment.objects.get(pk=row.pk))
    run._prepare()
    return run, run.contexts[0], row.targets.get()


def test_what_cannot_be_undone_is_decided_by_a_person(queued_with_migration, monkeypatch):
    """The version before may not work with what the command left."""
    run, ctx, _ = queued_with_migration

    def fail(run):
        ctx.evidence["irreversible"] = "migrate"
        run._failed("failed", "A page was broken.")

    monkeypatch.setattr(runner, "go_forward", fail)
    monkeypatch.setattr(run, "_prepare", lambda: None)
    run.drive()
    row = Deployment.objects.get(pk=run.deployment.pk)
    assert row.status == "needs_attention"
    assert "“migrate” has begun and cannot be undone" in row.result


def test_who_decides_to_go_back_all_the_same_is_heeded(queued_with_migration, monkeypatch):
    """It is their decision: it was asked for by name."""
    run, ctx, _ = queued_with_migration
    back = []
    monkeypatch.setattr(runner.undo, "put_back",
                        lambda run, cause, status: back.append(cause))

    def turn_back(run):
        ctx.evidence["irreversible"] = "migrate"
        raise TurnBackRequested("Ada decided to go back.")

    monkeypatch.setattr(runner, "go_forward", turn_back)
    run.drive()
    assert back == ["Ada decided to go back."]


def test_what_changed_while_a_worker_was_lost_is_not_done_and_cleaned_up(lost, steps, monkeypatch):
    """Before the switch only what was asked for is done; what was copied goes again."""
    cleaned = []
    monkeypatch.setattr(runner.undo, "clean_up", lambda run: cleaned.append(run.contexts))
    lost.environment.project.server_commands.create(command="true", moment="after", limit_s=9)
    run_deployment(lost.pk)
    lost.refresh_from_db()
    assert (lost.status, steps) == ("failed", [])
    assert "changed after it was asked for" in lost.result
    assert [ctx.target.server for ctx in cleaned[0]] == ["web-1"]


@pytest.mark.parametrize(("was_placed", "names"), [(False, 1), (True, 0)])
def test_the_servers_of_a_lost_worker_are_cleaned_up_over_new_connections(
        lost, was_placed, names, monkeypatch):
    """Something of it may still run there; what lay there before stays."""
    lost.targets.update(evidence={"was_placed": was_placed}, step="commands before")
    Deployment.objects.update(stop_requested_by_name="Anna")
    scripts = []
    monkeypatch.setattr(Connect, "open", lambda self, ctx: None)
    monkeypatch.setattr(StepContext, "run_script",
                        lambda ctx, name, *args, **_: scripts.append((name, len(args) - 2)))
    run_deployment(lost.pk)
    lost.refresh_from_db()
    assert lost.status == "cancelled"
    assert scripts == [("prune.sh", names)]


def test_who_was_promised_that_it_goes_back_gets_no_success(lost, steps, monkeypatch):
    """They asked after the last step had begun: the page said that it goes back."""
    back = []
    monkeypatch.setattr(runner.undo, "put_back", lambda run, cause, status: back.append(cause))
    _begun(lost)
    monkeypatch.setattr(forward, "prune", lambda run: Deployment.objects.update(
        decision="put_back", decided_by_name="Ada"))
    run_deployment(lost.pk)
    assert back == ["Ada decided to go back."]
