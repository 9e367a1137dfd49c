"""Asking the doctor: who may, when it is asked by itself, and what is read of its answers."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from deployments import queue, tasks
from deployments.models import Checkup, Installation, Server
from deployments.services import checkups, setup, watching
from tests import factories
from tests.factories import actor_for

BLOCK = {"code": "disk", "level": "blocks", "title": "web-1 is full", "why": "", "todo": "",
         "lines": []}


def answered(installation, **over):
    fields = {"answered_at": timezone.now(), "facts": {"server": "web-1", "root": "/srv"}}
    return Checkup.objects.create(installation=installation, **fields | over)


def test_a_releaser_has_every_server_examined(production, releaser, queued, audited):
    """One row and one message per installation, in the name of who asked."""
    rows = checkups.ask(actor_for(releaser), production)
    assert [row.installation.server.name for row in rows] == ["web-1", "web-2"]
    assert queued() == [(queue.EXAMINE, row.pk) for row in rows]
    assert {row.asked_by_name for row in rows} == {"releaser"}
    assert audited() == [("doctor.asked", "done")]


def test_whoever_sets_installations_up_may_ask(production, outsider):
    """An administrator without an allowlist entry sees what is wrong before anybody releases."""
    factories.make_grant(outsider, "set_up", project=production.project)
    assert len(checkups.ask(actor_for(outsider), production)) == 2


@pytest.mark.parametrize("name", ["viewer", "approver", "outsider"])
def test_others_may_not(name, request, production, refusal):
    """It costs the servers work; whoever may look reads the answer that is there."""
    actor = actor_for(request.getfixturevalue(name))
    with refusal("doctor.asked", "You may not release"):
        checkups.ask(actor, production)


def test_an_environment_without_a_server_is_refused(shop, releaser, refusal):
    """There is nothing to look at."""
    empty = factories.make_environment(shop)
    with refusal("doctor.asked", "has no server yet"):
        checkups.ask(actor_for(releaser), empty)


def test_asking_twice_asks_once_until_it_is_lost(staging, releaser, queued):
    """A second click waits for the same answer; a worker that died is not waited for."""
    first = checkups.ask(actor_for(releaser), staging)[0]
    assert checkups.ask(actor_for(releaser), staging) == [first]
    assert len(queued()) == 1
    Checkup.objects.update(asked_at=timezone.now() - timedelta(minutes=6))
    assert checkups.ask(actor_for(releaser), staging) != [first]


def test_confirming_a_server_has_its_sites_examined(staging, admin, queued):
    """From that moment on we may log in there."""
    Server.objects.update(host_key="", host_key_seen="ssh-ed25519 BBBB")
    server = Server.objects.get()
    setup.confirm_host_key(actor_for(admin), server, "ssh-ed25519 BBBB")
    assert queued() == [(queue.EXAMINE, Checkup.objects.get().pk)]


def test_a_new_installation_waits_for_the_servers_identity(staging, queued):
    """Nobody is sent to a machine whose identity is not confirmed."""
    place = Installation.objects.get()
    Server.objects.update(host_key="")
    place.refresh_from_db()
    assert checkups.ask_after_change(place) is None
    assert queued() == []


def test_what_a_release_was_stopped_by_is_seen_at_once(staging, queued):
    """By no person, so nothing is accepted; and once, however often the worker is woken."""
    factories.make_deployment(staging, status="failed", finished_at=timezone.now())
    stopped = factories.make_deployment(staging, status="failed", finished_at=timezone.now())
    stopped.targets.update(status="failed", step="examine")
    for deployment in (*staging.deployments.all(), stopped):
        tasks.run_deployment(deployment.pk)
    assert queued() == [(queue.EXAMINE, Checkup.objects.get(asked_by_name="").pk)]
    Checkup.objects.update(answered_at=timezone.now())
    tasks.run_deployment(stopped.pk)
    assert len(queued()) == 1


def test_a_look_that_nobody_accepted_is_told_until_somebody_or_a_release_does(staging):
    """A release would be refused by the same difference."""
    row = answered(Installation.objects.get(), changes=["opcache.jit was off, is on"])
    assert list(checkups.unaccepted(staging).values()) == [row]
    factories.make_deployment(staging)
    assert checkups.unaccepted(staging) == {}
    row = answered(row.installation, changes=["opcache.jit was off, is on"])
    assert list(checkups.unaccepted(staging).values()) == [row]
    Checkup.objects.update(asked_by_name="releaser")
    assert checkups.unaccepted(staging) == {}


@pytest.mark.parametrize(("hour", "is_new", "asked"), [
    (3, False, 2), (14, False, 0), (14, True, 2)])
def test_each_night_every_installation_is_examined_once(
        production, monkeypatch, queued, hour, is_new, asked):
    """Also when the schedule runs each hour; by day only those that never were."""
    at = timezone.make_aware(datetime(2026, 11, 28, hour))
    for place in [] if is_new else Installation.objects.all():
        Checkup.objects.filter(pk=answered(place).pk).update(asked_at=at - timedelta(days=1))
    monkeypatch.setattr(checkups.timezone, "now", lambda: at)
    for _ in range(3):
        checkups.ask_at_night()
        Checkup.objects.filter(answered_at=None).update(answered_at=at, asked_at=at)
    assert len(queued()) == asked
    assert {task for task, _ in queued()} <= {queue.EXAMINE_LATER}


def test_looks_of_the_night_are_spread_over_it(production, monkeypatch, queued):
    """Not all at once: the one that was seen longest ago comes first."""
    at = timezone.make_aware(datetime(2026, 11, 28, 3))
    rows = [answered(place) for place in Installation.objects.order_by("pk")]
    for row, hours in zip(rows, (30, 40), strict=True):
        Checkup.objects.filter(pk=row.pk).update(asked_at=at - timedelta(hours=hours))
    monkeypatch.setattr(checkups.timezone, "now", lambda: at)
    checkups.ask_at_night()
    (asked,) = Checkup.objects.filter(answered_at=None)
    assert asked.installation == rows[1].installation
    assert queued() == [(queue.EXAMINE_LATER, asked.pk)]


def test_one_that_was_seen_without_a_version_is_seen_again_with_one(staging, queued, monkeypatch):
    """What PHP is handed cannot be known before; nor is it asked again and again."""
    monkeypatch.setattr(checkups, "NIGHT_HOURS", ())
    answered(Installation.objects.get(), facts={"server": "web-1", "current": ""})
    checkups.ask_at_night()
    assert queued() == []
    factories.make_deployment(staging, finished_at=timezone.now())
    checkups.ask_at_night()
    assert len(queued()) == 1
    Checkup.objects.filter(answered_at=None).update(
        answered_at=timezone.now(), facts={"current": "/srv/shop/releases/2"})
    checkups.ask_at_night()
    assert len(queued()) == 1


def test_only_the_last_ones_are_kept(staging, monkeypatch):
    """Facts are large, and each night brings more."""
    monkeypatch.setattr(checkups, "KEPT", 3)
    place = Installation.objects.get()
    for _ in range(6):
        answered(place)
    monkeypatch.setattr(checkups, "NIGHT_HOURS", range(24))
    accepted = Checkup.objects.accepted(place.pk)
    checkups.ask_at_night()
    assert place.checkups.count() == 4
    assert Checkup.objects.accepted(place.pk) == accepted  # it is the oldest


def test_the_newest_answer_counts(production):
    """An older block that is mended warns nobody; a server that cannot be examined does."""
    first, second = Installation.objects.order_by("pk")
    answered(first, findings=[BLOCK])
    assert checkups.blocked([production]) == {production.pk: ["web-1: web-1 is full"]}
    answered(first)
    answered(second, problem="web-2 refuses connections.")
    assert checkups.blocked([production]) == {
        production.pk: ["web-2: web-2 refuses connections."]}


def test_a_failed_examination_does_not_hide_what_is_known(staging):
    """What changed is told against the last one that says what is there."""
    place = Installation.objects.get()
    known = answered(place)
    answered(place, problem="It refuses connections.", facts={}, asked_by_name="ann")
    Checkup.objects.create(installation=place)
    assert checkups.known_facts(place.pk) == known.facts


def test_the_looks_of_the_night_accept_no_change(staging):
    """Else a setting that somebody changed would be the known one by the morning after."""
    place = Installation.objects.get()
    first, *_ = [answered(place, facts={"server": text}) for text in ("first", "changed")]
    assert checkups.known_facts(place.pk) == first.facts
    asked = answered(place, facts={"server": "asked"}, asked_by_name="ann")
    answered(place, facts={"server": "changed again"})
    assert checkups.known_facts(place.pk) == asked.facts


@pytest.mark.parametrize(("status", "kind", "known"), [
    ("succeeded", "deploy", "released"), ("succeeded", "rollback", "asked"),
    ("failed", "deploy", "asked")])
def test_a_release_that_succeeded_accepts_what_it_saw(staging, status, kind, known):
    """Going back does not: it goes on whatever it sees."""
    place = Installation.objects.get()
    answered(place, facts={"server": "asked"}, asked_by_name="ann")
    deployment = factories.make_deployment(staging, status=status, kind=kind,
                                           finished_at=timezone.now())
    deployment.targets.update(evidence={"doctor": {"server": "released"}})
    answered(place, facts={"server": "night"})
    assert checkups.known_facts(place.pk)["server"] == known
    answered(place, facts={"server": "asked again"}, asked_by_name="ann")
    assert checkups.known_facts(place.pk)["server"] == "asked again"


def test_what_only_a_whole_look_reads_is_taken_from_the_newest(staging):
    """A web server that keeps files open since yesterday makes other strategies unsafe today."""
    place = Installation.objects.get()
    answered(place, facts={"is_file_cached": False}, asked_by_name="ann")
    answered(place, facts={"is_file_cached": True})
    answered(place, problem="It refuses connections.", facts={})
    assert checkups.known_facts(place.pk) == {
        "is_file_cached": False, "is_file_cached_lately": True}


def test_a_person_who_asks_takes_over_what_the_night_asked_for(staging, releaser, queued):
    """It is accepted in that person's name, and waits for no builds."""
    row = checkups.ask_about(Installation.objects.get(), task=queue.EXAMINE_LATER)
    assert checkups.ask(actor_for(releaser), staging) == [row]
    assert Checkup.objects.get().asked_by_name == "releaser"
    assert queued() == [(queue.EXAMINE_LATER, row.pk), (queue.EXAMINE, row.pk)]


def test_while_a_release_runs_nobody_is_examined(staging, releaser, queued, refusal):
    """A server whose PHP is being reloaded looks ill; the schedule waits, a person is told."""
    deployment = factories.make_deployment(staging, status="running")
    with refusal("doctor.asked", "A release is under way here"):
        checkups.ask(actor_for(releaser), staging)
    checkups.ask_at_night()
    assert queued() == []
    type(deployment).objects.update(status="failed", finished_at=timezone.now())
    checkups.ask_at_night()
    assert len(queued()) == 1


def test_a_look_that_a_release_overtook_is_dropped_and_taken_up_again(
        staging, releaser, queued):
    """Whoever waits for it gets the answer of a quiet moment, under the same number."""
    (row,) = checkups.ask(actor_for(releaser), staging)
    scene = checkups.scene_of(staging)
    factories.make_deployment(staging, status="failed", fence=7, finished_at=timezone.now())
    checkups.answer(row, scene, problem="It refuses connections.")
    assert Checkup.objects.get().answered_at is None
    checkups.ask_at_night()
    assert len(queued()) == 1  # it may still be under way
    Checkup.objects.update(asked_at=timezone.now() - timedelta(minutes=6))
    checkups.ask_at_night()
    assert queued() == [(queue.EXAMINE, row.pk)] * 2
    checkups.answer(row, checkups.scene_of(staging), choice="reset")
    checkups.answer(row, checkups.scene_of(staging), choice="realpath")
    assert Checkup.objects.get().choice == "reset"  # the first answer is the answer


def test_waiting_ends_with_the_answers_or_at_the_limit(staging, releaser, monkeypatch):
    """What is unanswered comes back as it is."""
    rows = checkups.ask(actor_for(releaser), staging)
    monkeypatch.setattr(watching, "pause", lambda seconds: None)
    assert watching.wait_for_answers(rows, limit_s=0.01)[0].answered_at is None
    monkeypatch.setattr(
        watching, "pause", lambda seconds: Checkup.objects.update(answered_at=timezone.now()))
    assert watching.wait_for_answers(rows, limit_s=5)[0].answered_at
