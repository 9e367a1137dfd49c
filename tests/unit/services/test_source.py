"""What lies between two versions, from the commits that were read."""

from datetime import timedelta

from deployments.models import Commit
from deployments.services.source import changes_between
from tests.factories import make_commits, make_project


def subjects(rows):
    return [row.subject for row in rows]


def test_the_commits_since_are_listed_newest_first(shop):
    """Those reachable from the new version and not from the old one."""
    first, _, _, last = make_commits(shop, "One", "Two", "Three", "Four")
    assert subjects(changes_between(shop, first.sha, last.sha)) == ["Four", "Three", "Two"]


def test_the_same_version_has_no_changes(shop):
    """And an older one neither: going back adds no commit."""
    first, last = make_commits(shop, "One", "Two")
    assert changes_between(shop, last.sha, last.sha) == []
    assert changes_between(shop, last.sha, first.sha) == []


def test_a_merge_brings_the_commits_of_both_sides(shop):
    """Each once, also where the sides share their past."""
    base, left = make_commits(shop, "Base", "Left")
    right = make_commits(shop, "Right", ref="topic")[0]
    right.parents = base.sha
    right.save()
    merge = Commit.objects.create(
        project=shop, sha="f" * 40, parents=f"{left.sha} {right.sha}", author_name="Ada",
        authored_at=left.authored_at + timedelta(hours=1), subject="Merge")
    assert subjects(changes_between(shop, base.sha, merge.sha))[0] == "Merge"
    assert set(subjects(changes_between(shop, base.sha, merge.sha))) == {
        "Merge", "Left", "Right"}
    assert subjects(changes_between(shop, left.sha, merge.sha)) == ["Merge", "Right"]


def test_without_an_old_version_all_that_was_read_is_new(shop):
    """A first release; or the live commit is no longer in the source."""
    *_, last = make_commits(shop, "One", "Two", "Three")
    assert len(changes_between(shop, "", last.sha)) == 3
    assert len(changes_between(shop, "0" * 40, last.sha)) == 3


def test_long_lists_are_cut(shop):
    """The newest stay."""
    *_, last = make_commits(shop, "One", "Two", "Three")
    assert subjects(changes_between(shop, "", last.sha, limit=2)) == ["Three", "Two"]


def test_a_version_that_was_not_read_has_no_list(shop):
    """Pages show nothing rather than something wrong; other projects' commits neither."""
    foreign = make_commits(make_project(), "Foreign")[0]
    assert changes_between(shop, "", "e" * 40) == []
    assert changes_between(shop, "", foreign.sha) == []
