"""What versions and adopted folders are called."""

from datetime import UTC, datetime

import pytest

from deployments.models import Target
from tests.factories import make_project, make_release

AT = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)


def test_a_versions_time_is_the_sites_own(db, settings):
    """Everywhere on a page times are local; in a version's name, too."""
    release = make_release(label="", ref="")
    release.requested_at = AT
    assert release.title == f"{release.short_sha}, 25 Nov 20:30"
    settings.TIME_ZONE = "Pacific/Auckland"
    assert release.title == f"{release.short_sha}, 26 Nov 09:30"


@pytest.mark.django_db
@pytest.mark.parametrize(("sorts", "title"), [
    (["branch"], "main, 25 Nov 20:30"), (["tag"], "main"), (["branch", "tag"], "main"),
    ([], "main")])
def test_a_version_keeps_its_name_when_its_branch_is_gone(
        sorts, title, django_assert_num_queries):
    """What `ref` was is remembered: merged branches are deleted, and lists ask for no row more."""
    project = make_project()
    for sort in sorts:
        project.refs.create(name="main", sort=sort, sha="a" * 40, committed_at=AT)
    release = make_release(project, label="", ref="main")
    release.requested_at = AT
    project.refs.all().delete()
    with django_assert_num_queries(0):
        assert release.title == title


def test_an_adopted_folder_may_have_the_longest_name_there_is():
    """NAME_MAX is 255; SQLite would not mind, PostgreSQL refuses what is longer."""
    assert Target._meta.get_field("previous_name").max_length >= 255
