"""What follows for deployments when the build they waited for has ended."""

import pytest

from deployments import queue
from deployments.models import Environment, Release
from deployments.services.deployments import request_deployment
from deployments.services.turns import release_built
from tests import factories
from tests.factories import actor_for, make_release


@pytest.fixture
def waiting(releaser, production, shop):
    """A function that asks for a version that is not built yet."""

    def ask():
        factories.make_commits(shop)
        return request_deployment(
            actor_for(releaser), production, ref="main", request_key="click")

    return ask


def test_a_finished_build_moves_its_deployment_on(waiting, queued):
    """Into the line, the plan bound to the digest that was built."""
    row = waiting()
    Release.objects.update(status="ready", digest="d" * 64)
    release_built(Release.objects.get())
    row.refresh_from_db()
    assert (row.status, row.plan["digest"]) == ("queued", "d" * 64)
    assert (queue.DEPLOY, row.pk) in queued()


def test_a_finished_build_asks_for_approval_where_a_rule_says_so(waiting, approval_rule, queued):
    """Approval is asked for bytes that exist."""
    row = waiting()
    Release.objects.update(status="ready", digest="d" * 64)
    release_built(Release.objects.get())
    row.refresh_from_db()
    assert row.status == "awaiting_approval"
    assert [task for task, _ in queued()] == [queue.BUILD]


def test_pauses_that_grew_too_long_while_it_was_built_end_it(waiting, queued):
    """The plan is bound only now: the queue would end the worker in the middle of a pause."""
    row = waiting()
    factories.make_installation(row.environment, server=factories.make_server("web-3"))
    Environment.objects.update(wave_size="1", wave_pause_s=1831)
    Release.objects.update(status="ready", digest="d" * 64)
    release_built(Release.objects.get())
    row.refresh_from_db()
    assert row.status == "failed"
    assert row.result.endswith("its 3 waves add up to 61 min; 60 min are the most.")
    assert [task for task, _ in queued()] == [queue.BUILD]


def test_a_build_that_ended_while_the_page_was_open_is_not_waited_for(
        releaser, production, shop):
    """The page had it as being built; nobody would ever move that deployment on."""
    old = make_release(shop, status="building")
    Release.objects.update(status="ready", digest="d" * 64)
    row = request_deployment(
        actor_for(releaser), production, release=old, request_key="click")
    assert (row.status, row.plan["digest"]) == ("queued", "d" * 64)


def test_a_failed_build_ends_its_deployment(waiting, audited):
    """With the build's own sentence; the servers were not touched."""
    row = waiting()
    Release.objects.update(status="failed", problem="composer exited 2.")
    release_built(Release.objects.get())
    row.refresh_from_db()
    assert row.status == "failed"
    assert "could not be built: composer exited 2." in row.result
    assert row.finished_at
    assert {target.status for target in row.targets.all()} == {"skipped"}
    assert audited()[-1] == ("deployment.failed", "failed")


def test_servers_that_came_and_went_during_the_build_are_followed(waiting, production):
    """Targets are what the plan says: a server left out would never be proved."""
    row = waiting()
    production.installations.filter(server__name="web-1").update(is_active=False)
    factories.make_installation(production, server=factories.make_server("web-3"))
    Release.objects.update(status="ready")
    release_built(Release.objects.get())
    row.refresh_from_db()
    assert [target.server_name for target in row.targets.all()] == ["web-2", "web-3"]
    assert [target["server"] for target in row.plan["targets"]] == ["web-2", "web-3"]


def test_no_server_left_after_the_build_is_a_failure(waiting, production):
    """Nothing to prove is not proved."""
    row = waiting()
    production.installations.update(is_active=False)
    Release.objects.update(status="ready")
    release_built(Release.objects.get())
    row.refresh_from_db()
    assert (row.status, "no server any more" in row.result) == ("failed", True)
