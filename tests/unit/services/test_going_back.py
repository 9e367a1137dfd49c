"""Going back, making PHP reload, and what was live before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import queue
from deployments.models import Deployment
from deployments.services import deployments as services
from deployments.services import turns, way_back
from tests import factories
from tests.factories import actor_for, make_deployment, make_release

ACTION = "deployment.requested"


def test_going_back_takes_the_version_before(releaser, production, lives, queued):
    """Without asking which: the one that was live before."""
    old = lives("2.8.0", days=2)
    lives("2.8.1", days=1)
    row = services.go_back(actor_for(releaser), production, request_key="click")
    assert (row.kind, row.release, row.status) == ("rollback", old, "queued")
    assert row.previous.label == "2.8.1"
    assert queued() == [(queue.DEPLOY, row.pk)]
    assert services.go_back(actor_for(releaser), production, request_key="click") == row


def test_what_is_live_is_told_by_the_fence(production):
    """A clock that was set back must not bring an older version into the rows again."""
    now = timezone.now()
    older = make_deployment(production, status="succeeded", fence=4, finished_at=now)
    newer = make_deployment(
        production, status="succeeded", fence=7, finished_at=now - timedelta(hours=1))
    assert list(production.deployments.proved()) == [newer, older]


def test_going_back_to_a_chosen_version(releaser, production, lives):
    """Any that was live and proved here."""
    first = lives("2.7.0", days=3)
    lives("2.8.0", days=2)
    lives("2.8.1", days=1)
    row = services.go_back(actor_for(releaser), production, request_key="c", release=first)
    assert row.release == first


def test_going_back_without_an_earlier_version_is_refused(releaser, production, lives, refusal):
    """Also after having gone back all the way."""
    with refusal(ACTION, "no earlier version"):
        services.go_back(actor_for(releaser), production, request_key="click")
    old, new = lives("2.8.0", days=3), lives("2.8.1", days=2)
    make_deployment(production, release=old, kind="rollback")
    assert new
    with refusal(ACTION, "no earlier version"):
        services.go_back(actor_for(releaser), production, request_key="click")


def test_a_version_no_longer_stored_is_skipped_on_the_way_back(releaser, production, lives):
    """The newest earlier one that still exists."""
    oldest = lives("2.7.0", days=3)
    lives("2.8.0", days=2, status="retired")
    lives("2.8.1", days=1)
    assert way_back.release_before(production) == oldest


def test_going_back_to_what_was_never_live_is_refused(releaser, production, lives, shop, refusal):
    """That would be a release without its rules; other projects' versions neither."""
    lives("2.8.0", days=1)
    for never in (make_release(shop, label="3.0"), make_release(label="foreign")):
        with refusal(ACTION, "was never live in Production"):
            services.go_back(actor_for(releaser), production, request_key="c", release=never)


@pytest.mark.parametrize("name", ["approver", "viewer", "outsider", "admin"])
def test_only_who_may_go_back_can(name, request, production, lives, refusal):
    """Its own entry in the allowlist."""
    lives("2.8.0", days=2)
    lives("2.8.1", days=1)
    user = request.getfixturevalue(name)
    with refusal(ACTION, "You may not go back in Shop"):
        services.go_back(actor_for(user), production, request_key="c")


def test_going_back_needs_the_same_approval(releaser, production, approval_rule, lives):
    """The rule is the environment's, not the button's."""
    lives("2.8.0", days=2)
    lives("2.8.1", days=1)
    row = services.go_back(actor_for(releaser), production, request_key="click")
    assert row.status == "awaiting_approval"


def test_making_php_reload_asks_the_live_version_again(releaser, production, approval_rule, lives,
                                                       queued):
    """Nothing new becomes live, so nobody needs to agree."""
    live = lives("2.8.1")
    row = services.request_reload(actor_for(releaser), production, request_key="click")
    assert (row.kind, row.release, row.status) == ("reload", live, "queued")
    assert row.targets.count() == 2
    assert queued() == [(queue.DEPLOY, row.pk)]
    assert services.request_reload(actor_for(releaser), production, request_key="click") == row


def test_php_can_reload_on_one_server_alone(releaser, production, lives):
    """Targets and plan name that server, now and when the plan is built again."""
    lives("2.8.1")
    server = factories.make_server("web-2")
    row = services.request_reload(
        actor_for(releaser), production, request_key="click", server=server)
    assert [target.server_name for target in row.targets.all()] == ["web-2"]
    assert turns.plan_now(row).hash == row.plan_hash


def test_php_cannot_reload_where_nothing_is_live(releaser, production, refusal):
    """And not on a server that does not carry the site."""
    with refusal(ACTION, "Nothing is live in Production yet"):
        services.request_reload(actor_for(releaser), production, request_key="click")


def test_php_cannot_reload_on_a_foreign_server(releaser, production, lives, refusal):
    """A server of somebody else's site."""
    lives("2.8.1")
    other = factories.make_server("db-1")
    with refusal(ACTION, "db-1 does not carry Shop - Production"):
        services.request_reload(
            actor_for(releaser), production, request_key="click", server=other)


@pytest.mark.parametrize("name", ["approver", "viewer", "outsider", "admin"])
def test_only_who_may_release_can_make_php_reload(name, request, production, lives, refusal):
    """It makes every worker compile again: not for lookers."""
    lives("2.8.1")
    user = request.getfixturevalue(name)
    with refusal(ACTION, "You may not release Shop"):
        services.request_reload(
            actor_for(user), production, request_key="click")


def test_what_is_live_is_the_newest_proved_one(production, lives):
    """Failed attempts and other environments do not count."""
    first, second = lives("1", days=2), lives("2", days=1)
    make_deployment(production, status="failed", release=make_release(production.project))
    assert Deployment.objects.live(production).release == second
    assert way_back.releases_gone_live(production) == [second, first]


def test_ready_releases_are_the_stored_ones_newest_first(shop):
    """What can be chosen on a page."""
    old, _, new = (make_release(shop, status=status) for status in ("ready", "failed", "ready"))
    make_release()
    assert list(services.ready_releases(shop)) == [new, old]


def _go(environment, release, kind="deploy", **over):
    return make_deployment(environment, release=release, kind=kind, **over)


@pytest.fixture
def versions(shop):
    """v1, v2 and v3, in the order in which they were built."""
    return [make_release(shop, label=label) for label in ("v1", "v2", "v3")]


def test_going_back_follows_what_was_live_not_what_was_built_last(production, versions):
    """An older version that was released later has a newer one before it."""
    v1, v2, v3 = versions
    for release in (v1, v3, v2):
        _go(production, release)
    assert way_back.release_before(production) == v3


def test_going_back_twice_leads_further_back(production, versions):
    """What was left by going back is not the next thing to go back to."""
    v1, v2, v3 = versions
    for release in (v1, v2, v3):
        _go(production, release)
    _go(production, v2, "rollback")
    assert way_back.release_before(production) == v1
    _go(production, v2, "reload")
    assert way_back.release_before(production) == v1
    _go(production, v1, "rollback")
    assert way_back.release_before(production) is None
    _go(production, v3, "rollback")  # forward again, chosen by hand
    assert way_back.release_before(production) == v1


def test_releasing_an_older_version_is_no_return(production, versions):
    """Visitors had v3 before; released again it has v1 before it, and releasing it twice changes
    nothing."""
    v1, _, v3 = versions
    for release in (v1, v3, v1):
        _go(production, release)
    assert way_back.release_before(production) == v3
    _go(production, v3)
    _go(production, v3)
    assert way_back.release_before(production) == v1


def test_the_way_back_is_counted_by_fences_not_by_clocks(production, versions):
    """A clock that was set back does not change what visitors had before."""
    v1, v2, v3 = versions
    _go(production, v1, fence=1)
    for fence, release in ((3, v2), (2, v3)):
        _go(production, release, fence=fence)
    assert way_back.release_before(production) == v3


def test_the_way_back_from_what_is_on_its_way_is_what_is_live(production, versions):
    """Whatever is in front of it and was never live is no way back."""
    v1, v2, v3 = versions
    _go(production, v1)
    _go(production, v2, status="running")
    last = _go(production, v3, status="waiting_turn")
    assert way_back.release_before(production, once=last) == v1
    assert way_back.release_before(production) is None


def test_whoever_goes_back_in_line_gets_what_is_live_now(releaser, production, versions):
    """Without a choice: the version visitors had before what comes first."""
    v1, v2, v3 = versions
    type(production.project).objects.update(when_busy="wait")
    production.refresh_from_db()
    for release in (v1, v2):
        _go(production, release)
    _go(production, v3, status="running")
    row = services.go_back(actor_for(releaser), production, request_key="click")
    assert (row.status, row.release) == ("waiting_turn", v2)
