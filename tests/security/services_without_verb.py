"""Services that have no row among the verbs: those that only read, and parts of another one's
transaction."""

from types import SimpleNamespace

from django.contrib.auth.models import Group
from django.utils import timezone

from deployments.models import (
    AccessRequest,
    ExceptionRequest,
    Freeze,
    MembershipRequest,
    Notice,
    ProtectionChange,
)
from deployments.services import (
    access,
    approvals,
    copying,
    edits,
    exception_requests,
    first_people,
    first_steps,
    gates,
    grants,
    imports,
    line,
    memberships,
    notices,
    protection,
)
from tests import factories

from .verbs import person, place

PARTS = {
    "acting.acting": "approvals.approve, deployment.approved",
    "acting.recording_refusals": "approvals.approve, deployment.approved",
    "anchors.note": "anchors.check, audit.verified",
    "edits.keep_first": "new_projects.made, project.added",
    "emergencies.announce":
        "deployments.request_deployment, deployment.requested deployment.emergency",
    "emergencies.demand_emergency":
        "deployments.request_deployment, deployment.requested deployment.emergency",
    "new_keys.new_key": "first_server.add_server, key.added server.added environment.added "
        "installation.added server.asked",
    "exceptions.note_used":
        "deployments.request_deployment, deployment.requested freeze.overridden",
    "freezes.note_override":
        "deployments.request_deployment, deployment.requested freeze.overridden",
    "gates.pass_through": "deployments.request_deployment, deployment.requested",
    "grants.write": "grants.grant, grant.added",
    "memberships.alter": "memberships.join, membership.added",
    "password_links.make": "password_links.send, password_link.sent",
    "people.make": "people.add, person.added",
    "releases.new_release":
        "deployments.request_deployment, release.requested deployment.requested",
    "sessions.end_all": "sessions.end_others, session.ended",
    "setup.have_source_read": "first_run.ask_source_again, source.read_requested",
    "turns.end_unstarted": "stopping.stop, deployment.cancelled",
}
"""Each with the verb that it is a part of, as that is called in a test's name."""

READS = {
    "access.may_answer": lambda rows: access.may_answer(rows.actor, rows.request),
    "access.open_since": lambda rows: access.open_since(rows.actor, ("release",)),
    "access.waiting_requests": lambda rows: access.waiting_requests(rows.actor),
    "approvals.may_start": lambda rows: approvals.may_start(rows.actor, rows.deployment),
    "approvals.may_withdraw": lambda rows: approvals.may_withdraw(rows.actor, rows.deployment),
    "approvals.waiting_for": lambda rows: approvals.waiting_for(rows.actor),
    "copying.may_copy": lambda rows: copying.may_copy(rows.actor),
    "edits.waiting_for": lambda rows: edits.waiting_for(rows.actor),
    "exception_requests.asked_of_late": lambda rows: exception_requests.asked_of_late(
        rows.actor, rows.there, exception_requests.frozen(rows.there)),
    "exception_requests.for_answer": lambda rows: exception_requests.for_answer(
        rows.actor, exception_requests.asked_of(rows.exception)),
    "exception_requests.of_person": lambda rows: exception_requests.of_person(
        rows.actor, rows.there),
    "exception_requests.of_person_everywhere": lambda rows:
        exception_requests.of_person_everywhere(rows.actor, [rows.there.project]),
    "exception_requests.waiting_for": lambda rows: exception_requests.waiting_for(rows.actor),
    "first_people.people_of": lambda rows: first_people.people_of(rows.actor, rows.there),
    "first_steps.unfinished": lambda rows: first_steps.unfinished(rows.actor),
    "gates.may_go_through": lambda rows: gates.may_go_through(
        rows.actor, gates.Gate("", gates.FREEZE, "", row=rows.freeze)),
    "grants.may_confirm": lambda rows: grants.may_confirm(rows.actor, rows.entry),
    "grants.unconfirmed": lambda rows: grants.unconfirmed(rows.actor),
    "imports.may_import": lambda rows: imports.may_import(rows.actor, imports.PROJECTS),
    "line.asked_already": lambda rows: line.asked_already(
        rows.actor, rows.there, "deploy", release=rows.deployment.release),
    "line.asked_already_words": lambda rows: line.asked_already_words(
        rows.deployment, rows.actor),
    "line.holder_words": lambda rows: line.holder_words(rows.there, rows.actor),
    "line.refusal_words": lambda rows: line.refusal_words(rows.there, rows.actor),
    "line.turn_words": lambda rows: line.turn_words(rows.deployment, rows.actor),
    "line.would_be_words": lambda rows: line.would_be_words(rows.there, rows.actor),
    "memberships.may_confirm": lambda rows: memberships.may_confirm(rows.actor, rows.joining),
    "memberships.may_decline": lambda rows: memberships.may_decline(rows.actor, rows.joining),
    "memberships.waiting": lambda rows: memberships.waiting(rows.actor),
    "notices.may_send_again": lambda rows: notices.may_send_again(rows.actor, rows.notice),
    "protection.may_agree": lambda rows: protection.may_agree(rows.actor, rows.less),
    "protection.waiting_for": lambda rows: protection.waiting_for(rows.actor),
}


def make_rows():
    """Something of everything that is read, and somebody who may do all there is."""
    there, other = place(), person()
    actor = person(None, "release", "approve", "set_up", "commands", is_superuser=True)
    factories.make_rule(there, actor.user)
    group = Group.objects.create(name="Leads")
    return SimpleNamespace(
        actor=actor, there=there,
        deployment=factories.make_deployment(
            there, status="awaiting_approval", requested_by=other.user),
        request=AccessRequest.objects.create(
            user=other.user, project=there.project, action="build", reason="I take over"),
        exception=ExceptionRequest.objects.create(
            environment=there, asked_by=other.user, asked_by_name="somebody", reason="It burns"),
        freeze=Freeze.objects.create(
            environment=there, reason="Sale", from_date="2020-01-01", until_date="2020-01-02",
            from_time="00:00", until_time="01:00"),
        entry=factories.make_grant(other.user, needs_second=True),
        joining=MembershipRequest.objects.create(
            user=other.user, group=group, asked_by_name="somebody"),
        less=ProtectionChange.objects.create(
            environment=there, before={}, after={}, words=[], asked_by_name="somebody"),
        notice=Notice.objects.create(
            event="deployment.failed", address="ada@shop.example", environment=there,
            subject="Shop", text="…", status="given_up", next_try_at=timezone.now()))
