"""The buttons of a deployment's page: what is offered when, and to whom."""

import pytest

from tests import factories
from tests.unit.pages.test_progress_page import rows
from tests.unit.pages.test_release_pages import text_of


def test_going_back_is_offered_only_from_what_is_live(production, releaser, sign_in):
    """An old page must not offer to go back from something that is not live any more."""
    old, live = (factories.make_deployment(production) for _ in range(2))
    client = sign_in(releaser)
    assert not rows(client, old)["offers"]["go_back"]
    assert rows(client, live)["offers"]["go_back"]


@pytest.mark.parametrize(("built", "again"), [("ready", True), ("failed", False)])
def test_after_a_failure_the_same_version_or_another_is_offered(
        built, again, production, releaser, viewer, sign_in):
    """The same one if there is something to copy; only to a person who may release."""
    failed = factories.make_deployment(production, status="failed")
    failed.release.status = built
    failed.release.save()
    offers = rows(sign_in(releaser), failed)["offers"]
    assert (offers["try_again"], offers["another"]) == (again, True)
    assert 'href="/admin/release/shop/production/"' in sign_in(releaser).get(
        f"/admin/progress/{failed.pk}/").text
    offers = rows(sign_in(viewer), failed)["offers"]
    assert (offers["try_again"], offers["another"]) == (False, False)


def test_the_way_back_is_named_while_the_release_still_runs(production, releaser, sign_in):
    """The button appears when it is live; its words were written before."""
    before = factories.make_deployment(production)
    running = factories.make_deployment(production, status="running", previous=before.release)
    page = text_of(sign_in(releaser).get(f"/admin/progress/{running.pk}/"))
    assert f"Go back to {before.release.title}" in page
