"""What stands between a release and a place: freeze, pause, order; asked again and again."""

import re
from datetime import time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from deployments.models import AuditEntry, Freeze, Notice, Pause
from deployments.pipeline.gate import may_start
from deployments.services import deployments as services
from deployments.services import gates, pauses, planned, turns
from tests import factories
from tests.factories import actor_for, make_deployment, make_release

ACTION = "deployment.requested"


@pytest.fixture
def freeze(production, admin):
    """Production is frozen from yesterday to tomorrow."""
    return make_freeze(environment=production, set_by=admin, set_by_name="admin")


def make_freeze(**over):
    today = timezone.now().date()
    fields = {"reason": "Black Friday", "from_date": today - timedelta(days=1),
              "until_date": today + timedelta(days=2), "from_time": time(), "until_time": time()}
    return Freeze.objects.create(**fields | over)


def ask(user, environment, release, *, key="click", **over):
    return services.request_deployment(
        actor_for(user), environment, release=release, request_key=key, **over)


def test_a_freeze_refuses_a_release_with_its_end_and_reason(
        freeze, releaser, production, release, refusal):
    """Nothing is written, and the sentence says until when and why."""
    with refusal(ACTION, r"Releases to Production are frozen until .* \(Black Friday\)\.") as said:
        ask(releaser, production, release)
    assert re.fullmatch(r"Plan it for a time after [\w: ]+, or ask admin for an exception\.",
                        said.value.remedy)


def test_a_time_inside_a_freeze_is_answered_with_a_time_after_it(
        freeze, releaser, production, release, refusal):
    """Whoever plans it for later already is not told to plan it for later."""
    slot = planned.slot(timezone.now() + timedelta(hours=2))
    with refusal(ACTION, "are frozen until") as said:
        ask(releaser, production, release, slot=slot)
    assert said.value.remedy.startswith("Choose a time after ")


def test_the_end_of_a_freeze_is_named_with_its_day_for_whoever_plans_on_that_day(production):
    """Read today, “until 23:59” would be today's."""
    tomorrow = timezone.localtime() + timedelta(days=1)
    make_freeze(until_date=tomorrow.date(), until_time=time(23, 59), time_zone="UTC")
    shut, = gates.standing(production, at=tomorrow.replace(hour=7))
    day = f"{tomorrow:%a} 23:59"
    assert f"are frozen until {day} " in shut.reason
    assert shut.remedy == f"Choose a time after {day}."


def test_a_freeze_covers_what_it_names_and_no_more(shop, production, staging):
    """Everything, a project, one environment; never another one, and not while switched off."""
    other = factories.make_environment()
    covered = []
    for fields in ({}, {"project": shop}, {"environment": production},
                   {"environment": production, "is_active": False}):
        row = make_freeze(**fields)
        covered.append([bool(gates.standing(place)) for place in (production, staging, other)])
        row.delete()
    assert covered == [[True, True, True], [True, True, False], [True, False, False], [False] * 3]


def test_where_one_freeze_says_no_none_says_yes(freeze, releaser, production, release, refusal):
    """Leave for one freeze is no leave for another."""
    freeze.may_override.add(releaser)
    make_freeze(reason="Stocktaking")
    key = next(gate.key for gate in gates.standing(production) if gate.row == freeze)
    with refusal(ACTION, "Stocktaking"):
        ask(releaser, production, release, in_spite_of=[key], reason="Broken basket")


def test_going_back_and_reloading_stay_open(freeze, releaser, production, lives):
    """The way out is open when it is needed most."""
    Pause.objects.create(environment=production, reason="Repair", paused_by_name="Ines")
    lives("2.8.0", days=2)
    lives("2.8.1", days=1)
    row = services.go_back(actor_for(releaser), production, request_key="back")
    assert row.status == "queued"
    assert may_start(row)


def test_whoever_a_freeze_names_goes_through_it_with_a_reason(
        freeze, releaser, admin, production, release, audited):
    """It is kept with the deployment, in the audit log, and told to who set the freeze."""
    admin.email = "ines@example.org"
    admin.save()
    freeze.may_override.add(releaser)
    gate = gates.standing(production)[0]

    row = ask(releaser, production, release, in_spite_of=[gate.key], reason="Broken basket")

    assert row.status == "queued"
    assert row.overridden == [{"gate": gate.key, "words": gate.reason}]
    assert ("freeze.overridden", "done") in audited()
    entry = AuditEntry.objects.get(action="freeze.overridden")
    assert "Broken basket" in entry.sentence
    notice = Notice.objects.get(event="freeze.overridden")
    assert (notice.address, "Broken basket" in notice.text) == ("ines@example.org", True)
    assert may_start(row)


def test_a_group_may_be_named_and_a_reason_is_needed(
        freeze, releaser, production, release, refusal):
    """Members count as long as they are members; without a reason nobody goes through."""


    group = Group.objects.create(name="Shop leads")
    group.user_set.add(releaser)
    freeze.groups_may_override.add(group)
    gate = gates.standing(production)[0]
    assert gate.remedy.startswith(
        "one of Shop leads can make an exception. Or plan it for a time after ")
    with refusal(ACTION, "are frozen until") as said:
        ask(releaser, production, release, reason="VAT")
    assert said.value.remedy.startswith("You may make an exception: tick “Release in spite of")

    with refusal(ACTION, "needs a reason"):
        ask(releaser, production, release, in_spite_of=[gate.key], reason="  ")
    assert ask(releaser, production, release, in_spite_of=[gate.key], reason="VAT").overridden


def test_who_is_not_named_goes_through_nothing(freeze, releaser, production, release, refusal):
    """A crafted form names the freeze; the freeze does not name the person."""
    key = gates.standing(production)[0].key
    with refusal(ACTION, "You may not release in spite of “Black Friday”"):
        ask(releaser, production, release, in_spite_of=[key], reason="Please")


def test_an_exception_counts_for_one_window_of_one_freeze(
        freeze, releaser, production, release):
    """What was set since then stops it right before the start, with words."""
    freeze.may_override.add(releaser)
    key = gates.standing(production)[0].key
    row = ask(releaser, production, release, in_spite_of=[key], reason="Broken basket")
    freeze.from_date -= timedelta(days=1)  # another window
    freeze.save()

    assert not may_start(row)
    row.refresh_from_db()
    assert (row.status, row.overridden[0]["gate"]) == ("cancelled", key)
    assert row.result.startswith("Not started: Releases to Production are frozen until")


def test_a_freeze_set_meanwhile_stops_what_waits_for_its_turn(
        shop, releaser, production, release):
    """Asked again when the turn comes; the next one then has its turn."""
    shop.when_busy = shop.WAIT
    shop.save()
    first = make_deployment(production, status="queued")
    row = ask(releaser, production, release)
    make_freeze(environment=production)

    turns.end_unstarted(first, "cancelled", "Stopped.")

    row.refresh_from_db()
    assert (row.status, row.result[:12]) == ("cancelled", "Not started:")


# -- pause ---------------------------------------------------------------------------------------

def pause(user, environment, *, reason="Payment is being repaired", hours=2):
    return pauses.pause(actor_for(user), environment, reason=reason,
                        until=timezone.now() + timedelta(hours=hours))


def test_a_pause_without_an_end_is_refused_with_its_entry(production, releaser, viewer, refusal):
    """Who may not pause at all hears that, and leaves an entry, too."""
    for user, reason in ((releaser, "A pause needs an end."), (viewer, "You may not release")):
        with refusal("environment.paused", reason):
            pauses.pause(actor_for(user), production, reason="Repair", until=None)


def test_a_pause_refuses_releases_until_its_end(releaser, production, release, refusal):
    """It says who paused and why, and ends by itself."""
    row = pause(releaser, production)
    with refusal(ACTION, r"releaser paused releases to Production until .* \(Payment is being"):
        ask(releaser, production, release)
    assert gates.standing(production, at=row.until) == []


def test_release_again_ends_a_pause_once(releaser, production, release, audited):
    """Twice is once; the environment is open again."""
    row = pause(releaser, production)
    pauses.release_again(actor_for(releaser), row)
    pauses.release_again(actor_for(releaser), row)

    row.refresh_from_db()
    assert row.ended_by_name == "releaser"
    assert audited() == [("environment.paused", "done"), ("environment.released_again", "done")]
    assert ask(releaser, production, release).status == "queued"


def test_a_pause_is_made_once_by_a_double_click(releaser, admin, production, refusal):
    """The same words and end are the same click; anything else is told who was first."""
    until = timezone.now() + timedelta(hours=1)
    first, second = (pauses.pause(actor_for(releaser), production, reason="Repair", until=until)
                     for _ in range(2))
    assert first == second
    with refusal("environment.paused", "releaser paused Production already"):
        pause(admin, production)


def test_pauses_that_make_no_sense_are_refused(releaser, viewer, production, refusal):
    """No reason, an end that is past or too far, and who may not."""
    for reason, hours, said in (("", 1, "needs a reason"), ("Repair", -1, "past already"),
                                ("Repair", 24 * 100, "at most 92 days")):
        with refusal("environment.paused", said):
            pause(releaser, production, reason=reason, hours=hours)
    with refusal("environment.paused", "You may not release Shop"):
        pause(viewer, production)
    row = pause(releaser, production)
    with refusal("environment.released_again", "You may not release Shop"):
        pauses.release_again(actor_for(viewer), row)


# -- order ---------------------------------------------------------------------------------------

@pytest.fixture
def ordered(production, staging):
    """What goes to production was live in staging for an hour."""
    production.comes_after, production.comes_after_min = staging, 60
    production.save()
    return production


def was_live(environment, release, *, minutes_ago, **over):
    ended = timezone.now() - timedelta(minutes=minutes_ago)
    return make_deployment(environment, release=release, finished_at=ended, **over)


def test_bytes_that_were_nowhere_may_not_follow(ordered, releaser, release, refusal):
    """Neither may a version of the same commit with other bytes, nor one that failed there."""
    was_live(ordered.comes_after, make_release(ordered.project, commit_sha=release.commit_sha),
             minutes_ago=500)
    was_live(ordered.comes_after, release, minutes_ago=400, status="failed")
    with refusal(ACTION, "2.8.1 was not live and checked in Staging yet, as Production demands"):
        ask(releaser, ordered, release)


def test_the_time_counts_at_one_stretch(ordered, staging, releaser, release, refusal):
    """Twice forty minutes are no hour; the page says from when on it will have been enough."""
    was_live(staging, release, minutes_ago=120)
    was_live(staging, make_release(ordered.project), minutes_ago=80)
    was_live(staging, release, minutes_ago=40)
    with refusal(ACTION, "was live in Staging for 40 min at a stretch; Production demands 60"
                 ) as said:
        ask(releaser, ordered, release)
    assert "It may be released from" in said.value.remedy
    assert gates.standing(ordered, release=release,
                          at=timezone.now() + timedelta(minutes=21)) == []


def test_a_stretch_that_is_over_counts_and_a_reload_does_not_end_it(ordered, staging, release):
    """It was seen for an hour; making PHP reload brings no other bytes."""
    was_live(staging, release, minutes_ago=200)
    was_live(staging, release, minutes_ago=170, kind="reload")
    was_live(staging, make_release(ordered.project), minutes_ago=130)
    assert gates.standing(ordered, release=release) == []


def test_a_version_that_is_not_built_was_never_live(ordered, releaser, shop, refusal):
    """Its bytes are not known yet, whatever its commit."""
    factories.make_commits(shop, "Fix the basket")
    with refusal(ACTION, "was not live and checked in Staging yet"):
        ask(releaser, ordered, None, ref="main")
