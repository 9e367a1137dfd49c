"""The tables of moves, and the words people read."""

from datetime import UTC, datetime
from itertools import pairwise, product

import pytest

from deployments import states
from deployments.models import Deployment, Release, Target
from tests import factories

RELEASE = {
    "pending": {"building", "cancelled"},
    "building": {"ready", "failed", "errored", "pending"},
    "ready": {"retired"},
}
DEPLOYMENT = {
    "waiting_turn": {"waiting_for_build", "failed", "expired", "cancelled"},
    "waiting_for_build": {
        "awaiting_approval", "scheduled", "queued", "failed", "expired", "cancelled"},
    "awaiting_approval": {
        "approved", "scheduled", "queued", "rejected", "expired", "cancelled", "voided"},
    "approved": {
        "awaiting_approval", "scheduled", "queued", "expired", "cancelled", "voided"},
    "scheduled": {"queued", "cancelled", "expired", "voided"},
    "queued": {"running", "expired", "cancelled", "voided"},
    "running": {"succeeded", "failed", "errored", "cancelled", "needs_attention"},
    "needs_attention": {"running"},
}


@pytest.mark.parametrize(("table", "drawn"), [
    (states.RELEASE_MOVES, RELEASE), (states.DEPLOYMENT_MOVES, DEPLOYMENT),
])
def test_the_tables_are_the_ones_that_were_designed(table, drawn):
    """No arrow is there that the design does not draw, and none is missing."""
    assert {was: to for was, to in table.items() if to} == drawn


def test_a_server_goes_through_its_states_in_order():
    """The way to proved is there, and every place on it can fail or become unknown."""
    way = ["pending", "prepared", "switched", "coherent", "proved"]
    for was, to in pairwise(way):
        assert to in states.TARGET_MOVES[was]
    for was in way:
        assert {"failed", "unknown"} <= states.TARGET_MOVES[was]
    for was in way[2:]:
        assert "reverted" in states.TARGET_MOVES[was]
        assert "skipped" not in states.TARGET_MOVES[was]
    # A person may decide to finish what went back on one server and not on another.
    assert states.TARGET_MOVES["reverted"] == {"prepared", "switched", "failed", "unknown"}


@pytest.mark.parametrize(
    "table", [states.RELEASE_MOVES, states.DEPLOYMENT_MOVES, states.TARGET_MOVES])
def test_every_move_leads_to_a_known_state(table):
    """A typing error in a table would make a state nobody leaves and nobody reads."""
    assert set().union(*table.values()) <= set(table)


def test_the_tables_cannot_be_changed_while_running():
    """Pure data: code that assigns to it fails."""
    with pytest.raises(TypeError):
        states.RELEASE_MOVES["ready"] = {"pending"}


def test_an_active_deployment_is_one_that_can_still_move():
    """An environment is held exactly as long as a deployment whose turn it is has not ended."""
    movable = {was for was, to in states.DEPLOYMENT_MOVES.items() if to}
    assert set(states.ACTIVE) == movable - {"waiting_turn"}
    assert set(states.BEFORE_START) == movable - {"running", "needs_attention"}


def _row(model, status):
    if model is Release:
        return factories.make_release(status=status)
    deployment = factories.make_deployment(status=status if model is Deployment else "running")
    if model is Deployment:
        return deployment
    return Target.objects.create(
        deployment=deployment, installation=factories.make_installation(), status=status)



@pytest.mark.django_db
@pytest.mark.parametrize("model", [Release, Deployment, Target])
def test_each_allowed_move_is_made_and_every_other_refused(model):
    """All pairs of states: the database ends with the new one, or keeps the old one."""
    row = _row(model, next(iter(model.MOVES)))
    for was, to in product(model.MOVES, model.MOVES):
        model.objects.filter(pk=row.pk).update(status=was)
        row.refresh_from_db()
        if to in model.MOVES[was]:
            assert model.objects.move(row, to) is True
            assert row.status == to
        else:
            with pytest.raises(ValueError, match=f"may not move from {was} to {to}"):
                model.objects.move(row, to)
            assert row.status == was
        row.refresh_from_db()
        assert row.status == (to if to in model.MOVES[was] else was)


@pytest.mark.django_db
def test_whoever_comes_second_moves_nothing():
    """The status in the database must be the one the mover saw."""
    first = factories.make_deployment(status="queued")
    second = Deployment.objects.get(pk=first.pk)
    assert Deployment.objects.move(first, "running", owner="one")
    assert not Deployment.objects.move(second, "cancelled", result="too late")
    first.refresh_from_db()
    assert (first.status, first.owner, first.result) == ("running", "one", "")


@pytest.mark.django_db
def test_a_lower_fence_moves_nothing():
    """A worker that was overtaken writes no end."""
    row = factories.make_deployment(status="running", fence=7)
    assert not Deployment.objects.move(row, "failed", fence=6)
    assert Deployment.objects.move(row, "failed", fence=7)


@pytest.mark.parametrize(("status", "known", "words", "tone"), [
    ("waiting_turn", {}, "Waiting for its turn", "wait"),
    ("waiting_for_build", {}, "Being built", "busy"),
    ("awaiting_approval", {}, "Waiting for approval", "wait"),
    ("scheduled", {"planned_for": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)},
     "Planned for 23 Nov 09:30", "wait"),
    ("scheduled", {}, "Planned", "wait"),
    ("queued", {}, "In line", "wait"),
    ("running", {}, "Releasing", "busy"),
    ("running", {"switched": True}, "Switched, checking", "busy"),
    ("running", {"worker_lost": True, "switched": True},
     "The worker was lost - another one takes over", "busy"),
    ("running", {"going_back": True}, "Releasing", "busy"),
    ("running", {"going_back": True, "switched": True, "previous": "2.8.1"},
     "Going back to 2.8.1", "busy"),
    ("running", {"going_back": True, "switched": True}, "Taking it off again", "busy"),
    ("succeeded", {}, "Live and checked", "good"),
    ("failed", {"previous": "2.8.1"}, "Failed - visitors still see 2.8.1", "bad"),
    ("failed", {}, "Failed - nothing was changed", "bad"),
    ("failed", {"previous": "2.8.1", "reverted": True}, "Went back to 2.8.1 by itself", "bad"),
    ("failed", {"reverted": True}, "Failed - taken off again by itself", "bad"),
    ("failed", {"previous": "2.8.1", "reverted": True, "decided": True}, "Went back to 2.8.1",
     "bad"),
    ("failed", {"reverted": True, "decided": True}, "Failed - taken off again", "bad"),
    ("running", {"reloads": True}, "Making PHP reload", "busy"),
    ("failed", {"previous": "2.8.1", "reloads": True}, "Failed - PHP was not proved to follow",
     "bad"),
    ("failed", {"previous": "2.8.1", "reloads": True, "asked_php": False},
     "Failed - nothing was changed", "bad"),
    ("errored", {"reverted": True}, "Our fault - taken off again", "bad"),
    ("needs_attention", {}, "Needs a decision", "warn"),
    ("errored", {"previous": "2.8.1"}, "Our fault - nothing changed", "bad"),
    ("errored", {"previous": "2.8.1", "reverted": True}, "Our fault - went back to 2.8.1", "bad"),
    ("voided", {}, "Cancelled: it changed after it was asked for", "quiet"),
    ("voided", {"approved": True, "yes_lost": True}, "Cancelled: a yes to it no longer counts",
     "quiet"),
    ("voided", {"approved": True}, "Cancelled: it changed after it was approved", "quiet"),
    ("expired", {}, "Expired", "quiet"),
    ("rejected", {}, "Rejected", "bad"),
    ("cancelled", {}, "Stopped", "quiet"),
])
def test_people_read_the_designed_words(status, known, words, tone):
    """Design 4's right column, word for word, each with a tone and an icon."""
    said = states.deployment_words(status, **known)
    assert said == words
    assert said.tone == tone
    assert said.icon


@pytest.mark.parametrize(("words", "table"), [
    (states.release_words, states.RELEASE_MOVES),
    (states.deployment_words, states.DEPLOYMENT_MOVES),
    (states.target_words, states.TARGET_MOVES),
])
def test_every_state_has_words_of_its_own(words, table):
    """No two states of one kind read the same, except builds that are waited for."""
    said = [words(status) for status in table]
    assert all(text and text.icon for text in said)
    assert len(set(said)) == len(said)


@pytest.mark.django_db
def test_a_deployment_says_what_its_servers_went_through(production):
    """Words come from the targets: put back everywhere is not the same as never switched."""
    before = factories.make_release(production.project, label="2.8.1")
    row = factories.make_deployment(production, status="failed", previous=before)
    assert row.words == "Failed - visitors still see 2.8.1"
    row.targets.update(status="reverted", switched_at=before.requested_at)
    assert row.words == "Went back to 2.8.1 by itself"
