"""Waiting in line: one deployment each way, whose turn it is, and what is looked at again then."""

import pytest
from django.utils import timezone

from deployments import audit, queue
from deployments.errors import Refused
from deployments.models import Deployment, Environment, Project, Release
from deployments.plan import build_plan
from deployments.services import deployments as services
from deployments.services import stopping, turns
from deployments.services.line import turn_words, would_be_words
from tests import factories
from tests.factories import actor_for, make_deployment, make_release

ACTION = "deployment.requested"


@pytest.fixture
def waits(shop):
    """Who comes second waits in line."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)


@pytest.fixture
def other(shop):
    return factories.make_user("other", shop, "release", "go_back")


def ask(user, environment, release=None, *, key="click", **over):
    return services.request_deployment(
        actor_for(user), Environment.objects.get(pk=environment.pk), release=release,
        request_key=key, **over)


def busy(environment, **over):
    """Ada's release of 2.8.1 holds the environment."""
    release = make_release(environment.project, label="2.8.1")
    return make_deployment(environment, release=release, requested_by_name="Ada",
                           **{"status": "running", **over})


@pytest.fixture
def line(waits, production, releaser, other, shop):
    """Ada's release runs; releaser's 2.9.0 and other's 3.0.0 wait."""
    holder = busy(production)
    return (holder, ask(releaser, production, make_release(shop, label="2.9.0"), key="a"),
            ask(other, production, make_release(shop, label="3.0.0"), key="b"))


def statuses():
    return list(Deployment.objects.order_by("pk").values_list("status", flat=True))


def end(deployment, status="succeeded"):
    Deployment.objects.filter(pk=deployment.pk).update(
        status=status, finished_at=timezone.now())


def test_who_comes_second_waits_without_holding_anything(line, queued, audited):
    """A row without a plan, and nobody is told of it; the log says whose turn it is."""
    assert statuses() == ["running", "waiting_turn", "waiting_turn"]
    _, second, third = line
    assert (second.plan, second.previous, second.is_active, second.is_open) == ({}, None, False,
                                                                               True)
    assert queued() == []
    assert audited() == [(ACTION, "done")] * 2
    assert [row.text for row in second.log.all()] == [
        "Ada's release of 2.8.1 is on its way; this one is next."]
    assert [row.text for row in third.log.all()] == [
        "Ada's release of 2.8.1 is on its way; this one is second in line."]


def test_whose_turn_it_is_is_said_to_each(line, releaser, other, production):
    """Who asked reads of theirs, everybody else of this one, and who asks next what would be."""
    _, second, third = line
    assert turn_words(second, actor_for(releaser)).endswith("on its way; yours is next.")
    assert turn_words(second, actor_for(other)).endswith("on its way; this one is next.")
    assert turn_words(third, actor_for(other)).endswith("yours is second in line.")
    assert would_be_words(production).endswith("yours would be third in line.")
    Deployment.objects.filter(pk=line[0].pk).update(status="needs_attention")
    assert turn_words(second).startswith("Ada's release of 2.8.1 needs a decision;")


def test_the_oldest_has_its_turn_when_the_first_has_ended(line, production, queued):
    """What was live meanwhile is bound then: the version it replaces, and its plan."""
    first, second, _ = line
    end(first)
    turns.next_turn(production)
    assert statuses() == ["succeeded", "queued", "waiting_turn"]
    second.refresh_from_db()
    assert second.previous == first.release
    assert second.plan_hash == build_plan("deploy", production, second.release).hash
    assert queued() == [(queue.DEPLOY, second.pk)]
    assert second.woken_at
    assert second.log.last().text == "It is this one's turn now."


def test_nobody_has_a_turn_while_a_decision_is_awaited(line, production):
    """Nobody knows what visitors see there: nothing may be put on top of it."""
    Deployment.objects.filter(pk=line[0].pk).update(status="needs_attention", lease_until=None)
    turns.next_turn(production)
    assert turns.give_turns() == 0
    assert statuses() == ["needs_attention", "waiting_turn", "waiting_turn"]


def test_a_turn_that_was_missed_is_given_later(line, staging):
    """Whoever ended the first one died in between: the reaper asks for every environment."""
    end(line[0], "failed")
    busy(staging)
    assert turns.give_turns() == 1
    assert turns.give_turns() == 0
    assert statuses()[:3] == ["failed", "queued", "waiting_turn"]


def test_a_version_that_is_still_built_is_waited_for(waits, production, shop, releaser, queued):
    """Its build begins at once, while others release; it goes on when both are there."""
    factories.make_commits(shop, "Fix the basket")
    first = busy(production)
    row = ask(releaser, production, ref="main")
    assert queued() == [(queue.BUILD, row.release.pk)]
    end(first)
    turns.next_turn(production)
    assert statuses()[-1] == "waiting_for_build"


def test_a_version_that_is_built_in_line_stays_in_line(waits, production, shop, releaser):
    """Its turn comes when the first has ended, not when its build has."""
    factories.make_commits(shop)
    busy(production)
    row = ask(releaser, production, ref="main")
    Release.objects.update(status="ready", digest="a" * 64)
    turns.release_built(Release.objects.get(pk=row.release_id))
    assert statuses() == ["running", "waiting_turn"]


def test_a_version_that_cannot_be_built_leaves_the_line(waits, production, shop, releaser):
    """Its requester hears so at once."""
    factories.make_commits(shop)
    busy(production)
    row = ask(releaser, production, ref="main")
    Release.objects.filter(pk=row.release_id).update(status="failed", problem="No composer.json.")
    turns.release_built(Release.objects.get(pk=row.release_id))
    row.refresh_from_db()
    assert (row.status, row.result.endswith("could not be built: No composer.json.")) == (
        "failed", True)


def test_a_build_that_failed_gives_the_next_one_its_turn(
        waits, production, shop, releaser, other, django_capture_on_commit_callbacks):
    """After its own transaction: the version is locked there."""
    factories.make_commits(shop)
    first = ask(releaser, production, ref="main")
    ask(other, production, make_release(shop), key="b")
    Release.objects.filter(pk=first.release_id).update(status="failed", problem="It broke.")
    with django_capture_on_commit_callbacks(execute=True):
        turns.release_built(Release.objects.get(pk=first.release_id))
    assert statuses() == ["failed", "queued"]


def test_who_may_not_release_any_more_loses_the_turn(line, production, releaser):
    """Looked at again when it comes; the reason stays, and the next one follows."""
    first, second, _ = line
    releaser.grants.all().delete()
    end(first)
    turns.next_turn(production)
    assert statuses() == ["succeeded", "cancelled", "queued"]
    second.refresh_from_db()
    assert second.result.startswith("Not started: releaser may no longer do this. You may not")


def test_a_version_that_is_gone_by_its_turn_holds_nothing(line, production, shop):
    """Nobody would ever build it: the place goes to the next one."""
    first, second, _ = line
    Release.objects.filter(pk=second.release_id).update(status="retired")
    end(first)
    turns.next_turn(production)
    assert statuses() == ["succeeded", "cancelled", "queued"]
    second.refresh_from_db()
    assert second.result == "Not started: 2.9.0 is not there any more: removed from storage."


def test_php_reload_where_nothing_is_live_any_more_ends(waits, production, releaser):
    """What it was asked for has gone with the history of the site."""
    make_deployment(production, status="waiting_turn", kind="reload", requested_by=releaser)
    turns.next_turn(production)
    assert statuses() == ["cancelled"]


def test_who_waits_in_line_can_stop_it(line, releaser):
    """Nothing was changed, and whoever stands behind moves up."""
    _, second, third = line
    stopping.stop(actor_for(releaser), second)
    assert statuses() == ["running", "cancelled", "waiting_turn"]
    assert turn_words(third).endswith("this one is next.")


@pytest.mark.parametrize("status", ["waiting_for_build", "awaiting_approval", "queued"])
def test_stopping_what_has_not_begun_gives_the_next_one_its_turn(
        waits, production, shop, releaser, other, status):
    """In the same transaction: nobody has to notice it."""
    first = busy(production, status=status)
    ask(other, production, make_release(shop))
    stopping.stop(actor_for(releaser), first)
    assert statuses() == ["cancelled", "queued"]


def test_asking_twice_for_the_same_is_refused(line, production, releaser, refusal):
    """Standing in line twice helps nobody; another person may."""
    _, second, third = line
    with refusal(ACTION, r"You asked to release Shop 2\.9\.0 .* already: .*yours is next"):
        ask(releaser, production, second.release, key="again")
    ask(releaser, production, third.release, key="another")
    assert statuses().count("waiting_turn") == 3


def test_a_branch_is_asked_for_once_in_line(waits, production, shop, releaser, refusal):
    """It names the commit that waits to be built already."""
    factories.make_commits(shop)
    busy(production)
    ask(releaser, production, ref="main")
    with refusal(ACTION, "already"):
        ask(releaser, production, ref="main", key="again")


def test_a_form_sent_twice_stands_in_line_once(line, production, releaser):
    """The same key is the same row."""
    _, second, _ = line
    assert ask(releaser, production, second.release, key="a") == second
    assert len(statuses()) == 3


def test_php_reload_in_line_makes_php_run_what_is_live_then(waits, production, releaser, queued):
    """Not what was live when it was asked for: that is gone by its turn."""
    make_deployment(production)
    first = busy(production)
    row = services.request_reload(actor_for(releaser), production, request_key="r")
    end(first)
    turns.next_turn(production)
    row.refresh_from_db()
    assert (row.status, row.release) == ("queued", first.release)


def test_without_waiting_the_second_is_refused_as_before(production, shop, releaser, refusal):
    """The project's choice; by default nobody waits."""
    busy(production)
    release = make_release(shop)
    with refusal(ACTION, r"Ada already asked to release Shop 2\.8\.1 .*releasing"):
        ask(releaser, production, release)


@pytest.mark.django_db(transaction=True)
def test_people_at_once_make_one_deployment_and_one_line(waits, production, shop, releaser, other,
                                                         at_once, queued):
    """One is on its way, the others wait in the order they came; double clicks count once."""
    pks = [make_release(shop).pk for _ in range(2)]

    def click(user, key, pk):
        return lambda: ask(user, production, Release.objects.get(pk=pk), key=key)

    results = at_once(*[click(user, f"{user}-{pk}", pk)
                        for user in (releaser, other) for pk in pks for _ in range(2)])
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(statuses()) == ["queued"] + ["waiting_turn"] * 3
    assert queued() == [(queue.DEPLOY, Deployment.objects.active().get().pk)]
    assert audit.verify().first_bad is None


@pytest.mark.django_db(transaction=True)
def test_ends_at_once_give_one_turn(line, production, at_once):
    """The end and the reaper come together: one row moves, the other stays."""
    end(line[0])

    def give():
        return lambda: turns.next_turn(Environment.objects.get(pk=production.pk))

    assert at_once(*[give() for _ in range(4)]) == [None] * 4
    assert statuses() == ["succeeded", "queued", "waiting_turn"]


@pytest.mark.django_db(transaction=True)
def test_a_request_and_an_end_at_once_lose_no_turn(waits, production, shop, releaser, at_once):
    """Either it sees the place free, or the end sees it waiting."""
    first = busy(production, status="queued")
    pk = make_release(shop).pk
    results = at_once(
        lambda: ask(releaser, production, Release.objects.get(pk=pk)),
        lambda: stopping.stop(actor_for(releaser), Deployment.objects.get(pk=first.pk)))
    assert not [result for result in results if isinstance(result, Refused)]
    assert statuses() == ["cancelled", "queued"]
