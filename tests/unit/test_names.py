"""What versions and adopted folders are called."""

from datetime import UTC, datetime

from deployments.models import Target
from tests.factories import make_release


def test_a_versions_time_is_the_sites_own(db, settings):
    """Everywhere on a page times are local; in a version's name, too."""
    release = make_release(label="", ref="")
    release.requested_at = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
    assert release.title == f"{release.short_sha}, 25 Nov 20:30"
    settings.TIME_ZONE = "Pacific/Auckland"
    assert release.title == f"{release.short_sha}, 26 Nov 09:30"


def test_an_adopted_folder_may_have_the_longest_name_there_is():
    """NAME_MAX is 255; SQLite would not mind, PostgreSQL refuses what is longer."""
    assert Target._meta.get_field("previous_name").max_length >= 255
