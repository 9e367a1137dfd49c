"""What the release manager does by itself: it, too, stands in the log, in its own name."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from deployments.models import AuditHead, Deployment, DriftCheck, SignIn
from deployments.services import (
    adoptions,
    agreeing,
    anchors,
    approvals,
    asking,
    drift,
    due,
    edits,
    lost,
    planned,
    sessions,
    turns,
)
from tests import factories
from tests.adopted import wanted

from .verbs import found_without_actor, person, place, watched
from .verbs_of_releasing import asked_for

pytestmark = pytest.mark.django_db
FOUND = found_without_actor()
HOUR = timedelta(hours=1)


def _deployment(status, there=None, **over):
    """One that somebody asked for who may still release there."""
    there = there or place()
    return factories.make_deployment(
        there, status=status, requested_by=person(there.project, "release").user, **over)


def _over(row, **columns):
    Deployment.objects.filter(pk=row.pk).update(**columns)
    row.refresh_from_db()
    return row


def _with_a_yes():
    """One that waits for a second yes, and who gave the first."""
    row, approver, _ = asked_for(people_needed=2)
    approvals.approve(approver, row, plan_hash=row.plan_hash)
    return row, approver.user


def _a_yes_lost():
    _with_a_yes()[1].grants.all().delete()
    return agreeing.reevaluate


def _changed():
    row = _over(_deployment("queued"), plan_hash="as it was")
    return partial(agreeing.void_if_changed, row)


def _requester_left():
    row = _deployment("queued")
    row.requested_by.grants.all().delete()
    return partial(agreeing.void_if_void, row)


def _editor_had_agreed():
    row, user = _with_a_yes()
    return partial(edits.edited_last, user, [row.environment.project])


def _expired(function):
    def stage():
        row, *_ = asked_for()
        _over(row, approval_until=timezone.now() - HOUR)
        return function

    return stage


def _half_over():
    asked_for()
    return asking.remind


def _differs():
    there = place()
    factories.make_deployment(there)
    check = DriftCheck.objects.create(installation=there.installations.get())
    found = {"key": "changed index.php", "sort": "changed", "path": "index.php",
             "text": "index.php was changed."}
    return partial(drift.answer, check, drift.scene_of(there), findings=[found],
                   facts={"name": "2"})


def _lost():
    return _over(_deployment("running"), attempts=lost.ATTEMPTS,
                 lease_until=timezone.now() - HOUR)


def _found_lost():
    _lost()
    return lost.wake_lost


def _time_came():
    _deployment("scheduled", planned_for=timezone.now() - HOUR, start_until=timezone.now() + HOUR)
    return planned.start_due


def _missed():
    row = _deployment("scheduled", planned_for=timezone.now() - 2 * HOUR,
                      start_until=timezone.now() - HOUR)
    return partial(planned.end_missed, row)


def _idle():
    row = sessions.begin(person().user, "key")
    SignIn.objects.filter(pk=row.pk).update(seen_at=timezone.now() - 24 * HOUR)
    return sessions.tidy


def _without_server():
    row = _deployment("waiting_for_build")
    row.environment.installations.update(is_active=False)
    return partial(turns.advance, row)


def _not_built():
    row = _deployment("waiting_for_build")
    row.release.status = "failed"
    return partial(turns.release_built, row.release)


def _waiting():
    _deployment("waiting_turn")
    return turns.give_turns


def _not_taken_in():
    row = wanted(place())
    return partial(adoptions.fail, row, "web-1 refuses connections.")


def _taken_in():
    row = wanted(place())
    return partial(adoptions.finish, row, row.found, {
        "name": "20260101T000000Z-1", "file_epoch": 1, "digest": "d" * 64, "contents": {}})


def _log_asked_for():
    """By somebody whose account is gone since."""
    AuditHead.objects.update_or_create(pk=1, defaults={"asked_at": timezone.now(),
                                                       "asked_by_name": "Ada"})
    return anchors.answer


ITSELF = {
    "adoptions.fail": (_not_taken_in, "adoption.failed failed"),
    "adoptions.finish": (_taken_in, "environment.adopted done"),
    "agreeing.reevaluate": (_a_yes_lost, "approval.voided done"),
    "agreeing.void_if_changed": (_changed, "deployment.voided done"),
    "agreeing.void_if_void": (_requester_left, "deployment.cancelled done"),
    "anchors.answer": (_log_asked_for, "audit.verified done"),
    "anchors.check_daily": (lambda: anchors.check_daily, "audit.verified done"),
    "asking.remind": (_half_over, "approval.reminded done"),
    "drift.answer": (_differs, "drift.found done"),
    "due.expire": (_expired(due.expire), "deployment.expired done"),
    "due.look_after_requests": (_expired(due.look_after_requests), "deployment.expired done"),
    "edits.edited_last": (_editor_had_agreed, "approval.voided done"),
    "lost.give_up": (lambda: partial(lost.give_up, _lost().pk), "deployment.errored failed"),
    "lost.wake_lost": (_found_lost, "deployment.errored failed"),
    "planned.end_missed": (_missed, "deployment.expired done"),
    "planned.start_due": (_time_came, "deployment.planned_time_came done"),
    "sessions.tidy": (_idle, "session.ended done"),
    "turns.advance": (_without_server, "deployment.failed failed"),
    "turns.give_turns": (_waiting, "deployment.turn_came done"),
    "turns.line_up": (lambda: partial(turns.line_up, _deployment("waiting_turn")),
                      "deployment.turn_came done"),
    "turns.next_turn": (lambda: partial(turns.next_turn, _deployment("waiting_turn").environment),
                        "deployment.turn_came done"),
    "turns.release_built": (_not_built, "deployment.failed failed"),
}
"""Each with the scene in which it acts, and what it leaves in the log."""


def test_the_table_names_all_that_writes_into_the_log_without_a_person():
    """No other one, and none that is gone."""
    assert set(FOUND) == set(ITSELF)


@pytest.mark.parametrize("service", ITSELF)
def test_what_is_done_by_itself_has_its_entry(service):
    """In the name of the release manager."""
    stage, expected = ITSELF[service]
    act = stage()
    with watched() as left:
        act()
    assert [f"{row.action} {row.outcome}" for row in left.entries] == [expected]
    assert {(row.actor_name, row.actor_id) for row in left.entries} == {("Release manager", None)}
    assert left.went_through(FOUND[service])
