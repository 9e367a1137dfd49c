"""Several machines: who lacks a release leaves the deployment to those who have it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from deployments.models import Deployment, Release, WorkerCluster
from deployments.pipeline.contexts import make_contexts
from deployments.pipeline.runner import run_deployment
from deployments.plan import Plan
from tests import factories


@pytest.fixture
def waiting(staging, releaser, transactional_db):
    """Its release was built on another machine, whose folder is not ours."""
    row = factories.make_deployment(staging, status="queued", requested_by=releaser)
    Release.objects.update(kept_in="another-folder")
    return row


def _other_machine(seen_s_ago):
    seen = timezone.now() - timedelta(seconds=seen_s_ago)
    WorkerCluster.objects.create(machine="other:1", queue="release", seen_at=seen,
                                 data_folder="another-folder", started_at=seen)


def test_it_is_left_to_the_machine_that_has_the_release(waiting):
    """Copying would fail here, and succeed there: its cluster is told, and no other one."""
    _other_machine(seen_s_ago=5)
    run_deployment(waiting.pk)
    message = OrmQ.objects.get()
    assert (message.key, message.task["args"]) == ("release@other:1", (waiting.pk,))
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == ("queued", 0)


@pytest.mark.parametrize("begun", [{"switching_at": timezone.now()}, {"decision": "put_back"}])
def test_once_the_switch_has_begun_whoever_is_free_goes_on(waiting, begun):
    """The release lies on every server; visitors do not wait for a machine that is busy."""
    _other_machine(seen_s_ago=5)
    Deployment.objects.update(status="running", lease_until=timezone.now(), **begun)
    run_deployment(waiting.pk)
    assert Deployment.objects.get().attempts == 1


def test_when_that_machine_is_gone_somebody_must_say_so(waiting):
    """A deployment that waits for ever tells nobody why."""
    _other_machine(seen_s_ago=600)
    run_deployment(waiting.pk)
    row = Deployment.objects.get()
    assert row.attempts == 1
    context, = make_contexts(row, Plan.from_json(row.plan), fence=1,
                             journal=SimpleNamespace(say=print))
    assert context.release.is_kept_elsewhere
