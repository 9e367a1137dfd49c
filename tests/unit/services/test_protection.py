"""Less protection of an environment waits for a second person; more of it for nobody."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from deployments import policy
from deployments.errors import Refused
from deployments.models import ApprovalRule, Environment, Notice, ProtectionChange
from deployments.services import protection
from deployments.services.deployments import request_deployment
from deployments.services.protection_content import content_of
from tests import factories


@pytest.fixture
def protected(production, approver, viewer):
    """Protected, with two-step sign-in and one rule: both must agree."""
    Environment.objects.filter(pk=production.pk).update(is_protected=True, needs_two_step=True)
    production.refresh_from_db()
    factories.make_rule(production, approver, viewer, people_needed=2)
    return production


@pytest.fixture
def second(db):
    """Another administrator."""
    return factories.make_user("second", is_superuser=True, email="second@shop.example")


@pytest.fixture
def change(protected, admin):
    """A function that writes rows as the form does, and returns what waits."""

    def changed(act, actor=None):
        with transaction.atomic():
            before = content_of(protected)
            act(protected)
            return protection.keep(factories.actor_for(actor or admin), protected, before)

    return changed


def _unprotect(environment):
    Environment.objects.filter(pk=environment.pk).update(is_protected=False)


def _all(environment):
    environment.approval_rules.all().delete()
    Environment.objects.filter(pk=environment.pk).update(is_protected=False, needs_two_step=False)


def _rule(**columns):
    return lambda environment: environment.approval_rules.update(**columns)


def _let_in(environment):
    environment.approval_rules.get().users.add(factories.make_user("stranger"))


@pytest.mark.parametrize(("act", "words"), [
    (_unprotect, "it is no longer protected"),
    (lambda environment: Environment.objects.update(needs_two_step=False), "two-step"),
    (lambda environment: environment.approval_rules.all().delete(), "2 of approver, viewer” goes"),
    (_rule(people_needed=1), "becomes “1 of approver, viewer”"),
    (_rule(spares_going_back=True), "viewer, not to go back”"),
    (_let_in, "becomes “2 of approver, stranger, viewer”"),
])
def test_what_takes_protection_away_is_not_so_yet(change, protected, act, words):
    """The rows say what they said; what waits says what it would be."""
    before = content_of(protected)
    row = change(act)
    assert words in row.words[0]
    assert content_of(protected) == before
    assert row.before == before != row.after


@pytest.mark.parametrize("act", [
    _rule(people_needed=3), _rule(name="Leads"),
    lambda environment: environment.approval_rules.get().users.remove(
        *environment.approval_rules.get().users.all()[:1]),
    lambda environment: factories.make_rule(environment),
    lambda environment: Environment.objects.update(approval_expiry_h=5)])
def test_more_protection_counts_at_once(change, act):
    """And so does what protects nothing."""
    assert change(act) is None
    assert not ProtectionChange.objects.exists()


def test_an_environment_that_is_not_protected_needs_nobody(change, protected):
    """Its rules are its own."""
    _unprotect(protected)
    assert change(_all) is None


def test_a_second_person_makes_all_of_it_so(
        change, protected, second, audited, shop, releaser, refusal):
    """Rules too; who asked does not; everybody who administers is told; open requests end."""
    releaser.grants.update(confirmed_at=timezone.now())
    Environment.objects.update(needs_two_step=False)
    asked = request_deployment(factories.actor_for(releaser), protected, request_key="click",
                               release=factories.make_release(shop))
    row = change(_all)
    assert protection.waiting_for(factories.actor_for(second)) == [row]
    with refusal("protection.agreed", "You asked for this") as raised:
        protection.agree(factories.actor_for(row.asked_by), row)
    assert raised.value.remedy == "Ask second."
    with refusal("protection.agreed", "sign"):
        protection.agree(policy.Actor(second, "127.0.0.1"), row)
    protection.agree(factories.actor_for(second), row)
    assert content_of(protected) == {"is_protected": False, "needs_two_step": False, "rules": {}}
    asked.refresh_from_db()
    assert asked.status == "voided"
    told = [notice.subject for notice in Notice.objects.filter(
        event="environment.weakened").order_by("pk")]
    assert told == ["Shop - Production is to be protected less",
                    "Shop - Production is protected less"]
    assert ("protection.agreed", "done") in audited()
    with refusal("protection.agreed", "no longer waits: it was agreed to"):
        protection.agree(factories.actor_for(second), row)


def test_a_rule_comes_back_with_its_people(change, protected, second):
    """What was agreed to is what was asked for."""
    row = change(_let_in)
    rule = ApprovalRule.objects.get()
    assert rule.users.count() == 2
    protection.agree(factories.actor_for(second), row)
    assert ApprovalRule.objects.get() == rule
    assert rule.users.count() == 3


def test_whose_own_entry_nobody_confirmed_neither_asks_nor_agrees(
        change, protected, second, shop, outsider, refusal):
    """Nobody makes themselves a second person."""
    factories.make_grant(outsider, "set_up", project=shop)
    row = change(_unprotect)
    with refusal("protection.agreed", "Nobody confirmed your own entry"):
        protection.agree(factories.actor_for(outsider), row)
    protection.decline(factories.actor_for(outsider), row, comment="Not now")
    own = change(_unprotect, outsider)
    with refusal("protection.agreed", "Nobody confirmed what outsider may set up"):
        protection.agree(factories.actor_for(second), own)


def test_the_only_administrator_waits_for_a_day(change, protected, admin, refusal):
    """And then agrees alone: everybody was told."""
    row = change(_unprotect)
    with refusal("protection.agreed", "There is no second person, so .* waits for a day"):
        protection.agree(factories.actor_for(admin), row)
    ProtectionChange.objects.update(asked_at=timezone.now() - timedelta(hours=24))
    protection.agree(factories.actor_for(admin), row)
    assert not content_of(protected)["is_protected"]


def test_what_changed_meanwhile_is_asked_for_anew(change, protected, second, viewer, refusal):
    """One waits at a time; declining leaves all as it is."""
    row = change(_unprotect)
    with pytest.raises(Refused, match="waits for a second person"):
        change(_all)
    with refusal("protection.declined", "You may not set up"):
        protection.decline(factories.actor_for(viewer), row)
    protected.approval_rules.update(people_needed=3)
    with refusal("protection.agreed", "changed after this was asked for"):
        protection.agree(factories.actor_for(second), row)
    with refusal("protection.declined", "Saying no needs a reason"):
        protection.decline(factories.actor_for(second), row, comment=" ")
    type(second).objects.filter(pk=row.asked_by_id).update(email="admin@shop.example")
    row.refresh_from_db()
    protection.decline(factories.actor_for(second), row, comment="Black Friday is near")
    row.refresh_from_db()
    assert row.comment == "Black Friday is near"
    assert Notice.objects.filter(
        subject="Shop - Production stays as protected as it was",
        text__contains="second said no to what you asked for: Black Friday is near").exists()
    assert content_of(protected)["is_protected"]
    assert protection.waiting_of(protected) is None


def test_who_asked_takes_it_back_without_a_reason(change, protected):
    """And nobody writes to them about it."""
    row = change(_unprotect)
    protection.decline(factories.actor_for(row.asked_by), row)
    assert protection.waiting_of(protected) is None
    assert not Notice.objects.filter(subject__contains="stays as protected").exists()


def test_that_nobody_need_agree_any_more_is_said(change):
    """Where the last rule goes, and only there."""
    left = "no approval rule is left: releases there need nobody’s yes"
    assert left in change(_all).words
    ProtectionChange.objects.all().delete()
    assert left not in change(_unprotect).words
