"""Accounts and groups: nobody adds themselves, and what weighs waits for a second person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import policy
from deployments.errors import Refused
from deployments.models import Account, AuditEntry, MembershipRequest, Notice, SignIn
from deployments.services import groups, memberships, people, superusers
from deployments.services.still_approvable import NobodyCouldApprove
from tests.factories import (
    actor_for,
    make_deployment,
    make_grant,
    make_user,
)

CONSOLE = policy.Actor(user=None, system_account="root")


@pytest.fixture
def second(db):
    """Another administrator."""
    return make_user("second", is_superuser=True)


@pytest.fixture
def leads(admin):
    return groups.add(actor_for(admin), "Shop leads")


@pytest.fixture
def heavy(leads, shop, production):
    """A group that may release in a protected environment, as two people wanted."""
    type(production).objects.filter(pk=production.pk).update(is_protected=True)
    make_grant(None, "release", group=leads, project=shop, confirmed_at=timezone.now())
    return leads


def newest(action):
    return AuditEntry.objects.filter(action=action).order_by("-seq").first()


def test_an_account_is_made_without_a_password(admin):
    """Its person sets one; nobody else ever knows it."""
    user, waiting = people.add(actor_for(admin), username="ada", email="ada@shop.example")
    assert not user.has_usable_password()
    assert waiting == []
    entry = newest("person.added")
    assert (entry.before, entry.after["username"], entry.about_text) == ({}, "ada", "ada")


def test_only_who_sets_everything_up_looks_after_accounts(shop, viewer, outsider, second, refusal):
    """Set-up of a project is not enough, and a superuser's account is a superuser's matter."""
    of_shop = make_user("of-shop", shop, "set_up")
    of_all = make_user("of-all", None, "set_up")
    group = groups.add(actor_for(of_all), "Anybody")
    for who in (viewer, of_shop):
        with refusal("person.added", "Only who sets everything up"):
            people.add(actor_for(who), username="puppet")
        with refusal("membership.added", "Only who sets everything up"):
            memberships.join(actor_for(who), outsider, group)
    with refusal("person.changed", "A superuser's account is a superuser's matter"):
        people.change(actor_for(of_all), second, email="mine@evil.example")


def test_switching_somebody_off_ends_their_sessions_and_their_yes(
        admin, production, approval_rule, approver, releaser):
    """Whoever agreed and is switched off before the start no longer agrees."""
    from deployments.services import approvals

    row = make_deployment(production, status="awaiting_approval", requested_by=releaser)
    approvals.approve(actor_for(approver), row, plan_hash=row.plan_hash)
    SignIn.objects.create(user=approver, session_hash="x", fresh_at=timezone.now(),
                          seen_at=timezone.now())
    row.refresh_from_db()
    assert row.status == "queued"
    people.change(actor_for(admin), approver, is_active=False, is_sure=True)
    row.refresh_from_db()
    assert row.status == "voided"
    assert SignIn.objects.get().ended_why == "the account was switched off"
    entry = newest("person.changed")
    assert (entry.before, entry.after) == ({"is_active": True}, {"is_active": False})


def test_switching_off_the_last_who_could_approve_asks_first(
        admin, production, approval_rule, approver, releaser, refusal):
    """Unless it is meant so, nothing changes."""
    with refusal("person.changed", "Nobody can approve Shop") as raised:
        people.change(actor_for(admin), approver, is_active=False)
    assert isinstance(raised.value, NobodyCouldApprove)
    people.change(actor_for(admin), approver, is_active=False, is_sure=True)
    approver.refresh_from_db()
    assert not approver.is_active


def test_nobody_switches_off_themselves_or_the_only_administrator(admin, refusal):
    """Somebody must be left to set things up."""
    with refusal("person.changed", "your own account"):
        people.change(actor_for(admin), admin, is_active=False)


def test_a_new_mail_address_is_told_to_the_old_one(admin, outsider, settings):
    """It may be its owner's only warning, and links wait a day."""
    people.change(actor_for(admin), outsider, email="first@shop.example")
    people.change(actor_for(admin), outsider, email="other@evil.example")
    told = Notice.objects.filter(event="person.address_changed")
    assert set(told.values_list("address", flat=True)) == {
        "first@shop.example", "other@evil.example"}
    assert timezone.now() - Account.objects.get(user=outsider).address_changed_at < timedelta(
        minutes=1)


def test_nobody_changes_their_own_groups(admin, leads, refusal):
    """Superusers neither: by form, service or a request of their own."""
    with refusal("membership.added", "Nobody changes their own groups"):
        memberships.join(actor_for(admin), admin, leads)
    admin.groups.add(leads)
    with refusal("membership.removed", "Nobody changes their own groups"):
        memberships.leave(actor_for(admin), admin, leads)
    with refusal("person.changed", "Nobody changes their own groups"):
        people.change(actor_for(admin), admin, groups=[])


def test_a_group_that_weighs_nothing_is_joined_at_once(admin, leads, outsider):
    """With an audit entry of before and after."""
    assert memberships.join(actor_for(admin), outsider, leads) is None
    entry = newest("membership.added")
    assert (entry.before, entry.after) == ({"groups": []}, {"groups": ["Shop leads"]})
    memberships.leave(actor_for(admin), outsider, leads)
    assert newest("membership.removed").after == {"groups": []}


def test_a_group_that_weighs_takes_a_second_person(
        admin, second, heavy, outsider, production, refusal):
    """Until then they are no member: policy cannot mistake them for one."""
    type(second).objects.filter(pk=second.pk).update(email="second@shop.example")
    row = memberships.join(actor_for(admin), outsider, heavy)
    assert Notice.objects.get(event="membership.waits").address == "second@shop.example"
    assert not outsider.groups.exists()
    assert not policy.may_release(actor_for(outsider), production)
    with refusal("membership.confirmed", "You asked for this"):
        memberships.confirm(actor_for(admin), row)
    with refusal("membership.confirmed", "not confirmed by command"):
        memberships.confirm(policy.Actor(user=second, system_account="root"), row)
    memberships.confirm(actor_for(second), row)
    assert policy.may_release(actor_for(outsider), production)
    with refusal("membership.confirmed", "This was confirmed already"):
        memberships.confirm(actor_for(second), row)


def test_whoever_joins_does_not_confirm_it(admin, heavy, refusal):
    """Nor does somebody whose password was reset a short while ago: it might not be them."""
    joining = make_user("joining", is_superuser=True)
    row = memberships.join(actor_for(admin), joining, heavy)
    with refusal("membership.confirmed", "Nobody changes their own groups"):
        memberships.confirm(actor_for(joining), row)
    reset = make_user("reset", is_superuser=True)
    Account.objects.create(user=reset, approvals_void_until=timezone.now() + timedelta(hours=1))
    with refusal("membership.confirmed", "your yes counts for nothing yet"):
        memberships.confirm(actor_for(reset), row)


def test_nobody_confirms_memberships_with_an_entry_that_nobody_confirmed(
        admin, heavy, outsider, refusal):
    """Neither as who asks nor as who agrees."""
    helper = make_user("helper")
    own = make_grant(helper, "set_up")
    row = memberships.join(actor_for(admin), outsider, heavy)
    with refusal("membership.confirmed", "Nobody confirmed your own entry to set up every"):
        memberships.confirm(actor_for(helper), row)
    other = memberships.join(actor_for(helper), make_user("other"), heavy)
    with refusal("membership.confirmed", "Nobody confirmed what helper may set up"):
        memberships.confirm(actor_for(admin), other)
    own.confirmed_at = timezone.now()
    own.save()
    memberships.confirm(actor_for(helper), row)
    memberships.confirm(actor_for(admin), other)


def test_a_declined_membership_stays_out(admin, second, heavy, outsider):
    """Whoever asked may take it back."""
    row = memberships.join(actor_for(admin), outsider, heavy)
    memberships.decline(actor_for(admin), row)
    assert not outsider.groups.exists()
    assert memberships.waiting(actor_for(second)) == []


def test_taking_protection_away_for_a_minute_opens_no_way_around(admin, heavy, outsider):
    """An entry that once needed two people weighs on."""
    from deployments.models import Environment

    Environment.objects.update(is_protected=False)
    assert memberships.join(actor_for(admin), outsider, heavy).answer == ""
    assert not outsider.groups.exists()


def test_leaving_a_group_voids_what_was_agreed_through_it(
        admin, shop, production, leads, releaser):
    """As switching off does."""
    from deployments.models import ApprovalRule
    from deployments.services import approvals

    rule = ApprovalRule.objects.create(environment=production)
    rule.groups.add(leads)
    make_grant(None, "approve", group=leads, project=shop)
    mia = make_user("mia", shop, "look")
    memberships.join(actor_for(admin), mia, leads)
    row = make_deployment(production, status="awaiting_approval", requested_by=releaser)
    approvals.approve(actor_for(mia), row, plan_hash=row.plan_hash)
    with pytest.raises(NobodyCouldApprove):
        memberships.leave(actor_for(admin), mia, leads)
    memberships.leave(actor_for(admin), mia, leads, is_sure=True)
    row.refresh_from_db()
    assert row.status == "voided"


def test_a_group_is_renamed_and_deleted_only_when_nothing_leans_on_it(
        admin, leads, outsider, shop, refusal):
    """A deleted group would take its entries and its place in rules with it."""
    groups.rename(actor_for(admin), leads, "Leads")
    assert newest("group.renamed").before == {"name": "Shop leads"}
    with refusal("group.added", "There is a group Leads already"):
        groups.add(actor_for(admin), "LEADS")
    grant = make_grant(None, "look", group=leads, project=shop)
    with refusal("group.deleted", r"allowlist entries \(1\)"):
        groups.delete(actor_for(admin), leads)
    type(grant).objects.update(valid_until=timezone.now())
    groups.delete(actor_for(admin), leads)
    assert newest("group.deleted").outcome == "done"


def test_superusers_are_made_on_the_console_alone(admin, outsider, refusal):
    """A person, even one a command speaks for, cannot; the last superuser stays."""
    for actor in (actor_for(admin), policy.Actor(user=admin, system_account="root")):
        with refusal("superuser.granted", "Only the console"):
            superusers.grant(actor, "outsider", reason="please")
    with refusal("superuser.withdrawn", "is the last superuser"):
        superusers.withdraw(CONSOLE, admin, reason="please")
    admin.email = "admin@shop.example"
    admin.save()
    superusers.grant(CONSOLE, "outsider", reason="Second administrator")
    assert Notice.objects.get(event="superuser.granted").address == "admin@shop.example"
    entry = newest("superuser.granted")
    assert entry.actor_name == "system account root"
    assert (entry.before, entry.after) == ({"is_superuser": False}, {"is_superuser": True})
    superusers.withdraw(CONSOLE, admin, reason="Left")
    admin.refresh_from_db()
    assert not admin.is_superuser


def test_what_is_refused_inside_a_longer_change_undoes_all_of_it(admin, second, heavy):
    """Name, address and groups are one change."""
    joining = make_user("joining", email="old@shop.example")
    with pytest.raises(Refused):
        people.change(actor_for(admin), joining, email="not an address", groups=[heavy])
    joining.refresh_from_db()
    assert joining.email == "old@shop.example"
    assert not MembershipRequest.objects.exists()

