"""The claim of a build: counted, extended, given back, and given up after three lost workers."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from deployments import audit, queue, tasks
from deployments.audit.open_intents import open_intents
from deployments.errors import TakenOver
from deployments.models import AuditEntry, Release
from deployments.pipeline import patience
from deployments.pipeline.build_claim import BuildClaim, give_up
from deployments.services.lost import ATTEMPTS
from deployments.services.whereabouts import data_folder
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(shop):
    return factories.make_release(shop, status="pending")


def _lose(release, **over):
    """Its worker gave no sign of life for longer than its lease."""
    over = {"lease_until": timezone.now() - timedelta(seconds=1)} | over
    Release.objects.filter(pk=release.pk).update(**over)


def test_each_claim_counts_and_the_fourth_is_refused(release):
    """Before anything is done: a build that kills its worker cannot do so for ever."""
    for attempt in range(1, ATTEMPTS + 1):
        assert BuildClaim.take(release.pk).release.attempts == attempt
        assert BuildClaim.take(release.pk) is None
        _lose(release)
    assert BuildClaim.take(release.pk) is None


def test_a_build_that_cost_three_workers_is_ended_by_its_next_message(release, staging):
    """With its reason, its audit entry, and the end of what waited for it."""
    waiting = factories.make_deployment(staging, status="waiting_for_build", release=release)
    for _ in range(ATTEMPTS):
        BuildClaim.take(release.pk)
        _lose(release)
    tasks.build_release(release.pk)
    release.refresh_from_db()
    waiting.refresh_from_db()
    assert (release.status, waiting.status) == ("errored", "failed")
    assert release.problem.startswith("3 workers were lost while they built it.")
    assert AuditEntry.objects.filter(action="release.errored").count() == 1
    tasks.build_release(release.pk)
    assert AuditEntry.objects.filter(action="release.errored").count() == 1


def test_the_third_worker_is_not_given_up_while_it_lives(release):
    """A second message must not end a build under way."""
    Release.objects.update(attempts=ATTEMPTS - 1)
    BuildClaim.take(release.pk)
    give_up(release.pk)
    release.refresh_from_db()
    assert release.status == "building"


def test_a_build_that_is_given_back_is_in_line_and_cost_nothing(release, queued):
    """Its worker was told to end: that is nobody's fault."""
    BuildClaim.take(release.pk).give_back()
    release.refresh_from_db()
    assert (release.status, release.attempts, release.owner) == ("pending", 0, "")
    assert queued() == [(queue.BUILD, release.pk)]
    assert BuildClaim.take(release.pk)


def test_who_lost_it_can_neither_give_it_back_nor_end_it(release, queued):
    """The row is another worker's by now."""
    late = BuildClaim.take(release.pk)
    _lose(release)
    other = BuildClaim.take(release.pk)
    late.give_back()
    late.end("failed", {"problem": "too late"})
    release.refresh_from_db()
    assert (release.status, release.fence, release.problem) == ("building", other.release.fence, "")
    assert queued() == []


def test_a_release_that_is_ready_says_in_which_folder_it_lies(release):
    """So that a machine without it leaves it to those that have it."""
    BuildClaim.take(release.pk).end("ready", {"digest": "d" * 64})
    release.refresh_from_db()
    assert (release.status, release.kept_in) == ("ready", data_folder())


def told():
    return list(AuditEntry.objects.order_by("seq").values_list("action", "outcome"))


def test_a_build_is_announced_before_anything_is_done(release):
    """Its end is the outcome; nobody who gets no claim announces anything."""
    claim = BuildClaim.take(release.pk)
    assert told() == [("release.building", "intended")]
    assert open_intents() == [1]
    assert BuildClaim.take(release.pk) is None
    claim.end("failed", {"problem": "make: error"})
    assert told()[1:] == [("release.failed", "failed")]
    assert open_intents() == []


def test_a_build_whose_worker_was_lost_has_an_outcome_too(release):
    """Not known, said by who goes on; one that is handed over says so itself."""
    BuildClaim.take(release.pk)
    _lose(release)
    BuildClaim.take(release.pk).give_back()
    BuildClaim.take(release.pk)
    assert told() == [("release.building", outcome) for outcome in (
        "intended", "unknown", "intended", "done", "intended")]
    assert open_intents() == [5]


def test_nothing_is_built_while_the_log_takes_no_entry(release, monkeypatch):
    """The claim goes with its intent: the release waits as before."""
    monkeypatch.setattr(audit, "record", Away(1))
    with pytest.raises(OperationalError):
        BuildClaim.take(release.pk)
    release.refresh_from_db()
    assert (release.status, release.attempts) == ("pending", 0)


def test_nothing_more_begins_after_it_was_let_go(release):
    """The thread that builds asks before each part."""
    claim = BuildClaim.take(release.pk)
    assert claim.is_held()
    claim.let_go()
    assert not claim.is_held()


class Away:
    """A database that answers after so many tries."""

    def __init__(self, failures):
        self.failures = failures

    def __call__(self, *about, **more):
        self.failures -= 1
        if self.failures >= 0:
            raise OperationalError("the connection was closed")
        return "written"


def test_a_database_that_is_away_for_a_moment_is_waited_for(release, monkeypatch):
    """As long as the lease lasts nobody else can have it."""
    monkeypatch.setattr(patience.clock, "sleep", lambda seconds: None)
    assert BuildClaim.take(release.pk).patiently(Away(5)) == "written"


def test_a_database_that_is_away_for_longer_than_the_lease_ends_the_claim(release, monkeypatch):
    """What cannot be written down must not be done."""
    claim, hours = BuildClaim.take(release.pk), iter(range(3600, 36000, 3600))
    monkeypatch.setattr(patience.clock, "sleep", lambda seconds: None)
    monkeypatch.setattr(patience.clock, "monotonic", lambda: next(hours) + claim._beaten_at)
    with pytest.raises(TakenOver):
        claim.patiently(Away(5))
