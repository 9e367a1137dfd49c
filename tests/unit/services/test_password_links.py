"""Password links: they reach their person, work once, and let no administrator become anybody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import policy
from deployments.errors import Refused
from deployments.models import Account, AuditEntry, Environment, Notice, PasswordLink, SignIn
from deployments.notify.mail import letter_of
from deployments.services import password_links, people
from tests.factories import actor_for, make_deployment, make_grant, make_user

NEW = "a brand new secret"


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def with_mail(settings):
    settings.MAIL_IS_ON = True


@pytest.fixture
def ada(with_mail, shop):
    return make_user("ada", shop, "look", "release", password="old", email="ada@shop.example")


def sent(admin, user):
    """The link that a mail to the person carries, as its token."""
    assert password_links.send(actor_for(admin), user) == ""
    return password_links.token_of(PasswordLink.objects.first())


def test_the_link_is_in_the_mail_and_nowhere_else(admin, ada):
    """Neither the outbox, which administrators read, nor the audit log can give it away."""
    token = sent(admin, ada)
    notice = Notice.objects.get(event="password_link.sent")
    assert token in letter_of(notice).body
    assert token not in notice.text
    assert password_links.PLACE in notice.text
    kept = str(list(PasswordLink.objects.values())) + str(list(AuditEntry.objects.values()))
    assert token.partition("-")[2] not in kept


def test_a_password_is_set_once(admin, ada, refusal):
    """Afterwards the link opens nothing; sessions end, and the person and the sender are told."""
    admin.email = "admin@shop.example"
    admin.save()
    SignIn.objects.create(user=ada, session_hash="x", fresh_at=timezone.now(),
                          seen_at=timezone.now())
    token = sent(admin, ada)
    password_links.use(token, NEW, address="10.0.0.1")
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert SignIn.objects.get().ended_at
    told = Notice.objects.filter(event="password.set").values_list("address", flat=True)
    assert set(told) == {"ada@shop.example", "admin@shop.example"}
    with refusal("password.set", "not valid, or was used already"):
        password_links.use(token, "another secret 1", address="10.0.0.1")


def test_approvals_are_void_for_a_day_once_it_is_used(
        admin, with_mail, production, approval_rule, approver, releaser):
    """Also those that were given before: whoever sent the link might have been who agreed."""
    from deployments.services import approvals

    approver.email = "mia@shop.example"
    approver.save()
    row = make_deployment(production, status="awaiting_approval", requested_by=releaser)
    approvals.approve(actor_for(approver), row, plan_hash=row.plan_hash)
    token = sent(admin, approver)
    row.refresh_from_db()
    assert row.status == "queued"
    password_links.use(token, NEW, address="")
    row.refresh_from_db()
    assert row.status == "voided"
    void = Account.objects.get(user=approver).approvals_void_until - timezone.now()
    assert timedelta(hours=23) < void <= timedelta(hours=24)


def test_what_changes_the_account_makes_a_link_void(admin, ada, settings):
    """A newer link, another password, another mail address, time, and switching off."""
    first = sent(admin, ada)
    second = sent(admin, ada)
    assert password_links.find(first) is None
    assert password_links.find(second)
    for name, value in (("email", "x@evil.example"), ("password", "!"),
                        ("is_active", False)):
        before = getattr(ada, name)
        type(ada).objects.filter(pk=ada.pk).update(**{name: value})
        assert password_links.find(second) is None, name
        type(ada).objects.filter(pk=ada.pk).update(**{name: before})
    PasswordLink.objects.update(expires_at=timezone.now())
    assert password_links.find(second) is None


@pytest.mark.parametrize("token", ["", "1", "-", "x-1", "1-", "1-" + "0" * 64, "9" * 40 + "-0",
                                   "\u0661-" + "0" * 64])
def test_a_made_up_link_opens_nothing(token, admin, ada, refusal):
    """And the try is in the audit log."""
    sent(admin, ada)
    with refusal("password.set", "not valid"):
        password_links.use(token, NEW, address="10.0.0.1")


def test_a_weak_password_uses_nothing_up(admin, ada, refusal):
    """The link still works afterwards."""
    token = sent(admin, ada)
    with refusal("password.set", "too short"):
        password_links.use(token, "short", address="")
    assert password_links.find(token)


def test_nobody_sends_one_to_themselves_or_to_who_is_switched_off(admin, ada, viewer, refusal):
    """Nor somebody who does not look after accounts, nor from a session left open for long."""
    with refusal("password_link.sent", "to yourself"):
        password_links.send(actor_for(admin), admin)
    with refusal("password_link.sent", "Only who sets everything up"):
        password_links.send(actor_for(viewer), ada)
    with refusal("password_link.sent", "sign-in of the last"):
        password_links.send(policy.Actor(user=admin), ada)
    people.change(actor_for(admin), ada, is_active=False)
    with refusal("password_link.sent", "switched off"):
        password_links.send(actor_for(admin), ada)


def test_a_changed_mail_address_gets_no_link_for_a_day(admin, ada, refusal):
    """Changing somebody's address and sending the link there would be becoming them."""
    people.change(actor_for(admin), ada, email="mine@evil.example")
    with refusal("password_link.sent", "was changed a short while ago"):
        password_links.send(actor_for(admin), ada)
    Account.objects.update(address_changed_at=timezone.now() - password_links.SETTLES)
    assert password_links.send(actor_for(admin), ada) == ""


def test_a_typing_error_of_a_new_account_is_put_right_at_once(admin, with_mail):
    """Nobody has used it and it may do nothing: there is nothing to take over."""
    new, _ = people.add(actor_for(admin), username="new", email="tpyo@shop.example")
    people.change(actor_for(admin), new, email="typo@shop.example")
    assert password_links.send(actor_for(admin), new) == ""


def test_without_mail_the_link_is_shown_once(admin, outsider, settings):
    """The audit log says to whom."""
    link = password_links.send(actor_for(admin), outsider)
    assert password_links.find(link.rstrip("/").rpartition("/")[2])
    entry = AuditEntry.objects.get(action="password_link.sent")
    assert "was shown a password link for outsider" in entry.sentence
    assert link.rstrip("/").rpartition("-")[2] not in str(entry.details)


def test_no_link_is_shown_for_whoever_weighs(admin, shop, production, refusal):
    """A second administrator, or who may release where that is protected, by name or by group:
    whoever saw it could be them."""
    from django.contrib.auth.models import Group

    Environment.objects.update(is_protected=True)
    group = Group.objects.create(name="Leads")
    make_grant(None, "approve", group=group, project=shop)
    by_group = make_user("by-group")
    by_group.groups.add(group)
    for user in (make_user("heavy", shop, "release"), make_user("setter", None, "set_up"),
                 make_user("super", is_superuser=True), by_group):
        with refusal("password_link.sent", "nobody may be shown their link"):
            password_links.send(actor_for(admin), user)


def test_of_two_who_use_one_link_one_wins(admin, ada, at_once, transactional_db):
    """The row is held: it is never used twice."""
    token = sent(admin, ada)
    results = at_once(*[lambda word=word: password_links.use(token, word, address="")
                        for word in ("first new secret", "second new secret")])
    assert sorted(type(result).__name__ for result in results) == ["Refused", "User"]
    assert isinstance(next(r for r in results if isinstance(r, Exception)), Refused)
    assert AuditEntry.objects.filter(action="password.set", outcome="done").count() == 1
