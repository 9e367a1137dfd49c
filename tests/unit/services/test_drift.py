"""Looks for drift: when they are asked for, what is kept of them, and who is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import AuditEntry, DriftCheck, Environment, Notice
from deployments.services import drift
from tests import factories

LOOK = "deployments.tasks.look_for_drift"


@pytest.fixture
def place(staging):
    """web-1 of staging, with a live version; somebody is to be told."""
    Environment.objects.filter(pk=staging.pk).update(notify_addresses="ops@shop.example")
    staging.refresh_from_db()
    factories.make_deployment(staging)
    return staging.installations.get()


def finding(sort="changed", path="index.php", detail=""):
    return {"sort": sort, "path": path, "text": f"{path} was {sort}.", "release": "2.0",
            "key": f"{sort} {path} {detail}"}


def look(place, *findings, problem="", scene=None, **facts):
    """One look with this answer; return its row, None when it was dropped."""
    check = DriftCheck.objects.create(installation=place)
    drift.answer(check, scene or drift.scene_of(place.environment), findings=findings,
                 problem=problem, facts=None if problem else {"name": "2"} | facts)
    return drift.answered(place).filter(pk=check.pk).first()


def told():
    return list(Notice.objects.order_by("pk").values_list("event", flat=True))


# -- asking --------------------------------------------------------------------------------------

def age(check, **ago):
    DriftCheck.objects.filter(pk=check.pk).update(asked_at=timezone.now() - timedelta(**ago))


def test_the_schedule_asks_where_a_version_is_live_and_the_last_look_is_old(
        place, queued, settings):
    """At once where nobody looked yet or a release has ended since; then again after its time."""
    settings.DRIFT_EVERY_MIN = 15
    drift.ask_due()
    assert queued() == [(LOOK, place.environment.pk)]
    drift.ask_due()
    assert len(queued()) == 1

    check = DriftCheck.objects.get()
    drift.answer(check, drift.scene_of(place.environment), facts={"name": "2"})
    drift.ask_due()
    assert len(queued()) == 1

    place.environment.deployments.update(finished_at=timezone.now() - timedelta(hours=1))
    age(check, minutes=14)
    drift.ask_due()
    assert len(queued()) == 1
    age(check, minutes=16)
    drift.ask_due()
    assert len(queued()) == 2


def test_nothing_is_asked_while_a_release_is_under_way(place, queued):
    """That is no drift; nor is there one where nothing is live, or the schedule is off."""
    factories.make_deployment(place.environment, status="running")
    factories.make_installation()
    drift.ask_due()
    assert queued() == []


def test_the_schedule_can_be_switched_off(place, queued, settings):
    """DRIFT_EVERY_MIN=0: only the button is left."""
    settings.DRIFT_EVERY_MIN = 0
    drift.ask_due()
    assert queued() == []


def test_many_environments_are_spread_over_the_time(shop, queued, settings):
    """Two a minute of thirty-one in 15 minutes would be too few; three are asked, and no more
    while those are looked at."""
    settings.DRIFT_EVERY_MIN = 15
    for _ in range(31):
        environment = factories.make_environment(shop)
        factories.make_installation(environment, server=factories.make_server("web-1"))
        factories.make_deployment(environment)
    drift.ask_due()
    drift.ask_due()
    assert len(queued()) == 3


def test_a_server_whose_identity_is_not_confirmed_is_not_looked_at(place, queued):
    """Nobody could sign in there."""
    place.server.host_key = ""
    place.server.save()
    drift.ask_due()
    assert queued() == []


def test_a_look_whose_worker_was_lost_is_asked_for_anew(place, queued):
    """Nobody would ever answer it."""
    lost = DriftCheck.objects.create(installation=place)
    age(lost, hours=1)
    drift.ask_due()
    assert DriftCheck.objects.get() != lost
    assert len(queued()) == 1


# -- keeping -------------------------------------------------------------------------------------

def test_equal_answers_in_a_row_are_one_row_that_counts_them(place):
    """The newest; since the first of them."""
    first = look(place)
    look(place)
    third = look(place)
    assert DriftCheck.objects.get() == third
    assert (third.facts["looks"], third.facts["since"]) == (3, first.facts["since"])


def test_another_answer_is_another_row_and_the_old_one_stays(place):
    """What was found stays on record after it is gone."""
    look(place)
    found = look(place, finding())
    look(place)
    assert [row.is_good for row in drift.answered(place)] == [True, False, True]
    assert drift.answered(place)[1].findings == found.findings


def test_a_finding_keeps_the_moment_when_it_was_found_first(place):
    """Also beside a new one."""
    first = look(place, finding()).findings[0]["since"]
    rows = look(place, finding(), finding("added", "x")).findings
    assert [row["since"] == first for row in rows] == [True, False]


def test_the_gravest_come_first_and_many_are_counted(place):
    """Of 250 files added 200 are listed, behind the one that was changed."""
    row = look(place, *(finding("added", f"{number:03}") for number in range(250)), finding())
    assert row.findings[0]["sort"] == "changed"
    assert (len(row.findings), row.facts["counts"]) == (200, {"added": 250, "changed": 1})


def test_what_the_next_look_builds_on_outlives_an_answer_without_it(place):
    """A server out of reach is no reason to take a new baseline afterwards."""
    look(place, ours={"endpoint.php": "aa"}, releases={"2": {"epoch": 1}})
    row = look(place, problem="web-1 cannot be reached.")
    assert (row.facts["ours"], row.facts["releases"]) == (
        {"endpoint.php": "aa"}, {"2": {"epoch": 1}})


@pytest.mark.parametrize("status", ["running", "succeeded"])
def test_a_look_that_a_release_overtook_is_dropped(status, place):
    """Under way, or begun and ended meanwhile: what was seen is half of each. Nobody is told."""
    scene = drift.scene_of(place.environment)
    factories.make_deployment(place.environment, status=status)
    assert look(place, finding(), scene=scene) is None
    assert drift.newest([place.environment]) == {}
    assert told() == []


def test_one_of_two_workers_with_the_same_look_answers_it(place):
    """A message may be delivered twice; people are told once."""
    check = DriftCheck.objects.create(installation=place)
    scene = drift.scene_of(place.environment)
    for _ in range(2):
        drift.answer(check, scene, findings=[finding()], facts={"name": "2"})
    assert DriftCheck.objects.get().facts["looks"] == 1
    assert told() == ["drift.found"]


# -- telling -------------------------------------------------------------------------------------

def test_people_are_told_once_when_it_is_found_and_once_when_it_is_gone(place):
    """Not every quarter of an hour; the audit log has both."""
    for findings in ((), (finding(),), (finding(),), (), ()):
        look(place, *findings)
    assert told() == ["drift.found", "drift.gone"]
    first = Notice.objects.order_by("pk").first()
    assert "web-1 is not as it was released: 1 file changed" in first.text
    assert "index.php was changed." in first.text
    assert "The page of the drift watch says what to do" in first.text
    assert "release again" not in first.text  # it may be refused
    actions = AuditEntry.objects.filter(action__startswith="drift.").order_by("seq")
    assert list(actions.values_list("action", flat=True)) == ["drift.found", "drift.gone"]


def test_people_are_told_again_of_another_sort_of_finding(place):
    """A PHP file beside a known edit is news; one more edit of the same sort is on the page."""
    look(place, finding())
    look(place, finding(), finding(path="other.php"))
    assert told() == ["drift.found"]
    look(place, finding(), finding("script", "shell.php"))
    assert told() == ["drift.found"] * 2


def test_a_server_out_of_reach_is_told_after_three_looks_and_when_it_is_back(place):
    """Whatever the sentence was each time; it is never drift."""
    for number in range(4):
        look(place, problem=f"web-1 did not answer within {number} s.")
        assert told() == ["drift.found"] * (number >= 2)
    assert "could not be looked at 3 times in a row" in Notice.objects.get().text
    look(place)
    assert told() == ["drift.found", "drift.gone"]


def test_drift_that_is_out_of_reach_for_a_while_is_told_as_gone_when_it_is_gone(place):
    """What people know of outlives the looks in between."""
    look(place, finding())
    look(place, problem="web-1 cannot be reached.")
    look(place)
    assert told() == ["drift.found", "drift.gone"]
