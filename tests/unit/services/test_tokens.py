"""Issuing, rotating, revoking and installing tokens: rows and messages, and who may."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deployments import queue
from deployments.models import AuditEntry, Token, TokenInstall
from deployments.services import tokens
from tests import factories
from tests.factories import actor_for, make_grant, make_token


@pytest.fixture
def token(admin, production):
    return tokens.issue(actor_for(admin), production)


def sent(queued):
    """Installations that were told to fetch their tokens, in order."""
    return [pk for task, pk in queued() if task == queue.INSTALL_TOKENS]


def places(environment):
    return list(environment.installations.order_by("pk").values_list("pk", flat=True))


VERBS = {
    "token.issued": lambda actor, token: tokens.issue(actor, token.environment),
    "token.rotated": tokens.rotate,
    "token.revoked": tokens.revoke,
    "token.install_requested": tokens.install,
}


@pytest.mark.parametrize("action", VERBS)
@pytest.mark.parametrize("name", ["releaser", "approver", "viewer", "outsider"])
def test_only_who_sets_up_tokens_may(action, name, request, token, refusal):
    """Releasing is not setting up."""
    user = request.getfixturevalue(name)
    with refusal(action, "You may not set up Shop"):
        VERBS[action](actor_for(user), token)


@pytest.mark.parametrize("action", VERBS)
def test_an_entry_to_set_the_project_up_is_enough(action, outsider, token, audited):
    """Nobody needs to be a superuser for it; an account that is off may not."""
    make_grant(outsider, "set_up", project=token.environment.project)
    VERBS[action](actor_for(outsider), token)
    assert audited()[-1] == (action, "done")


@pytest.mark.parametrize("action", VERBS)
def test_an_account_that_is_off_may_not(action, admin, token, refusal):
    """Also a superuser's."""
    admin.is_active = False
    with refusal(action, "This account is switched off"):
        VERBS[action](actor_for(admin), token)


def test_a_token_is_issued_and_sent_to_every_server(admin, production, token, queued):
    """A row, one message per installation, and where it is not yet."""
    assert re.fullmatch(r"[0-9a-f]{64}", token.key)
    assert re.fullmatch(r"[0-9a-f]{16}", token.public_id)
    assert (token.issued_by, token.issued_by_name, token.scope) == (
        admin, "admin", "reset:opcache")
    assert sent(queued) == places(production)
    assert tokens.state_sentence(token) == "web-1 pending, web-2 pending"


def test_no_two_tokens_are_alike(admin, production):
    """Neither key nor name."""
    made = [tokens.issue(actor_for(admin), production) for _ in range(5)]
    assert len({token.key for token in made}) == len({token.public_id for token in made}) == 5


def test_the_key_is_in_no_audit_entry(admin, token):
    """Entries are exported and read by many."""
    tokens.rotate(actor_for(admin), token)
    texts = str(list(AuditEntry.objects.values()))
    assert token.public_id in texts
    for row in Token.objects.all():
        assert row.key not in texts


@pytest.mark.parametrize(("over", "reason"), [
    ({"networks": "nowhere"}, "“nowhere” is no network"),
    ({"networks": "10.0.0.0/8\n10.0.0.300"}, "is no network"),
    ({"networks": " \n "}, "at least one network"),
    ({"networks": ""}, "at least one network"),
    ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expired already"),
])
def test_a_token_that_could_not_be_used_is_refused(admin, production, refusal, over, reason):
    """No network means everywhere elsewhere; here it is refused."""
    with refusal("token.issued", reason):
        tokens.issue(actor_for(admin), production, **over)


def test_rotation_leaves_both_accepted_for_a_while(admin, token, queued):
    """The old one ends after the overlap; the new one has the same networks."""
    before = len(sent(queued))
    new = tokens.rotate(actor_for(admin), token)
    token.refresh_from_db()
    now = timezone.now()
    assert token.replaced_by == new
    assert timedelta(0) < token.expires_at - now <= tokens.OVERLAP
    assert set(Token.objects.valid(now)) == {token, new}
    assert set(Token.objects.valid(now + tokens.OVERLAP)) == {new}
    assert new.networks == token.networks
    assert sent(queued)[before:] == places(token.environment), "one message per server"


def test_a_rotated_token_lasts_as_long_as_the_old_one_was_meant_to(admin, production):
    """Rotating a token on its last day gives no token of one day."""
    old = tokens.issue(actor_for(admin), production,
                       expires_at=timezone.now() + timedelta(days=90))
    Token.objects.update(issued_at=timezone.now() - timedelta(days=89),
                         expires_at=timezone.now() + timedelta(days=1))
    new = tokens.rotate(actor_for(admin), old)
    assert timedelta(days=89) < new.expires_at - timezone.now() <= timedelta(days=90)


def test_rotation_does_not_prolong_a_token_that_ends_sooner(admin, production):
    """The overlap is an upper limit."""
    soon = timezone.now() + timedelta(minutes=1)
    old = tokens.issue(actor_for(admin), production, expires_at=soon)
    tokens.rotate(actor_for(admin), old)
    old.refresh_from_db()
    assert old.expires_at == soon


def test_a_double_click_rotates_once(admin, token, refusal):
    """Also from a page that is old."""
    old = Token.objects.get(pk=token.pk)
    tokens.rotate(actor_for(admin), token)
    with refusal("token.rotated", "replaced or revoked already"):
        tokens.rotate(actor_for(admin), old)


@pytest.mark.django_db(transaction=True)
def test_two_rotations_at_once_make_one_new_token(admin, token, at_once):
    """Otherwise one of two new keys would be valid and unknown."""
    def click():
        return tokens.rotate(actor_for(admin), Token.objects.get(pk=token.pk))

    results = at_once(click, click)
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Token"]
    assert Token.objects.count() == 2


def test_a_revoked_token_is_not_used_and_its_servers_are_told(admin, production, queued):
    """At once here; done when each server confirmed it."""
    first, second = production.installations.order_by("pk")
    token = make_token(production, installed_on=[first, second])
    assert tokens.newest_installed(first) == token
    tokens.revoke(actor_for(admin), token)
    token.refresh_from_db()
    assert token.revoked_at
    assert tokens.newest_installed(first) is None
    assert sent(queued) == places(production)
    assert tokens.state_sentence(token) == "web-1 still pending, web-2 still pending"
    token.installs.filter(installation=first).update(state=TokenInstall.REMOVED)
    assert tokens.state_sentence(token) == "forgotten by web-1 ✓, web-2 still pending"


def test_a_revoked_token_stays_revoked(admin, token, refusal):
    """Neither revoked twice nor rotated into a new one; an old page does not help."""
    old = Token.objects.get(pk=token.pk)
    tokens.revoke(actor_for(admin), token)
    with refusal("token.revoked", "revoked already"):
        tokens.revoke(actor_for(admin), old)
    with refusal("token.rotated", "replaced or revoked already"):
        tokens.rotate(actor_for(admin), Token.objects.get(pk=token.pk))


def test_a_server_added_later_is_sent_the_tokens(admin, token, queued, production):
    """Install again: a row for the new one, and messages for all active ones."""
    new = factories.make_installation(production, server=factories.make_server("web-3"))
    production.installations.filter(server__name="web-1").update(is_active=False)
    before = len(sent(queued))
    tokens.install(actor_for(admin), token)
    assert sent(queued)[before:] == places(production)[1:]
    assert token.installs.get(installation=new).state == TokenInstall.PENDING


def test_a_server_that_is_left_out_is_told_of_a_revocation_too(admin, production, queued):
    """It would accept the key for ever; of a new token it hears nothing."""
    first, second = production.installations.order_by("pk")
    token = make_token(production, installed_on=[first, second])
    production.installations.filter(pk=second.pk).update(is_active=False)
    new = tokens.issue(actor_for(admin), production)
    assert sent(queued) == [first.pk]
    assert list(new.installs.values_list("installation", flat=True)) == [first.pk]
    tokens.revoke(actor_for(admin), token)
    assert sent(queued)[1:] == [first.pk, second.pk]
    token.installs.update(state=TokenInstall.REMOVED)
    tokens.install(actor_for(admin), token)
    assert sent(queued)[3:] == [first.pk]


def test_a_token_that_has_ended_is_not_promised_to_a_server_added_later(admin, production):
    """It was never there, so there is nothing to forget."""
    token = make_token(production, revoked_at=timezone.now())
    tokens.issue(actor_for(admin), production)
    assert tokens.is_forgotten(token)


def test_a_server_is_asked_with_the_newest_token_it_has(production):
    """During a rotation the old one, until the server confirmed the new one."""
    place, other = production.installations.order_by("pk")
    old = make_token(production, installed_on=[place, other])
    new = make_token(production, installed_on=[other])
    assert tokens.newest_installed(place) == old
    assert tokens.newest_installed(other) == new
    Token.objects.filter(pk=new.pk).update(expires_at=timezone.now())
    assert tokens.newest_installed(other) == old


def test_another_environments_token_is_never_used(production, staging):
    """A row that says it is installed there does not make it this environment's."""
    place = production.installations.first()
    make_token(staging, installed_on=[place])
    assert tokens.newest_installed(place) is None


def test_a_token_says_where_it_is(production):
    """In the words of the admin page."""
    place, other = production.installations.order_by("pk")
    token = make_token(production, installed_on=[place])
    TokenInstall.objects.create(token=token, installation=other)
    assert tokens.state_sentence(token) == "installed on web-1 ✓, web-2 pending"
    assert tokens.state_sentence(make_token(production)) == "no server yet"


def test_an_expired_token_is_said_to_be_forgotten_as_a_revoked_one_is(production):
    """Nobody waits for it to be installed."""
    place, other = production.installations.order_by("pk")
    token = make_token(production, installed_on=[place, other],
                       expires_at=timezone.now() - timedelta(seconds=1))
    token.installs.filter(installation=place).update(state=TokenInstall.REMOVED)
    assert tokens.state_sentence(token) == "forgotten by web-1 ✓, web-2 still pending"


def test_row_and_message_are_undone_together(admin, production, monkeypatch):
    """A token no server will ever get is none."""
    def broken(*args, **options):
        raise OSError("disk full")

    monkeypatch.setattr(queue, "async_task", broken)
    with pytest.raises(OSError, match="disk full"):
        tokens.issue(actor_for(admin), production)
    assert not Token.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_server_that_could_not_take_a_token_says_why(production, admin):
    """The reason stands where people look for it, not in the audit log alone."""
    token = tokens.issue(factories.actor_for(admin), production)
    row = token.installs.get(installation__server__name="web-1")
    row.problem = "web-1 cannot be reached."
    row.save()

    assert "web-1 pending (web-1 cannot be reached.)" in tokens.state_sentence(token)


def test_a_token_that_lasts_for_ever_can_be_replaced(admin, production):
    """Its lifetime added to now would be after the end of the calendar."""
    token = tokens.issue(actor_for(admin), production,
                         expires_at=datetime.max.replace(tzinfo=UTC))
    assert tokens.rotate(actor_for(admin), token).expires_at.year == 9999
