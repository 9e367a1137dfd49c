"""Adopting a live site: who may, when not, what is taken over, and what is recorded."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Adoption, AuditEntry, Deployment, Project
from deployments.policy.approving import rules_for
from deployments.services import adoptions, deployments, drift, gates
from deployments.services.way_back import release_before
from tests import factories
from tests.adopted import DIGEST, SHA, adopted, looked, wanted
from tests.factories import actor_for

LOOK, TAKE = "deployments.tasks.look_to_adopt", "deployments.tasks.take_in"


@pytest.fixture
def setter(shop):
    """Sets the shop up, and may edit no commands."""
    return actor_for(factories.make_user("setter", shop, "look", "set_up"))


# -- looking -------------------------------------------------------------------------------------

def test_a_look_is_asked_for_once(production, setter, queued, audited):
    """A second click finds the first; one that nobody answers is asked for anew."""
    row = adoptions.ask(setter, production)
    assert adoptions.ask(setter, production) == row
    assert queued() == [(LOOK, row.pk)]
    assert audited() == [("adoption.asked", "done")]
    Adoption.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    assert adoptions.is_looked_at(adoptions.newest(production)) is False
    assert adoptions.ask(setter, production) != row


@pytest.mark.parametrize("person", ["viewer", "releaser"])
def test_only_whoever_sets_up_may_look(production, person, request, refusal):
    """Looking and releasing are not enough."""
    actor = actor_for(request.getfixturevalue(person))
    with refusal("adoption.asked", "You may not set up Shop"):
        adoptions.ask(actor, production)


def test_naming_a_folder_takes_the_right_to_edit_commands(production, setter, shop, refusal):
    """Any folder of the servers could be named."""
    with refusal("adoption.asked", "may not edit the commands of Shop"):
        adoptions.ask(setter, production, "/var/www/shop")
    factories.make_grant(setter.user, "commands", project=shop)
    assert adoptions.ask(setter, production, " /var/www/shop/ ").folder == "/var/www/shop"


@pytest.mark.parametrize("folder", ["www", "/", "/etc", "/var/www/../../etc", "/var/w\nww"])
def test_a_folder_that_is_none_is_refused(production, superuser, folder, refusal):
    """Whole paths of a site's own folder alone."""
    with refusal("adoption.asked", "Write the whole path|may not contain"):
        adoptions.ask(superuser, production, folder)


@pytest.fixture
def superuser(db):
    return actor_for(factories.make_user("root", is_superuser=True))


def test_where_a_version_of_ours_is_live_nothing_is_adopted(production, superuser, refusal):
    """Neither looked for nor taken in."""
    row = looked(production)
    factories.make_deployment(production)
    with refusal("adoption.asked", "there is nothing to adopt"):
        adoptions.ask(superuser, production)
    with refusal("adoption.requested", "there is nothing to adopt"):
        adoptions.adopt(superuser, production, row.pk)


def test_nothing_is_looked_for_while_a_release_is_under_way(production, superuser, refusal):
    """Servers change just now."""
    factories.make_deployment(production, status="running")
    with refusal("adoption.asked", "A release is under way here"):
        adoptions.ask(superuser, production)


def test_an_environment_without_a_server_has_nothing_to_look_at(shop, superuser, refusal):
    """It says what comes first."""
    bare = factories.make_environment(shop)
    with refusal("adoption.asked", "has no server yet"):
        adoptions.ask(superuser, bare)


# -- taking over ---------------------------------------------------------------------------------

def test_paths_are_taken_over_beside_those_that_are_there(production, superuser, shop, audited):
    """Each once; what lies inside a shared folder is no path of its own."""
    Project.objects.filter(pk=shop.pk).update(shared_files="auth.json", shared_folders="storage",
                                              writable_folders="")
    shop.refresh_from_db()
    row = looked(production)
    production.project.refresh_from_db()
    assert adoptions.take_over(superuser, production, row.pk) == 2
    shop.refresh_from_db()
    assert shop.shared_files == "auth.json\n.env"
    assert (shop.shared_folders, shop.writable_folders) == ("storage", "var/cache")
    assert audited() == [("project.changed", "done")]
    assert adoptions.take_over(superuser, production, row.pk) == 0


def test_paths_that_do_not_fit_are_refused(production, superuser, shop, refusal):
    """Place.sh would refuse them on the servers."""
    Project.objects.filter(pk=shop.pk).update(asset_folders="storage/uploads/css")
    production.project.refresh_from_db()
    row = looked(production)
    with refusal("project.changed", "lies inside “storage/uploads”"):
        adoptions.take_over(superuser, production, row.pk)


def test_only_whoever_sets_up_may_take_over_or_adopt(production, releaser, refusal):
    """The same right as for looking."""
    row = looked(production)
    with refusal("project.changed", "You may not set up Shop"):
        adoptions.take_over(actor_for(releaser), production, row.pk)
    with refusal("adoption.requested", "You may not set up Shop"):
        adoptions.adopt(actor_for(releaser), production, row.pk)


# -- adopting ------------------------------------------------------------------------------------

def test_adopting_is_asked_for_once(production, setter, queued, audited):
    """A double click is one task."""
    row = looked(production)
    adoptions.adopt(setter, production, row.pk)
    adoptions.adopt(setter, production, row.pk)
    assert queued() == [(TAKE, row.pk)]
    assert audited() == [("adoption.requested", "done")]


def test_only_what_was_read_is_adopted(production, setter, refusal):
    """Not an older look, not one without an answer."""
    row = looked(production)
    looked(production)
    with refusal("adoption.requested", "Somebody looked again meanwhile"):
        adoptions.adopt(setter, production, row.pk)


def test_what_stands_in_the_way_refuses(production, setter, refusal):
    """In the words of the page."""
    row = looked(production, odd=["var/run.sock"])
    with refusal("adoption.requested", "run.sock is no file, folder or link"):
        adoptions.adopt(setter, production, row.pk)


def test_what_was_found_live_is_recorded_and_not_called_checked(production, superuser):
    """A version with what is known, a deployment that is live, servers that were not touched."""
    row = adopted(production, superuser.user)
    release = row.release
    assert Deployment.objects.live(production) == row
    assert (row.kind, row.status, row.words) == (
        "adopted", "succeeded", "Found live, not released by us")
    assert row.result == ("Found live on web-1 and web-2 when the site was adopted: recorded, not "
                          "released by us.")
    assert {target.status for target in row.targets.all()} == {"skipped"}
    assert (release.title, release.commit_sha, release.digest, release.status) == (
        "before Release manager", SHA, DIGEST, "ready")
    assert release.contents["entries"] == [
        ["dir", "storage/uploads"], ["file", ".env"], ["writable", "var/cache"]]
    entry = AuditEntry.objects.get(action="environment.adopted")
    assert "not released by us" in entry.sentence


def test_another_environment_with_the_same_files_has_the_same_version(staging, production):
    """With others it has one of another name."""
    first = adopted(staging)
    made = adoptions.known_version(staging.project, DIGEST)
    assert made["pk"] == first.release.pk
    row = wanted(production)
    assert adoptions.finish(row, row.found, made)
    assert Deployment.objects.live(production).release == first.release
    other = adopted(production, digest="e" * 64)
    assert other.release.title == "before Release manager (Production)"


def test_a_short_commit_is_told_from_those_that_are_known(production, shop):
    """As Capistrano's log has it; an unknown one is none."""
    commit = factories.make_commits(shop, "Start")[0]
    assert adopted(production, revision=commit.sha[:7]).release.commit_sha == commit.sha
    assert adopted(production, revision="abcdef1", digest="e" * 64).release.commit_sha == ""


def test_it_is_taken_in_once(production):
    """A message that comes twice finds it done."""
    row = wanted(production)
    made = {"name": "20260101T000000Z-1", "file_epoch": 1, "digest": DIGEST, "contents": {}}
    assert adoptions.finish(row, row.found, made)
    assert not adoptions.finish(row, row.found, made)
    assert Deployment.objects.count() == 1


def test_a_release_that_began_meanwhile_ends_it(production):
    """What is live now is not what was read."""
    row = wanted(production)
    factories.make_deployment(production, status="queued")
    assert not adoptions.finish(row, row.found, {"name": "x", "digest": DIGEST})
    row.refresh_from_db()
    assert (row.wanted_at, row.deployment) == (None, None)
    assert "A release is under way here" in row.problem
    assert AuditEntry.objects.get().outcome == "failed"


# -- what follows --------------------------------------------------------------------------------

def test_the_first_release_has_a_way_back_to_it(production, shop):
    """And what replaced it, too."""
    before = adopted(production)
    assert release_before(production) is None
    factories.make_deployment(production, release=factories.make_release(shop), fence=1)
    assert release_before(production) == before.release


def test_php_is_not_made_to_run_what_was_only_found(production, releaser, refusal):
    """Nothing there is ours: it could not be proved."""
    adopted(production)
    with refusal("deployment.requested", "was found there, and not released"):
        deployments.request_reload(actor_for(releaser), production, request_key="a")


def test_what_was_found_is_not_watched_for_drift(production, superuser):
    """There is nothing of ours to compare it with."""
    adopted(production)
    assert drift.scene_of(production) is None
    drift.ask_due()
    assert not production.installations.get(server__name="web-1").driftchecks.exists()


def test_what_was_found_in_staging_opens_no_gate(staging, production):
    """It was not checked there."""
    type(production).objects.filter(pk=production.pk).update(comes_after=staging)
    production.refresh_from_db()
    release = adopted(staging).release
    assert [gate.sort for gate in gates.standing(production, release=release)] == [gates.ORDER]


@pytest.mark.parametrize(("folder", "rules"), [("", 0), ("/var/www/shop", 1)])
def test_going_back_to_a_folder_that_somebody_named_needs_the_approval_of_a_release(
        production, shop, approval_rule, folder, rules):
    """Nobody knows whether visitors ever got it; what `current` led to they did get."""
    type(approval_rule).objects.update(spares_going_back=True)
    before = adopted(production, folder=folder).release
    live = factories.make_deployment(production, release=factories.make_release(shop), fence=1)
    back = factories.make_deployment(production, release=before, kind="rollback",
                                     status="queued")
    assert live.plan["before"] == back.plan["before"]
    assert len(rules_for(back)) == rules


def test_old_looks_are_forgotten(production, superuser):
    """Some stay; what was adopted stays whatever its age."""
    kept = adopted(production).adoption
    for _ in range(adoptions.KEPT + 5):
        looked(production)
    adoptions.ask(superuser, production)
    assert Adoption.objects.count() == adoptions.KEPT + 1
    assert Adoption.objects.filter(pk=kept.pk).exists()
