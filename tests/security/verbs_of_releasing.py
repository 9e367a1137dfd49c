"""Scenes of releasing: ask for it, agree to it, stop it, look at it, pause it."""

from dataclasses import replace
from datetime import time, timedelta

from django.utils import timezone

from deployments.models import Freeze
from deployments.services import (
    approvals,
    checkups,
    deployments,
    drift,
    emergencies,
    gates,
    pauses,
    releases,
    stopping,
)
from tests import factories

from .verbs import Scene, Verb, person, place


def _request():
    there = place()
    release = factories.make_release(there.project)

    def call(actor, key="click"):
        return deployments.request_deployment(actor, there, release=release, request_key=key)

    return Scene(person(there.project, "release"), call, wrong=lambda actor: call(actor, key=""))


def _request_to_build():
    there = place()
    factories.make_commits(there.project)

    def call(actor, ref="main"):
        return deployments.request_deployment(actor, there, ref=ref, request_key="click")

    return Scene(person(there.project, "release"), call,
                 wrong=lambda actor: call(actor, ref="nowhere"))


def _request_in_an_emergency():
    there = place()
    release = factories.make_release(there.project)

    def call(actor, reason="The basket is broken"):
        return deployments.request_deployment(
            actor, there, release=release, request_key="click", reason=reason, is_emergency=True)

    return Scene(person(there.project, "emergency"), call,
                 wrong=lambda actor: call(actor, reason=" "))


def _request_in_a_freeze():
    there, today = place(), timezone.now().date()
    release, actor = factories.make_release(there.project), person(there.project, "release")
    Freeze.objects.create(
        environment=there, reason="Sale", from_date=today - timedelta(days=1),
        until_date=today + timedelta(days=2), from_time=time(), until_time=time(),
    ).may_override.add(actor.user)
    shut = [gate.key for gate in gates.standing(there)]

    def call(actor, named=shut):
        return deployments.request_deployment(
            actor, there, release=release, request_key="click", reason="It sells nothing",
            in_spite_of=named)

    return Scene(actor, call, wrong=lambda actor: call(actor, named=()))


def _go_back():
    there = place()
    for _ in range(2):
        factories.make_deployment(there)

    def call(actor, key="click"):
        return deployments.go_back(actor, there, request_key=key)

    return Scene(person(there.project, "go_back"), call, wrong=lambda actor: call(actor, key=""))


def _reload():
    there = place()
    factories.make_deployment(there)

    def call(actor, key="click"):
        return deployments.request_reload(actor, there, request_key=key)

    return Scene(person(there.project, "release"), call, wrong=lambda actor: call(actor, key=""))


def _restart():
    there = place()
    factories.make_deployment(there)

    def call(actor, key="click"):
        return deployments.request_restart(actor, there.installations.get(), request_key=key)

    return Scene(person(there.project, "release"), call, wrong=lambda actor: call(actor, key=""))


def _build():
    project = factories.make_project()
    factories.make_commits(project)

    def call(actor, ref="main"):
        return releases.request_build(actor, project, ref)

    return Scene(person(project, "build"), call, wrong=lambda actor: call(actor, ref="nowhere"))


def _build_again():
    """Its worker is gone, so it is queued once more."""
    project = factories.make_project()
    commit, = factories.make_commits(project)
    factories.make_release(project, status="building", commit_sha=commit.sha, owner="worker:1",
                           lease_until=timezone.now() - timedelta(minutes=1))
    return Scene(person(project, "build"),
                 lambda actor: releases.request_build(actor, project, "main"))


# -- agreeing ------------------------------------------------------------------------------------

def asked_for(people_needed=1):
    """A deployment that waits for approval, its approver, and who asked for it."""
    there = place()
    approver, asker = person(there.project, "approve"), person(there.project, "release")
    factories.make_rule(there, approver.user, people_needed=people_needed)
    row = factories.make_deployment(
        there, status="awaiting_approval", requested_by=asker.user,
        approval_until=timezone.now() + timedelta(hours=1))
    return row, approver, asker


def _approve():
    row, approver, _ = asked_for()

    def call(actor):
        return approvals.approve(actor, row, plan_hash=row.plan_hash)

    return Scene(approver, call, is_once=True,
                 wrong=lambda actor: call(replace(actor, fresh_at=None)))


def _reject():
    row, approver, _ = asked_for()

    def call(actor, comment="Not on a Friday"):
        return approvals.reject(actor, row, plan_hash=row.plan_hash, comment=comment)

    return Scene(approver, call, is_once=True, wrong=lambda actor: call(actor, comment=""))


def _withdraw():
    row, approver, _ = asked_for(people_needed=2)
    approvals.approve(approver, row, plan_hash=row.plan_hash)
    return Scene(approver, lambda actor: approvals.withdraw(actor, row), is_once=True)


def _start():
    row, approver, asker = asked_for()
    approvals.approve(approver, row, plan_hash=row.plan_hash, starts_by_hand=True)
    return Scene(asker, lambda actor: approvals.start(actor, row), is_once=True)


def _review():
    there = place()
    row = factories.make_deployment(there, emergency="It was broken")

    def call(actor, comment="It was needed"):
        return emergencies.review(actor, row, comment=comment)

    return Scene(person(there.project, "approve"), call, is_once=True,
                 wrong=lambda actor: call(actor, comment=""))


# -- what is on its way --------------------------------------------------------------------------

def _stop(status, *, is_once):
    def stage():
        there = place()
        row = factories.make_deployment(there, status=status)
        ended = factories.make_deployment(there)
        return Scene(person(there.project, "stop"), lambda actor: stopping.stop(actor, row),
                     wrong=lambda actor: stopping.stop(actor, ended), is_once=is_once)

    return stage


def _turn_back():
    there = place()
    row = factories.make_deployment(there, status="running", switching_at=timezone.now())
    return Scene(person(there.project, "go_back"), lambda actor: stopping.turn_back(actor, row),
                 is_once=True)


def _decide():
    there = place()
    row = factories.make_deployment(there, status="needs_attention")
    return Scene(person(there.project, "decide"), is_once=True,
                 call=lambda actor: stopping.decide(actor, row, "put_back"),
                 wrong=lambda actor: stopping.decide(actor, row, "wait"))


# -- looking, and pausing ------------------------------------------------------------------------

def _examine():
    there = place()
    empty = factories.make_environment(there.project)
    return Scene(person(there.project, "release"), lambda actor: checkups.ask(actor, there),
                 wrong=lambda actor: checkups.ask(actor, empty))


def _look_for_drift():
    there = place()
    factories.make_deployment(there)
    empty = factories.make_environment(there.project)
    return Scene(person(there.project, "release"), lambda actor: drift.ask(actor, there),
                 wrong=lambda actor: drift.ask(actor, empty))


def _pause():
    there, tomorrow = place(), timezone.now() + timedelta(days=1)

    def call(actor, until=tomorrow):
        return pauses.pause(actor, there, reason="Stocktaking", until=until)

    return Scene(person(there.project, "release"), call, wrong=lambda actor: call(actor, None))


def _release_again():
    there = place()
    row = there.pauses.create(reason="Stocktaking", paused_by_name="somebody")
    return Scene(person(there.project, "release"), lambda actor: pauses.release_again(actor, row))


VERBS = (
    Verb("deployments.request_deployment", "deployment.requested", _request),
    Verb("deployments.request_deployment", "release.requested deployment.requested",
         _request_to_build, refused_as="deployment.requested"),
    Verb("deployments.request_deployment", "deployment.requested deployment.emergency",
         _request_in_an_emergency),
    Verb("deployments.request_deployment", "deployment.requested freeze.overridden",
         _request_in_a_freeze),
    Verb("deployments.go_back", "deployment.requested", _go_back),
    Verb("deployments.request_reload", "deployment.requested", _reload),
    Verb("deployments.request_restart", "deployment.requested", _restart),
    Verb("releases.request_build", "release.requested", _build),
    Verb("releases.request_build", "release.requested", _build_again),
    Verb("approvals.approve", "deployment.approved", _approve),
    Verb("approvals.reject", "deployment.rejected", _reject),
    Verb("approvals.withdraw", "approval.withdrawn", _withdraw),
    Verb("approvals.start", "deployment.start_requested", _start),
    Verb("emergencies.review", "emergency.reviewed", _review),
    Verb("stopping.stop", "deployment.cancelled", _stop("queued", is_once=True),
         refused_as="deployment.stop_requested"),
    Verb("stopping.stop", "deployment.stop_requested", _stop("running", is_once=False)),
    Verb("stopping.turn_back", "deployment.turn_back_requested", _turn_back),
    Verb("stopping.decide", "deployment.decided", _decide),
    Verb("checkups.ask", "doctor.asked", _examine),
    Verb("drift.ask", "drift.asked", _look_for_drift),
    Verb("pauses.pause", "environment.paused", _pause),
    Verb("pauses.release_again", "environment.released_again", _release_again),
)
