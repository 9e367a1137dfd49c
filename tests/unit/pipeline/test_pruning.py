"""Which versions a server no longer needs, and until when each of them may have been live."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Target
from deployments.pipeline.pruning import last_live, unneeded
from deployments.plan import build_plan
from tests import factories


@pytest.fixture
def history(staging):
    """Four versions that were live one after the other, an hour apart; returns their rows."""
    rows, before = [], None
    for hours in (4, 3, 2, 1):
        rows.append(factories.make_deployment(
            staging, previous=before, finished_at=timezone.now() - timedelta(hours=hours)))
        before = rows[-1].release
    return rows


def place_of(staging):
    return staging.installations.get().pk


def test_what_is_live_the_one_before_and_the_newest_ones_stay(staging, history):
    """The same before the switch and after it."""
    fifth = factories.make_deployment(staging, status="running", previous=history[3].release)
    staging.project.keep_releases = 2
    staging.project.save()
    plan = build_plan("deploy", staging, fifth.release)
    expected = tuple(row.release.name for row in (history[2], history[1], history[0]))
    assert unneeded(fifth, plan, place_of(staging)) == expected


def test_what_was_removed_is_not_removed_again_until_it_was_brought_there_anew(staging, history):
    """The list would grow for ever, and PHP be asked to forget what is gone."""
    fifth = factories.make_deployment(staging, status="running", previous=history[3].release)
    staging.project.keep_releases = 1
    staging.project.save()
    plan = build_plan("deploy", staging, fifth.release)
    names = [row.release.name for row in history]
    target = Target.objects.get(deployment=history[3], installation=place_of(staging))
    target.evidence = {"removed": names[:2]}
    target.save()
    assert unneeded(fifth, plan, place_of(staging)) == (names[2],)

    factories.make_deployment(staging, release=history[1].release, status="failed",
                              finished_at=timezone.now())
    assert unneeded(fifth, plan, place_of(staging)) == (names[2], names[1])


def test_a_version_may_have_been_live_until_what_replaced_it_had_ended(staging, history):
    """Also until one ended that failed and went back to it; what was never there is no one's."""
    first, second, *_ = history
    failed = factories.make_deployment(staging, status="failed", previous=first.release,
                                       finished_at=timezone.now())
    names = [first.release.name, second.release.name, failed.release.name, "20250101T000000Z-1"]
    ended = failed.finished_at.timestamp()
    assert last_live(place_of(staging), names) == {
        names[0]: ended, names[1]: history[2].finished_at.timestamp(), names[2]: ended,
        names[3]: 0}


def test_other_servers_say_nothing_about_this_one(staging, history):
    """A version may still have been live elsewhere."""
    other = factories.make_environment(staging.project, slug="other")
    factories.make_installation(other)
    name = history[0].release.name
    factories.make_deployment(other, release=history[0].release, finished_at=timezone.now())
    assert last_live(place_of(staging), [name]) == {name: history[1].finished_at.timestamp()}
