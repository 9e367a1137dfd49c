"""Many people watch one deployment: what reads the same for all is worked out once for them."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from deployments.models import LogLine
from deployments.pages import progress, progress_kept
from deployments.services import time_zones
from tests import factories


@pytest.fixture
def running(production):
    return factories.make_deployment(production, status="running", owner="worker-1",
                                     claimed_at=timezone.now())


@pytest.fixture
def worked_out(monkeypatch):
    """How often the answer to a poll was worked out, as a list that grows."""
    times, work_out = [], progress._said
    monkeypatch.setattr(progress, "_said",
                        lambda *args: times.append(1) or work_out(*args))
    monkeypatch.setattr(progress_kept, "KEPT", timedelta(minutes=1))  # this machine may be slow
    return times


def ask(client, deployment, after=0):
    return json.loads(client.get(f"/admin/progress/{deployment.pk}/rows/?after={after}").content)


def test_two_people_are_told_what_was_worked_out_once(
        running, releaser, viewer, sign_in, worked_out):
    """Word for word the same, but for the buttons: each has those of their own."""
    first, second = ask(sign_in(releaser), running), ask(sign_in(viewer), running)
    assert len(worked_out) == 1
    assert first["offers"].pop("stop")
    assert not second["offers"].pop("stop")
    assert first == second


@pytest.mark.parametrize("change", [
    lambda row: row.targets.filter(server_name="web-1").update(status="switched", step="cohere"),
    lambda row: row.targets.filter(server_name="web-1").update(evidence={"pools": []}),
    lambda row: type(row).objects.filter(pk=row.pk).update(stop_requested_by_name="Anna"),
    lambda row: type(row).objects.filter(pk=row.pk).update(status="failed", result="Broken."),
    lambda row: type(row).objects.filter(pk=row.pk).update(lease_until=timezone.now()),
    lambda row: type(row.release).objects.filter(pk=row.release_id).update(label="9.9"),
    lambda row: LogLine.objects.create(deployment=row, number=1, at=timezone.now(), text="new"),
])
def test_what_a_worker_or_a_person_writes_is_told_at_once(
        change, running, viewer, sign_in, worked_out):
    """Each poll reads the rows themselves: a moment ago counts only while they are the same."""
    client = sign_in(viewer)
    ask(client, running)
    ask(client, running)
    assert len(worked_out) == 1
    change(running)
    ask(client, running)
    assert len(worked_out) == 2


def test_what_passes_with_time_is_told_before_the_next_poll_but_one(
        running, viewer, sign_in, worked_out, monkeypatch):
    """What is kept counts for less than the time between two polls."""
    client = sign_in(viewer)
    wait = timedelta(milliseconds=ask(client, running)["next_ms"])
    monkeypatch.undo()
    assert wait > progress_kept.KEPT
    later = timezone.now() + wait
    monkeypatch.setattr(timezone, "now", lambda: later)
    told = []
    progress_kept.kept(running, 0, lambda: told.append(1))
    assert told


def test_each_is_told_in_their_own_time_zone(running, releaser, viewer, sign_in, worked_out):
    """Whoever reads other times is not told those of somebody else."""
    time_zones.choose_zone(factories.actor_for(releaser), "Asia/Tokyo")
    ask(sign_in(releaser), running)
    ask(sign_in(viewer), running)
    assert len(worked_out) == 2


def test_whoever_may_not_look_is_told_nothing(running, sign_in, worked_out, viewer):
    """Who is asking is read for each poll, whatever is kept."""
    ask(sign_in(viewer), running)
    stranger = factories.make_user("stranger", factories.make_project(slug="other"), "look")
    answer = sign_in(stranger).get(f"/admin/progress/{running.pk}/rows/")
    assert answer.status_code == 403


def test_what_is_kept_does_not_grow(production, monkeypatch):
    """A deployment that has ended makes room some day."""
    monkeypatch.setattr(progress_kept, "MOST", 2)
    monkeypatch.setattr(progress_kept, "_kept", {})
    for _ in range(3):
        progress_kept.kept(factories.make_deployment(production), 0, dict)
    assert len(progress_kept._kept) <= 2


def test_each_of_many_asks_less_often(running, monkeypatch):
    """Up to ten ask as one alone does; fifty every 2.5 s, until the others have gone."""
    monkeypatch.setattr(progress_kept, "_watching", {})
    people = [SimpleNamespace(user=SimpleNamespace(pk=number)) for number in range(50)]
    waits = [progress_kept.wait_ms(running, person, 500) for person in people]
    assert set(waits[:10]) == {500}
    assert waits[-1] == 2500
    later = timezone.now() + progress_kept.SEEN
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert progress_kept.wait_ms(running, people[0], 500) == 500
