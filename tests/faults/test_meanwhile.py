"""Tokens, projects, servers, people and clocks that change while a release is on its way."""

import pytest

from deployments import clock, tasks
from deployments.models import Approval, Installation, Project, ServerCommand, Token
from deployments.services import approvals, tokens
from tests import factories, stage
from tests.error_sentences import says
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed
from .moments import at, on_rows


def _install(show):
    for place in show.environment.installations.all():
        tasks.install_tokens(place.pk)


def test_a_token_replaced_in_mid_release_does_not_stop_it(show, stale, monkeypatch):
    """Servers take the old one and the new one for a while; the next release uses the new one."""
    old = Token.objects.get()

    def rotate(ctx):
        tokens.rotate(show.admin, old)
        _install(show)

    at(monkeypatch, "before arm", on_rows(rotate))

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    new = Token.objects.exclude(pk=old.pk).get()
    assert new.last_used_at is None
    assert show.go_back().status == "succeeded"
    new.refresh_from_db()
    assert new.last_used_at is not None


def test_a_token_revoked_after_the_switch_leaves_it_to_a_person(show, stale, monkeypatch):
    """Nobody can ask PHP any more; with a new token whoever decides puts all back."""
    old = Token.objects.get()

    def revoke(ctx):
        tokens.revoke(show.admin, old)
        _install(show)

    at(monkeypatch, "before cohere", on_rows(revoke))

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    says("reset endpoint refused", deployment.cause)
    assert stale.look()[0] == stale.before[0]
    tokens.issue(show.admin, show.environment)
    _install(show)
    assert show.decide(deployment, "put_back").words == "Went back to v1.0"


def test_a_project_edited_in_mid_release_runs_as_it_was_approved(show, realpath, monkeypatch):
    """The next release follows the new settings; this one does what was asked for."""
    def edit(ctx):
        Project.objects.update(shared_files=".env\nmissing.php", name="Renamed")
        ServerCommand.objects.create(project=show.project, moment="before", command="exit 9")

    at(monkeypatch, "before copy", on_rows(edit))

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert "exit 9" not in story(deployment)


def test_a_server_added_in_mid_release_is_not_touched(show, realpath, monkeypatch):
    """It was in no plan that anybody approved."""
    def add(ctx):
        factories.make_installation(
            show.environment, server=factories.make_server("web-9"), php_door="none", pools=[])

    at(monkeypatch, "before copy", on_rows(add))

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert [row.server_name for row in deployment.targets.all()] == ["web-1"]


def test_a_server_left_out_in_mid_release_is_released_to_the_end(show, realpath, monkeypatch):
    """Half a release would be worse than one more server on the new version."""
    at(monkeypatch, "before copy",
       on_rows(lambda ctx: Installation.objects.update(is_active=False)))

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert realpath.look()[0].name == deployment.release.name


@pytest.fixture
def empty(show):
    """A server that no version was ever copied to."""
    with WebHost("web-1") as host:
        show.on(host)
        yield host


def _nothing_is_on(host):
    return {path.name for path in host.root.iterdir()} == {"shared"}


def _approved(show):
    approver = factories.make_user("approver", show.project, "look", "approve")
    factories.make_rule(show.environment, approver)
    deployment = show.ask("v2.0")
    approvals.approve(factories.actor_for(approver), deployment, plan_hash=deployment.plan_hash)
    deployment.refresh_from_db()
    assert deployment.status == "queued"
    return approver, deployment


def test_an_approver_revoked_before_the_start_stops_it(show, empty):
    """The yes was given, and whoever gave it may not approve any more: it does not count."""
    approver, deployment = _approved(show)
    approver.is_active = False
    approver.save()

    stage.run(deployment)

    assert deployment.status == "voided", story(deployment)
    assert deployment.result == (
        "Not started: approver has an account that is switched off, so that yes no longer counts. "
        "Ask for it again.")
    assert _nothing_is_on(empty)


def test_a_requester_switched_off_before_the_start_stops_it(show, empty):
    """Who asked may no longer release."""
    _, deployment = _approved(show)
    show.releaser.user.is_active = False
    show.releaser.user.save()

    stage.run(deployment)

    assert deployment.status == "voided", story(deployment)
    assert "may no longer do this" in deployment.result
    assert _nothing_is_on(empty)


def test_a_project_edited_after_the_approval_voids_it(show, empty):
    """What would run is not what was approved."""
    _, deployment = _approved(show)
    ServerCommand.objects.create(project=show.project, moment="before", command="rm -rf var")

    stage.run(deployment)

    assert deployment.status == "voided", story(deployment)
    assert "changed after it was asked for (commands before the switch)" in deployment.result
    assert Approval.objects.count() == 1
    assert _nothing_is_on(empty)


def test_a_clock_that_is_wrong_is_told_before_anything_changes(show, stale, monkeypatch):
    """Signed requests carry their time; which clock is wrong, NTP on both sides finds out."""
    now_s = clock.now_s
    monkeypatch.setattr(clock, "now_s", lambda: now_s() + 3600)

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, stale, "web-2's clock differs by 36")


@pytest.fixture
def broken(show, site_repository):
    """A version whose first page answers 500."""
    site_repository.add_variant("broken-page")
    tasks.read_source(show.project.pk)
    return "broken-page"


def test_what_cannot_be_undone_is_left_to_a_person(show, realpath, broken):
    """A migration ran that the old version may not bear: nothing goes back by itself."""
    ServerCommand.objects.create(
        project=show.project, moment="before", command="echo migrated", is_irreversible=True)

    deployment = show.release(broken)

    assert deployment.status == "needs_attention", story(deployment)
    assert "echo migrated" in deployment.result
    assert "cannot be undone" in deployment.result
    assert realpath.look()[0].name == deployment.release.name
    assert show.decide(deployment, "put_back").words == "Went back to v1.0"
