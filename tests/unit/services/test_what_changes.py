"""What lies between two versions: files, newer changes, and how long a release takes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Commit, Deployment
from deployments.pages.expected_words import expected_words
from deployments.services.changed import files_of, files_read
from deployments.services.expected import Expected, expected
from deployments.services.source import newer_than
from tests import factories

pytestmark = pytest.mark.django_db


def commits_with(shop, *files):
    """A commit for each list of files, the newest first, as pages have them."""
    rows = factories.make_commits(shop, *(f"Change {number}" for number in range(len(files))))
    for row, lines in zip(rows, files, strict=True):
        Commit.objects.filter(pk=row.pk).update(
            files=lines or [], files_count=None if lines is None else len(lines))
    return rows[::-1]


def test_files_of_several_changes_are_added_up(shop):
    """What comes and goes again is nothing; what goes and comes again is changed."""
    rows = commits_with(shop, ["A new", "A passing", "D back", "M old"],
                        ["M new", "D passing", "A back", "D old"])
    found = files_of(rows, files_read(shop, rows))
    assert found.rows == (("back", "M"), ("new", "A"), ("old", "D"))
    assert (found.added, found.changed, found.removed, found.is_complete) == (1, 1, 1, True)
    taken = files_of(rows, files_read(shop, rows), is_taken_away=True)
    assert taken.rows == (("back", "M"), ("new", "D"), ("old", "A"))


def test_files_that_were_not_read_are_not_told_to_be_none(shop):
    """Nothing known is None; a part is called a part."""
    rows = commits_with(shop, None, None)
    assert files_of(rows, files_read(shop, rows)) is None
    Commit.objects.all().delete()
    shop.refs.all().delete()
    rows = commits_with(shop, ["M a"], None)
    assert not files_of(rows, files_read(shop, rows)).is_complete
    Commit.objects.filter(files_count=1).update(files_count=400)
    assert not files_of(rows[1:], files_read(shop, rows)).is_complete


def test_newer_changes_are_those_of_the_main_branch(shop):
    """Of a version that the main branch does not hold nobody says so."""
    rows = factories.make_commits(shop, "One", "Two", "Three")
    aside = factories.make_commits(shop, "Aside", ref="feature")
    assert newer_than(shop, rows[0].sha) == (2, "main")
    assert newer_than(shop, rows[2].sha) == (0, "main")
    assert newer_than(shop, aside[0].sha) == (0, "")


def test_the_usual_time_is_the_middle_one_of_the_last_five(staging):
    """From start to end; what went back, failed or was never started does not count."""
    assert expected(staging) is None
    now = timezone.now()
    for number, seconds in enumerate((900, 100, 140, 120, 110, 130)):
        row = factories.make_deployment(staging, finished_at=now + timedelta(hours=number))
        Deployment.objects.filter(pk=row.pk).update(
            fence=number, claimed_at=row.finished_at - timedelta(seconds=seconds))
    factories.make_deployment(staging, status="failed", finished_at=now, claimed_at=now)
    factories.make_deployment(staging, kind="rollback", fence=9, claimed_at=now)
    assert sorted(expected(staging).took_s) == [100, 110, 120, 130, 140]


@pytest.mark.parametrize(("took", "words"), [
    ((120, 100, 140), "It takes about 2 min (the last three took 1:40 to 2:20)."),
    ((33,), "It takes about 35 s (the last one took 33 s)."),
    ((1,), "It takes about 5 s (the last one took 1 s)."),
    ((3700, 3720), "It takes about 1 h 2 min (the last two took 1:01:40 to 1:02:00)."),
])
def test_it_is_told_as_exactly_as_people_want_it(took, words):
    """To 5 seconds, then to minutes."""
    assert expected_words(Expected(took)) == words
    assert expected_words(None) == ""
