"""Attacks on who decides: fields nobody was shown, rows of others, one's own yes, forms sent twice.
"""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from deployments import policy
from deployments.errors import Refused
from deployments.models import (
    Account,
    Approval,
    Deployment,
    Environment,
    Grant,
    MembershipRequest,
    Pause,
    Review,
)
from deployments.services import access, approvals, deployments, gates, grants, people
from tests import factories
from tests.factories import actor_for
from tests.unit.admin.conftest import page

from .test_attacks_on_rows import freeze_of
from .trying import browser_of, without_drawing

pytestmark = pytest.mark.django_db
CONFIRM = "/admin/release/shop/production/confirm/"
CRAFTED = {
    "is_superuser": "on", "is_staff": "on", "user_permissions": "1", "requested_by": "1",
    "requested_by_name": "Grace", "requested_address": "10.0.0.1", "requested_account": "root",
    "status": "approved", "is_approved": "on", "confirmed_by": "1", "approvals": "1",
    "emergency_reason": "x", "overridden": '[{"gate": "freeze"}]', "plan": "{}", "fence": "9",
    "owner": "me", "planned_until": "2030-01-01", "kind": "rollback", "release": "1", "user": "1",
    "environment": "1", "project": "1", "id": "1", "pk": "1", "previous": "1", "strategy": "none",
    "decision": "finish", "starts_by_hand": "", "is_sure": "on"}
"""Columns by their names, beside what a page's form has."""


@pytest.fixture
def release(shop):
    return factories.make_release(shop, label="2.8.1")


@pytest.fixture
def elsewhere(db):
    """An environment of another project."""
    return factories.make_environment(factories.make_project(name="Neighbours"))


def confirm_form(release, **over):
    return {"request_key": "a" * 32, "version": release.name, "sha": release.commit_sha,
            "when": "now"} | over


def said(deployment, answer):
    return {"answer": answer, "plan_hash": deployment.plan_hash, "comment": "Seen"}


# -- fields that no form has -------------------------------------------------------------------

def test_a_request_has_what_the_page_asks_and_nothing_else(
        releaser, production, approval_rule, release):
    """Mass assignment on the way to a release: every column that could let it start."""
    browser = browser_of(releaser)
    browser.post(CONFIRM, CRAFTED | confirm_form(release))
    row = Deployment.objects.get()
    assert (row.status, row.requested_by, row.requested_by_name, row.requested_address,
            row.requested_account, row.kind, row.release, row.emergency, row.overridden, row.owner,
            row.fence, row.strategy, row.planned_for) == (
        "awaiting_approval", releaser, "releaser", "127.0.0.1", "", "deploy", release, "", [], "",
        0, "", None)
    assert row.plan["targets"]
    assert not Approval.objects.exists()
    browser.post(f"/admin/approvals/{row.pk}/start/", CRAFTED)
    row.refresh_from_db()
    assert row.status == "awaiting_approval"


def test_a_vote_is_of_who_sends_it(releaser, approver, production, approval_rule):
    """Neither for somebody else nor about something else."""
    row = factories.make_deployment(production, status="awaiting_approval", requested_by=releaser)
    other = factories.make_deployment(
        factories.make_environment(production.project), status="awaiting_approval",
        requested_by=releaser)
    mia = factories.make_user("mia", production.project, "approve")
    production.approval_rules.get().users.add(mia)
    browser_of(approver).post(f"/admin/approvals/{row.pk}/", CRAFTED | said(row, "approve") | {
        "user": mia.pk, "user_name": "mia", "deployment": other.pk, "address": "10.9.9.9"})
    vote = Approval.objects.get()
    assert (vote.user, vote.user_name, vote.deployment, vote.address) == (
        approver, "approver", row, "127.0.0.1")


def test_only_who_may_release_there_ends_a_pause(viewer, production, elsewhere):
    """By its number: seen and not allowed, or of another project and not there."""
    own, other = (Pause.objects.create(
        environment=place, reason="Repair", paused_by_name="Ines",
        until=timezone.now() + timedelta(hours=2))
        for place in (production, elsewhere))
    browser = browser_of(viewer)
    assert browser.post(f"/admin/freezes/pauses/{own.pk}/end/").status_code == 403
    assert browser.post(f"/admin/freezes/pauses/{other.pk}/end/").status_code == 404
    assert not Pause.objects.exclude(ended_at=None).exists()


def test_a_session_is_named_by_a_number_alone(viewer):
    """Five thousand digits, digits of another script, and no digits."""
    for number in ("9" * 5000, "٣", "-1", "", "others "):
        assert browser_of(viewer).post("/admin/sessions/", {"session": number}).status_code == 404


# -- gates -------------------------------------------------------------------------------------

def test_a_key_that_nobody_offered_opens_no_gate(releaser, production, release, elsewhere):
    """Of a freeze elsewhere that names the person, of a pause, of another window, of everything."""
    Pause.objects.create(environment=production, reason="Repair", paused_by_name="Ines",
                         until=timezone.now() + timedelta(hours=2))
    frozen, other_one = freeze_of(production), freeze_of(elsewhere)
    other_one.may_override.add(releaser)
    keys = [gate.key for gate in gates.standing(production)]
    other = [gate.key for gate in gates.standing(elsewhere)]
    browser = browser_of(releaser)
    tries = [("in_spite_of", named) for named in (
        keys, [*keys, *other], ["freeze", "pause", "*", ""],
        [f"freeze:{frozen.pk}:{datetime(2020, 1, 1):%Y%m%dT%H%MZ}"],
        [f"freeze:{other_one.pk}:{key.rpartition(':')[2]}" for key in keys])]
    with without_drawing():
        for field, named in (*tries, ("shut", keys), ("overridden", keys)):
            form = confirm_form(release, reason="Please") | {field: named}
            assert browser.post(CONFIRM, form).status_code == 409, (field, named)
    assert not Deployment.objects.filter(environment=production).exists()


# -- one's own yes -----------------------------------------------------------------------------

def test_an_account_made_for_it_is_no_second_person(admin, production):
    """An administrator makes an account whose mail is read by themselves, lets it approve, and
    confirms that with it."""
    Environment.objects.update(is_protected=True)
    puppet, _ = people.add(actor_for(admin), username="puppet", email="mine@shop.example")
    for action in ("set_up", "approve"):
        entry = grants.grant(actor_for(admin), action=action, user=puppet, reason="Trust me",
                             project=production.project)
        for user in (admin, puppet):
            with pytest.raises(Refused):
                grants.confirm(actor_for(user), entry)
    assert not policy.may_set_up(actor_for(puppet), production.project)
    production.approval_rules.create(people_needed=1).users.add(puppet)
    row = factories.make_deployment(production, status="awaiting_approval", requested_by=admin)
    assert browser_of(puppet).post(f"/admin/approvals/{row.pk}/", said(row, "approve")
                                   ).status_code in (302, 403)
    assert not Approval.objects.exists()


def test_nobody_reviews_as_somebody_whose_password_they_just_had_set(approver, production):
    """Releases in an emergency, takes over an approver, and finds that all was well."""
    done = factories.make_deployment(production, emergency="On fire", requested_by_name="boss")
    address = f"/admin/approvals/{done.pk}/review/"
    account = Account.objects.create(
        user=approver, approvals_void_until=timezone.now() + timedelta(hours=23))
    answer = browser_of(approver).post(address, {"comment": "Fine"})
    assert answer.status_code == 403
    assert "your answers count again from" in answer.text
    assert not Review.objects.exists()
    account.delete()
    browser_of(approver).post(address, {"comment": "Fine"})
    assert Review.objects.exists()


def test_who_asked_for_access_gets_it_by_no_other_door(admin, viewer, shop, production):
    """Answers a request of their own, in their own browser or as who may set up meanwhile."""
    request = access.ask_for_access(actor_for(viewer), action="release", environment=production,
                                    reason="I stand in for Anna.")
    factories.make_grant(viewer, "set_up", project=shop)
    answer = browser_of(viewer).post(f"/admin/access/requests/{request.pk}/", {
        "answer": "grant", "until": "2099-01-01", "user": admin.pk, "networks": ""})
    assert answer.status_code == 403
    assert not Grant.objects.filter(action="release").exists()


def test_a_yes_in_a_plan_s_name_starts_nothing_else(
        releaser, approver, production, approval_rule, release):
    """Agreed to one, stopped, asked for another: the old form and the old yes open nothing."""
    first = deployments.request_deployment(
        actor_for(releaser), production, release=release, request_key="one")
    approvals.approve(actor_for(approver), first, plan_hash=first.plan_hash, starts_by_hand=True)
    browser = browser_of(releaser)
    browser.post(f"/admin/progress/{first.pk}/stop/")
    newer = factories.make_release(production.project, label="evil")
    second = deployments.request_deployment(
        actor_for(releaser), production, release=newer, request_key="two")
    assert browser.post(f"/admin/approvals/{first.pk}/start/").status_code == 403
    assert browser.post(f"/admin/approvals/{second.pk}/start/").status_code == 403
    assert browser_of(approver).post(
        f"/admin/approvals/{second.pk}/", said(first, "approve")).status_code == 409
    second.refresh_from_db()
    assert second.status == "awaiting_approval"


# -- forms sent twice --------------------------------------------------------------------------

def test_a_form_sent_again_does_nothing_again(admin, viewer, approver, outsider, production):
    """Replay: the answer to a request, to an entry, to a membership, and to an emergency."""
    second = factories.make_user("second", is_superuser=True, is_staff=True)
    request = access.ask_for_access(actor_for(viewer), action="release", environment=production,
                                    reason="I stand in for Anna.")
    entry = factories.make_grant(outsider, "release", project=production.project, reason="Trust",
                                 needs_second=True, granted_by=admin)
    group = factories.make_grant(None, "build", project=production.project,
                                 group=_group("Builders")).group
    joining = MembershipRequest.objects.create(user=outsider, group=group, asked_by=admin)
    done = factories.make_deployment(production, emergency="On fire", requested_by=admin)
    forms = ((second, f"/admin/access/requests/{request.pk}/",
              {"answer": "grant", "until": "2099-01-01"}),
             (second, page(entry, "confirm"), {}),
             (second, f"/admin/access/members/{joining.pk}/answer/", {"answer": "confirm"}),
             (approver, f"/admin/approvals/{done.pk}/review/", {"comment": "Fine"}))
    for user, address, fields in forms:
        browser = browser_of(user)
        browser.post(address, fields)
        once = _content()
        browser.post(address, fields)
        assert _content() == once, address
    assert _content() == ([(viewer.pk, "second")], [("second",)], [("confirmed", "second")], 1,
                          ["Builders"])


def _group(name):
    from django.contrib.auth.models import Group

    return Group.objects.create(name=name)


def _content():
    """What the four forms write."""
    return (list(Grant.objects.filter(granted_by_name="second").values_list(
                "user", "granted_by_name")),
            list(Grant.objects.exclude(confirmed_by=None).values_list("confirmed_by_name")),
            list(MembershipRequest.objects.values_list("answer", "answered_by_name")),
            Review.objects.count(),
            list(get_user_model().objects.get(username="outsider").groups.values_list(
                "name", flat=True)))
