"""Going back: the version before is chosen already, any other that was live can be."""

import pytest

from deployments.models import Deployment
from tests import factories
from tests.unit.pages.test_drift_page import CHANGED, seen
from tests.unit.pages.test_release_pages import form_of, text_of

PAGE = "/admin/go-back/shop/staging/"


@pytest.fixture
def history(staging):
    """Three versions were live, one after the other."""
    commits = factories.make_commits(staging.project, "One", "Two", "Three")
    releases = [factories.make_release(staging.project, label=label, commit_sha=commit.sha)
                for label, commit in zip(("1.0", "2.0", "3.0"), commits, strict=True)]
    for release in releases:
        factories.make_deployment(staging, release=release)
    return releases


def test_the_version_before_is_ready_in_one_click(staging, history, releaser, sign_in):
    """GET shows what is taken away; POST goes back to it."""
    client = sign_in(releaser)
    answer = client.get(PAGE)
    assert "What is taken away (1)" in text_of(answer)
    assert "Three" in text_of(answer)
    went = client.post(PAGE, form_of(answer))
    deployment = Deployment.objects.first()
    assert went.status_code == 303
    assert (deployment.kind, deployment.release) == ("rollback", history[1])


def test_an_earlier_version_can_be_chosen(staging, history, releaser, sign_in):
    """Any version that was live and is still stored is in the list."""
    client = sign_in(releaser)
    answer = client.get(PAGE, {"version": history[0].name})
    assert "What is taken away (2)" in text_of(answer)
    client.post(PAGE, form_of(answer))
    assert Deployment.objects.first().release == history[0]


def test_a_version_that_was_never_live_is_refused(staging, history, releaser, sign_in):
    """A name from elsewhere leads to the list again, with the reason."""
    stranger = factories.make_release(staging.project)
    answer = sign_in(releaser).post(PAGE, {"version": stranger.name})
    assert answer.status_code == 409
    assert "That version cannot be gone back to." in text_of(answer)
    assert Deployment.objects.count() == 3


def test_without_an_earlier_version_the_page_says_so(
        staging, releaser, sign_in, assert_refused):
    """An empty page in words; a form sent anyway is refused and audited."""
    factories.make_deployment(staging)
    rows = list(Deployment.objects.values())
    client = sign_in(releaser)
    assert "There is no earlier version to go back to." in text_of(client.get(PAGE))
    assert_refused(client.post(PAGE), "There is no earlier version of Shop in Staging",
                   status=409, rows=rows)


def test_a_viewer_cannot_go_back(staging, history, viewer, sign_in, assert_refused):
    """Reason, audit entry, unchanged rows."""
    rows = list(Deployment.objects.values())
    answer = sign_in(viewer).post(PAGE, {"version": history[1].name})
    assert_refused(answer, "You may not go back", rows=rows)


def test_after_the_first_version_came_back_the_others_can_still_be_chosen(
        staging, releaser, sign_in):
    """Nothing was live before it; that is not the same as nothing to choose."""
    first, second = (factories.make_deployment(staging) for _ in range(2))
    factories.make_deployment(staging, release=first.release, kind="rollback")
    answer = text_of(sign_in(releaser).get(PAGE))
    assert second.release.title in answer
    assert "There is no earlier version to go back to." not in answer


def test_what_the_drift_watch_found_in_the_way_back_stands_among_the_rules(
        staging, history, releaser, sign_in):
    """It would be refused when it comes to it; other versions are not touched by that."""
    added = CHANGED | {"sort": "script", "text": "x.php was added.", "is_way_back": True,
                       "key": f"script {history[1].name} x.php  "}
    seen(staging, findings=[added])
    client = sign_in(releaser)
    answer = text_of(client.get(PAGE))
    assert "The drift watch found that 2.0 was changed - web-1: x.php was added." in answer
    assert answer.count("changed on a server") == 1
    assert "The drift watch found" not in text_of(client.get(PAGE, {"version": history[0].name}))

    seen(staging, findings=[added | {"sort": "mode"}])
    assert "The drift watch found" not in text_of(client.get(PAGE))
