"""A commit that is built already is built again once the project is set up in another way."""

import pytest

from deployments.models import BuildVariable
from deployments.plan import build_plan
from deployments.services.recipe import built_today, is_of_today, recipe_of
from tests import factories


@pytest.fixture
def release(shop):
    BuildVariable.objects.create(project=shop, name="NODE_ENV", value="production",
                                 is_secret=False)
    return factories.make_release(shop)


@pytest.mark.parametrize(("field", "value"), [
    ("build_commands", "make all"), ("subdirectory", "app"), ("left_out", "node_modules"),
    ("public_folder", "web"), ("shared_files", ".env"), ("created_files", "robots.txt"),
    ("shared_folders", "uploads"), ("writable_folders", "var/cache"),
    ("asset_folders", "public/build"),
])
def test_whatever_makes_a_release_another_one_asks_for_a_new_build(shop, release, field, value):
    """Its folder on servers is made once: mended settings would never reach it."""
    assert built_today(shop, release.commit_sha) == release
    setattr(shop, field, value)
    shop.save()
    assert built_today(shop, release.commit_sha) is None
    release.refresh_from_db()
    assert not is_of_today(release)


def test_a_builds_variables_count_and_secret_ones_by_name(shop, release):
    """An access token that was renewed builds nothing anew, and no hash of it is kept."""
    kept = recipe_of(shop)
    BuildVariable.objects.update(value="development")
    changed = recipe_of(shop)
    token = BuildVariable.objects.create(project=shop, name="TOKEN", value="one", is_secret=True)
    with_token = recipe_of(shop)
    assert len({kept, changed, with_token}) == 3
    token.value = "two"
    token.save()
    assert recipe_of(shop) == with_token


@pytest.mark.parametrize("field", ["keep_releases", "name"])
def test_what_leaves_a_release_as_it_is_asks_for_none(shop, release, field):
    """Otherwise every change in the form would build for nothing."""
    setattr(shop, field, 9)
    shop.save()
    assert built_today(shop, release.commit_sha) == release


def test_going_back_uses_the_paths_of_then(shop, staging):
    """The folder lies there as it was made: the plan says what is true of it."""
    old = factories.make_release(shop)
    old.contents["entries"] = [["dir", "uploads"]]
    old.save()
    shop.shared_folders = "media"
    shop.save()
    assert build_plan("rollback", staging, old).entries == (("dir", "uploads"),)
    assert build_plan("rollback", staging, factories.make_release(shop)).entries == (
        ("dir", "media"),)
