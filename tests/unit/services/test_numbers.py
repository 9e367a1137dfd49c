"""Numbers are what a person would count by hand, from rows whose times are known."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.models import Approval, Deployment
from deployments.services.numbers import Counts, edges_of, numbers_of
from deployments.services.spans import Span, span_of
from tests import factories

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


def ended(environment, at, *, took_s=60, asked_s=600, status="succeeded", **over):
    """A deployment that ended at `at`, was taken up and asked for so many seconds before."""
    row = factories.make_deployment(environment, status=status, finished_at=at,
                                    claimed_at=at - timedelta(seconds=took_s), **over)
    Deployment.objects.filter(pk=row.pk).update(requested_at=at - timedelta(seconds=asked_s))
    return row


def agreed(row, at, answer="yes"):
    vote = Approval.objects.create(deployment=row, user_name="Ben", answer=answer,
                                   plan_hash=row.plan_hash)
    Approval.objects.filter(pk=vote.pk).update(answered_at=at)


def test_weeks_begin_on_mondays_at_midnight_here():
    """The running week is the last one."""
    assert edges_of(2, NOW) == [MONDAY - timedelta(weeks=1), MONDAY, MONDAY + timedelta(weeks=1)]


def test_what_ended_is_counted_in_its_week(staging):
    """Live, failed before and after the switch, gone back; what never began is no failure."""
    ended(staging, MONDAY - timedelta(seconds=1))
    ended(staging, MONDAY)
    ended(staging, NOW, status="failed")
    ended(staging, NOW, status="errored", switching_at=NOW)
    ended(staging, NOW, kind="rollback")
    ended(staging, NOW, kind="reload")
    factories.make_deployment(staging, status="failed", finished_at=NOW)  # its build failed
    ended(staging, MONDAY - timedelta(weeks=1, seconds=1))  # too long ago
    found = numbers_of([staging.pk], 2, now=NOW)
    assert found.counts == [Counts(live=1), Counts(live=1, failed=2, unseen=1, back=1)]
    assert found.whole.failure_rate == 0.5
    assert found.whole.back_rate == 0.5


def test_the_middle_and_the_worst_of_a_length_are_told(staging):
    """Half took no longer; the worst is a row to look at."""
    for seconds in (60, 90, 100):
        ended(staging, NOW, took_s=seconds)
    slow = ended(staging, MONDAY - timedelta(days=1), took_s=2 * 3600 + 59)
    found = numbers_of([staging.pk], 2, now=NOW).to_live
    assert found.weeks[1].median_s == 90
    assert found.whole == Span(4, 95, 2 * 3600, slow.pk)


def test_an_even_count_has_a_middle_between_two():
    """As everybody counts it."""
    assert span_of([(0, 10, 1, 1), (0, 20, 1, 2)]).median_s == 15
    assert span_of([]) is None


def test_lead_time_runs_from_the_newest_commit_to_the_first_time_live(shop, staging):
    """A second release of the same version adds nothing."""
    commit = factories.make_commits(shop, "first", "second")[-1]
    release = factories.make_release(shop, commit_sha=commit.sha)
    first = ended(staging, commit.authored_at + timedelta(hours=5), release=release)
    ended(staging, commit.authored_at + timedelta(hours=9), release=release)
    at = commit.authored_at + timedelta(hours=10)
    assert numbers_of([staging.pk], 2, now=at).lead.whole == Span(1, 5 * 3600, 5 * 3600, first.pk)


def test_time_to_approval_ends_with_the_last_yes(staging):
    """A no, and a yes to what never began, count for nothing."""
    row = ended(staging, NOW, asked_s=7200)
    agreed(row, NOW - timedelta(seconds=7000))
    agreed(row, NOW - timedelta(seconds=3600))
    agreed(row, NOW, answer="no")
    never = factories.make_deployment(staging, status="expired", finished_at=NOW)
    agreed(never, NOW)
    assert numbers_of([staging.pk], 2, now=NOW).to_yes.whole == Span(1, 3600, 3600, row.pk)


def test_other_environments_stay_out(staging, production):
    """Only those that were asked for are counted."""
    ended(production, NOW)
    assert numbers_of([staging.pk], 2, now=NOW).whole == Counts()


def test_a_week_that_is_over_is_counted_anew_when_more_ended_in_it(staging):
    """Kept figures are never older than the rows."""
    for count in (1, 2):
        ended(staging, MONDAY - timedelta(days=count))
        assert numbers_of([staging.pk], 2, now=NOW).whole.live == count


def test_the_number_of_queries_is_constant_and_less_the_second_time(staging):
    """However much was released; weeks that are over are counted once."""
    counts = []
    for _ in range(2):
        ended(staging, MONDAY - timedelta(days=1))
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                numbers_of([staging.pk], 12, now=NOW)
            counts.append(len(captured))
    assert counts == [9, 5, 9, 5]
