"""Entries are granted, changed, ended and confirmed; nobody grants to themselves."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from deployments import policy
from deployments.errors import Refused
from deployments.models import Account, AuditEntry, Deployment, Environment, Grant
from deployments.policy import Actor
from deployments.services import grants
from deployments.services.still_approvable import NobodyCouldApprove
from tests.factories import (
    actor_for,
    make_deployment,
    make_environment,
    make_grant,
    make_project,
    make_rule,
    make_user,
)

DAY = timedelta(days=1)


@pytest.fixture
def second(db):
    """Another administrator."""
    return make_user("second", is_superuser=True)


@pytest.fixture
def protected(production):
    Environment.objects.filter(pk=production.pk).update(is_protected=True)
    production.refresh_from_db()
    return production


def give(actor, user, action="release", **over):
    return grants.grant(actor, **{"action": action, "user": user, "reason": "She sells.", **over})


def test_an_entry_is_written_with_its_author_and_reason(admin, outsider, production):
    """The audit row holds what it says, after nothing; it counts at once."""
    grant = give(actor_for(admin), outsider, environment=production, networks="10.0.0.0/8")
    assert (grant.granted_by, grant.granted_by_name, grant.reason) == (
        admin, "admin", "She sells.")
    row = AuditEntry.objects.get(action="grant.added")
    assert row.project_slug == "shop"
    assert "10.0.0.0/8" in str(row.after)
    assert policy.may_release(Actor(outsider, "10.1.1.1"), production)


@pytest.mark.parametrize("way", ["name", "group"])
def test_nobody_grants_to_themselves(way, admin, production, refusal):
    """Neither by name nor by a group one is in."""
    group = Group.objects.create(name="Leads")
    admin.groups.add(group)
    whom = {"user": admin} if way == "name" else {"user": None, "group": group}
    with refusal("grant.added", "You cannot write an allowlist entry for yourself"):
        give(actor_for(admin), **{"user": None, **whom}, environment=production)


@pytest.mark.parametrize(("over", "words"), [
    ({"reason": " "}, "needs a reason"),
    ({"user": None}, "Choose a person or a group"),
    ({"networks": "office"}, "is no network"),
    ({"action": "everything"}, "is not a valid choice"),
    ({"valid_from": timezone.now() + DAY, "valid_until": timezone.now()},
     "ends before it begins"),
    ({"valid_until": timezone.now() - DAY}, "It would be over already"),
    ({"action": "set_up"}, "is given for a whole project"),
])
def test_an_entry_that_makes_no_sense_is_refused(over, words, admin, outsider, staging, refusal):
    """One sentence each, and no row."""
    with refusal("grant.added", words):
        give(actor_for(admin), **{"user": outsider, "environment": staging, **over})


def test_entries_are_written_within_ones_own_set_up(outsider, viewer, shop, production, refusal):
    """Whoever sets up one project: neither for all, nor for another, nor moved out of it, nor from
    outside the networks of that right; what is code only by who may edit it."""
    make_grant(outsider, "set_up", project=shop, networks="10.0.0.0/8")
    inside, other = Actor(outsider, "10.1.1.1"), make_environment(slug="elsewhere")
    for over in ({}, {"project": other.project}, {"environment": other},
                 {"project": None, "environment": other}):
        with refusal("grant.added", "You may not set up"):
            give(inside, viewer, **over)
    with refusal("grant.added", "You may not set up"):
        give(Actor(outsider, "192.0.2.7"), viewer, project=shop)
    with refusal("grant.added", "You may not edit the commands of Shop"):
        give(inside, viewer, "commands", project=shop)
    grant = give(inside, viewer, environment=production)
    with refusal("grant.changed", "You may not set up"):
        grants.change(inside, grant, environment=other)
    theirs = make_grant(viewer, environment=other)
    for verb, action in ((grants.end, "ended"), (grants.confirm, "confirmed"),
                         (lambda actor, row: grants.change(actor, row, project=shop), "changed")):
        with refusal(f"grant.{action}", "You may not set up"):
            verb(inside, theirs)


def test_nobody_widens_their_own_entry_or_takes_over_anothers(admin, second, shop, refusal):
    """Ending one's own is no harm."""
    mine, theirs = (make_grant(user, "look", project=shop) for user in (admin, second))
    for row, over in ((mine, {"action": "release"}), (mine, {"user": second}),
                      (theirs, {"user": admin})):
        with refusal("grant.changed", "for yourself"):
            grants.change(actor_for(admin), Grant.objects.get(pk=row.pk), reason="x", **over)
    grants.end(actor_for(admin), mine)
    assert not grants.waits(mine)


@pytest.mark.parametrize("action", ["release", "approve", "emergency", "set_up"])
@pytest.mark.parametrize("scope", ["environment", "project", "everything"])
def test_what_weighs_on_a_protected_environment_needs_a_second_person(
        action, scope, admin, second, outsider, shop, staging, protected):
    """Also an entry for every environment; an entry for another one does not."""
    where = {"environment": {"environment": protected}, "project": {"project": shop},
             "everything": {}}[scope]
    if action == "set_up" and scope == "environment":
        where = {"project": shop}
    grant = give(actor_for(admin), outsider, action, **where)
    assert grant.needs_second
    assert "waits for a second person" in AuditEntry.objects.get(action="grant.added").sentence
    assert not policy.may(actor_for(outsider), action, environment=protected)
    assert grants.unconfirmed(actor_for(second)) == [grant]
    grants.confirm(actor_for(second), grant)
    assert policy.may(actor_for(outsider), action, environment=protected)
    assert grant.confirmed_by_name == "second"
    if action != "set_up":
        assert not give(actor_for(admin), outsider, action, environment=staging).needs_second


def test_what_does_not_weigh_needs_one_person(admin, outsider, protected):
    """Looking, building, going back, stopping, deciding."""
    for action in ("look", "build", "go_back", "stop", "decide"):
        assert not give(actor_for(admin), outsider, action, environment=protected).needs_second


def test_the_second_person_is_neither_author_nor_beneficiary_nor_a_command(
        admin, second, outsider, protected, refusal):
    """Nor somebody whose password was reset a short while ago."""
    grant = give(actor_for(admin), second, environment=protected)
    group = Group.objects.create(name="Leads")
    second.groups.add(group)
    of_group = give(actor_for(admin), None, group=group, environment=protected)
    third = make_user("third", is_superuser=True)
    Account.objects.create(user=third, approvals_void_until=timezone.now() + DAY)
    for row, actor, words in (
            (grant, actor_for(admin), "You wrote this entry"),
            (grant, actor_for(second), "is for you"),
            (of_group, actor_for(second), "is for you"),
            (grant, Actor(make_user(is_superuser=True), system_account="root"), "by command"),
            (grant, actor_for(third), "yes counts for nothing yet"),
            (grant, actor_for(outsider), "You may not set up")):
        with refusal("grant.confirmed", words):
            grants.confirm(actor, row)
    Account.objects.all().delete()
    grants.confirm(actor_for(third), grant)
    with refusal("grant.confirmed", "waits for nobody"):
        grants.confirm(actor_for(third), grant)


def test_an_entry_older_than_the_protection_can_be_confirmed(admin, outsider, production):
    """Until then it does not count there."""
    grant = make_grant(outsider, environment=production)
    assert policy.may_release(actor_for(outsider), production)
    Environment.objects.update(is_protected=True)
    production.refresh_from_db()
    assert not policy.may_release(actor_for(outsider), production)
    grants.confirm(actor_for(admin), grant)
    assert policy.may_release(actor_for(outsider), production)


def test_nobody_makes_themselves_a_second_person(
        admin, second, outsider, viewer, shop, production, refusal):
    """An entry that was written while nothing was protected confirms nothing and writes nothing
    that is confirmed, until somebody else confirms it."""
    give(actor_for(admin), outsider, "set_up", project=shop)
    Environment.objects.update(is_protected=True)
    accomplice, of_shop = actor_for(outsider), {"environment": production}
    assert policy.may_set_up(accomplice, shop)
    by_admin = give(actor_for(admin), viewer, **of_shop)
    with refusal("grant.confirmed", "Nobody confirmed your own entry to set up Shop"):
        grants.confirm(accomplice, by_admin)
    assert grants.unconfirmed(accomplice) == []
    by_accomplice = give(accomplice, viewer, "approve", **of_shop)
    with refusal("grant.confirmed", "Nobody confirmed what outsider may set up"):
        grants.confirm(actor_for(admin), by_accomplice)
    own = outsider.grants.get()
    assert grants.state_of(own) == "counts, but makes nobody a second person: it waits for one"
    with refusal("grant.confirmed", "You wrote this entry"):
        grants.confirm(actor_for(admin), own)
    grants.confirm(actor_for(second), own)
    grants.confirm(accomplice, by_admin)
    grants.confirm(actor_for(admin), by_accomplice)
    assert policy.may_release(actor_for(viewer), production)


def test_a_confirmed_entry_vouches_for_its_own_project_as_long_as_it_counts(outsider, shop):
    """Neither for another one, nor for all, nor for another action."""
    own = make_grant(outsider, "set_up", project=shop, confirmed_at=timezone.now())
    assert policy.is_vouched_for(outsider, shop)
    assert not policy.is_vouched_for(outsider)
    assert not policy.is_vouched_for(outsider, make_project())
    assert not policy.is_vouched_for(outsider, shop, Grant.COMMANDS)
    grants.end(actor_for(outsider), own)
    assert not policy.is_vouched_for(outsider, shop)


def test_editing_commands_weighs_where_edits_wait_for_a_second_person(admin, outsider, shop):
    """Else whoever sets up made the one who agrees."""
    assert not give(actor_for(admin), outsider, "commands", project=shop).needs_second
    shop.commands_need_second = True
    shop.save()
    for where in ({"project": shop}, {}):
        assert give(actor_for(admin), make_user(), "commands", **where).needs_second
    assert not give(actor_for(admin), outsider, "commands", project=make_project()).needs_second


def test_a_changed_entry_is_agreed_to_anew(admin, second, outsider, protected):
    """Whoever changed it is its author now; another reason alone changes nothing."""
    grant = give(actor_for(admin), outsider, environment=protected,
                 valid_until=timezone.now() + DAY)
    grants.confirm(actor_for(second), grant)
    grants.change(actor_for(second), grant, reason="She still sells.")
    assert (grant.granted_by, grant.confirmed_by) == (admin, second)
    grants.change(actor_for(second), grant, valid_until=None)
    assert (grant.granted_by, grant.confirmed_at) == (second, None)
    assert not policy.may_release(actor_for(outsider), protected)
    row = AuditEntry.objects.filter(action="grant.changed").order_by("seq").last()
    assert row.before["valid_until"]
    assert not row.after["valid_until"]


def test_an_ended_entry_stays_and_ends_once(admin, viewer, shop, refusal):
    """One that has not begun never does."""
    grant = viewer.grants.get()
    grants.end(actor_for(admin), grant, reason="She left.")
    assert not policy.may_look(actor_for(viewer), shop)
    grants.change(actor_for(admin), grant, reason="She left us.")
    with refusal("grant.changed", "It would be over already"):
        grants.change(actor_for(admin), grant, action="release")
    grant.refresh_from_db()
    with refusal("grant.ended", "has ended already"):
        grants.end(actor_for(admin), grant)
    later = make_grant(viewer, valid_from=timezone.now() + DAY)
    grants.end(actor_for(admin), later)
    at = timezone.now() + 2 * DAY
    assert not policy.may_release(actor_for(viewer), make_environment(), at=at)


def test_ending_an_entry_ends_what_was_asked_for_with_it(admin, releaser, production):
    """The request that has not started is void, with words."""
    asked = make_deployment(production, status="queued", requested_by=releaser)
    grants.end(actor_for(admin), releaser.grants.get(action="release"))
    asked.refresh_from_db()
    assert asked.status in ("voided", "cancelled")
    assert asked.result


def test_the_entry_of_a_group_ends_for_all_of_it(admin, outsider, production):
    """Each member's requests are looked at again."""
    group = Group.objects.create(name="Leads")
    outsider.groups.add(group)
    grant = Grant.objects.create(group=group, action="release")
    asked = make_deployment(production, status="queued", requested_by=outsider)
    grants.end(actor_for(admin), grant)
    assert Deployment.objects.get(pk=asked.pk).status in ("voided", "cancelled")


def test_the_last_approvers_entry_ends_only_when_it_is_meant(admin, approver, releaser, production):
    """The sentence says whose releases nobody could approve; nothing is changed before the yes."""
    make_rule(production, approver)
    grant = approver.grants.get(action="approve")
    with pytest.raises(NobodyCouldApprove, match="Nobody can approve Shop"):
        grants.end(actor_for(admin), grant)
    grant.refresh_from_db()
    assert grant.valid_until is None
    grants.end(actor_for(admin), grant, is_sure=True)
    with pytest.raises(Refused):
        grants.end(actor_for(admin), grant)


def test_a_project_of_ones_own_is_not_every_project(outsider, viewer, shop):
    """Whoever confirms must set up what the entry is for."""
    make_grant(outsider, "set_up", project=make_project())
    Environment.objects.create(project=shop, name="P", slug="p", site_host="p.example",
                               is_protected=True)
    make_grant(viewer, project=shop, needs_second=True)
    assert grants.unconfirmed(actor_for(outsider)) == []
