"""A site whose live page is broken already: it can be mended, and it can be left as it was."""

import pytest

from deployments.models import CheckPage
from tests import stage
from tests.show import story

from .conftest import left_to_a_person
from .moments import at

LIKE_BEFORE = "it was like this before"


@pytest.fixture
def broken(show, realpath, site_repository):
    """The version that is live answers 500 on its first page; 1.0 before it was well."""
    site_repository.add_variant("broken-page")
    stage.tasks.read_source(show.project.pk)
    lenient = CheckPage.objects.create(project=show.project, status_to=599)
    deployment = show.release("broken-page")
    assert deployment.status == "succeeded", story(deployment)
    lenient.delete()
    realpath.remember()
    return realpath


def _link(server):
    return (server.host.root / "current").readlink().name


def test_going_back_from_a_broken_version_succeeds(show, broken):
    """What is live stops nothing before the switch; what comes must be as wanted after it."""
    deployment = show.go_back()

    assert deployment.status == "succeeded", story(deployment)
    assert _link(broken) == deployment.release.name
    row, = deployment.targets.get().evidence["pages_before"]
    assert "answered 500" in row["problem"]
    assert "Warning: the page / answered 500 instead of 200-399 before the switch" in \
        story(deployment)
    assert deployment.targets.get().evidence["pages"][0]["status"] == 200


def test_releasing_a_version_that_mends_the_page_succeeds(show, broken):
    """The other way out."""
    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert _link(broken) == deployment.release.name


def test_a_version_that_is_broken_as_the_one_before_goes_back_and_is_proved(show, broken):
    """It failed, and all is as it was, also what was broken: nobody needs to decide anything."""
    deployment = show.release("broken-page")

    assert deployment.status == "failed", story(deployment)
    assert "answered 500 instead of 200-399 after the switch" in deployment.result
    assert "went back" in deployment.result
    assert deployment.targets.get().status == "reverted"
    assert LIKE_BEFORE in story(deployment)
    assert broken.look()[0] == broken.before[0]
    assert not broken.sessions()


def test_a_page_that_was_well_before_must_be_well_again_after_going_back(show, realpath,
                                                                         monkeypatch):
    """Only what was broken before is excused; else somebody must look."""
    def break_both(ctx):
        for path in realpath.host.root.glob("releases/*/templates/hero.php"):
            path.write_text("<?php throw new RuntimeException('gone');")
        realpath.host.stop_fpm()
        realpath.host.start_fpm()

    at(monkeypatch, "after switch", break_both)
    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert LIKE_BEFORE not in story(deployment)


def test_a_page_that_only_the_new_version_has_may_be_checked(show, realpath):
    """Its address is missing before the switch, and that is what the release is for."""
    CheckPage.objects.create(project=show.project, path="/")
    CheckPage.objects.create(project=show.project, path="/api/stock")

    deployment = show.release("v2.0")

    assert deployment.status == "succeeded", story(deployment)
    assert "Warning: the page /api/stock answered 404" in story(deployment)


def test_a_decision_to_put_back_remembers_which_page_was_broken_before(show, broken, monkeypatch):
    """Another worker proves it then, and asks nobody to mend first what was broken anyway."""
    deployment = left_to_a_person(show, broken, monkeypatch)

    decided = show.decide(deployment, "put_back")

    assert decided.status == "failed", story(decided)
    assert decided.targets.get().status == "reverted"
    assert LIKE_BEFORE in story(decided)
    assert broken.look()[0] == broken.before[0]
