"""Sessions: how they end, and who ends them."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from deployments import policy
from deployments.errors import Refused
from deployments.models import Account, Notice, SignIn
from deployments.models.session_store import SessionStore
from deployments.services import sessions
from deployments.services.deployments import request_deployment
from tests import factories

from .phones import PASSWORD, entries, is_in

OWN = "/admin/sessions/"


def age(client_or_row, **by):
    """As if the session had been used, and begun, so long ago."""
    row = client_or_row if isinstance(client_or_row, SignIn) else \
        SignIn.objects.get(pk=client_or_row.session["sign_in"])
    ago = timezone.now() - timedelta(**by)
    SignIn.objects.filter(pk=row.pk).update(seen_at=ago, fresh_at=ago)
    return row


# -- limits ------------------------------------------------------------------------------------

def test_a_session_that_nobody_used_ends(anna, sign_in):
    """After half an hour; the person reads why, the log has it once, the session is deleted."""
    client = sign_in(anna)
    key, row = client.session.session_key, age(client, minutes=31)
    assert not is_in(client)
    assert "You were signed out: nothing was done for 30 minutes." in \
        client.get("/admin/login/").text
    row.refresh_from_db()
    assert row.ended_at is not None
    assert not SessionStore().exists(key)
    assert entries("session.ended") == [
        "A session of releaser ended: nothing was done for 30 minutes"]


def test_a_session_in_use_ends_after_its_whole_time(anna, sign_in, settings):
    """However busy it is."""
    client = sign_in(anna)
    SignIn.objects.update(began_at=timezone.now() - timedelta(hours=10))
    assert not is_in(client)
    assert SignIn.objects.get().ended_why == "it was 10 hours old"


def test_a_page_that_asks_by_itself_keeps_no_session_alive(anna, sign_in, production):
    """Progress pages ask every second; a click counts."""
    client = sign_in(anna)
    deployment = factories.make_deployment(production)
    row = age(client, minutes=20)
    before = SignIn.objects.get().seen_at
    assert client.get(f"/admin/progress/{deployment.pk}/rows/").status_code == 200
    assert SignIn.objects.get(pk=row.pk).seen_at == before
    client.get("/admin/history/")
    assert SignIn.objects.get(pk=row.pk).seen_at > before


def test_a_copy_of_an_ended_session_opens_nothing(anna, sign_in):
    """Even where its row in the session table comes back."""
    client = sign_in(anna)
    kept = Session.objects.get()
    sessions.end_all(anna, "a test")
    kept.save(force_insert=True)
    assert not is_in(client)


def test_a_copy_of_the_database_opens_no_session(anna, sign_in):
    """Its rows name a session by a hash alone."""
    key, row = sign_in(anna).session.session_key, Session.objects.get()
    thief = Client()
    thief.cookies["sessionid"] = row.session_key
    assert not is_in(thief)
    assert key not in (row.session_key, row.session_data)
    thief.cookies["sessionid"] = key
    assert is_in(thief)


def test_a_session_without_a_row_opens_nothing(anna, sign_in):
    """As those that began before there were rows."""
    client = sign_in(anna)
    session = client.session
    del session["sign_in"]
    session.save()
    assert not is_in(client)


@pytest.mark.parametrize("spoil", ["switch off", "password"])
def test_an_account_that_is_switched_off_loses_its_sessions(anna, sign_in, spoil):
    """At the next click; a password that somebody else set does the same."""
    client = sign_in(anna)
    if spoil == "password":
        anna.set_password("another one entirely")
    anna.is_active = spoil == "password"
    anna.save()
    assert not is_in(client)
    assert SignIn.objects.get().ended_at is not None
    assert len(entries("session.ended")) == 1


def test_signing_out_ends_the_row(anna, sign_in):
    """The list of sessions does not show it any more."""
    client = sign_in(anna)
    answer = client.post("/admin/logout/")
    assert "You are signed out" in answer.content.decode()
    assert SignIn.objects.get().ended_why == "signed out"
    assert not is_in(client)


def test_what_nobody_came_back_to_is_closed_and_forgotten_later(anna, sign_in):
    """By the worker; open sessions stay."""
    idle, used = sign_in(anna), sign_in(anna)
    row = age(idle, hours=2)
    sessions.tidy()
    row.refresh_from_db()
    assert row.ended_at is not None
    assert is_in(used)
    SignIn.objects.filter(pk=row.pk).update(ended_at=timezone.now() - timedelta(days=91))
    sessions.tidy()
    assert SignIn.objects.count() == 1


def test_a_new_password_of_ones_own_ends_the_other_sessions(anna, sign_in):
    """This one goes on, under another key; the person is told."""
    client, other = sign_in(anna), sign_in(anna)
    key = client.session.session_key
    new = "a quite different sentence"
    answer = client.post("/admin/password_change/", {
        "old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert answer.status_code == 302
    assert "Your password is changed" in client.get(answer.url).text
    assert client.session.session_key != key
    assert not is_in(other)
    assert entries("password.changed") == ["releaser changed their own password"]
    assert Account.objects.get(user=anna).password_changed_at is not None
    assert Notice.objects.get().subject == "Your password was changed"


def test_a_new_password_has_what_the_person_asked_for_looked_at_again(
        anna, sign_in, production, approval_rule, shop):
    """As every change of how somebody signs in: here an entry had ended, and nobody had noticed."""
    asked = request_deployment(factories.actor_for(anna), production, request_key="click",
                               release=factories.make_release(shop))
    client = sign_in(anna)
    anna.grants.filter(action="release").update(valid_until=timezone.now() - timedelta(seconds=1))
    new = "a quite different sentence"
    client.post("/admin/password_change/", {
        "old_password": PASSWORD, "new_password1": new, "new_password2": new})
    asked.refresh_from_db()
    assert asked.status == "cancelled"
    assert "may no longer do this" in asked.result


def test_old_passwords_are_throttled_and_refusals_recorded(anna, sign_in):
    """An open browser is no place to guess in."""
    client = sign_in(anna)
    answers = [client.post("/admin/password_change/", {
        "old_password": "guess", "new_password1": "x" * 12, "new_password2": "x" * 12})
        for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert len(entries("password.changed", "refused")) == 5
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


# -- ending them -----------------------------------------------------------------------------------

def test_people_end_their_own_sessions(anna, sign_in):
    """One, or all others; the page marks the one it is read in."""
    client, other, third = sign_in(anna), sign_in(anna, HTTP_USER_AGENT="x"), sign_in(anna)
    text = client.get(OWN).text
    assert text.count("This one") == 1
    number = other.session["sign_in"]
    assert client.post(OWN, {"session": number}).status_code == 303
    assert (is_in(other), is_in(third), is_in(client)) == (False, True, True)
    assert client.post(OWN, {"session": "others"}).status_code == 303
    assert (is_in(third), is_in(client)) == (False, True)
    again = client.post(OWN, {"session": number})
    assert again.status_code == 403
    assert "This session has ended already." in again.text
    assert client.put(OWN).status_code == 405


def test_nobody_ends_anothers_session_by_its_number(anna, approver, sign_in):
    """On one's own page only one's own can be named; the other's page is for administrators."""
    victim, client = sign_in(approver), sign_in(anna)
    number = victim.session["sign_in"]
    assert client.post(OWN, {"session": number}).status_code == 404
    assert client.post(f"{OWN}{approver.pk}/", {"session": number}).status_code == 403
    assert is_in(victim)
    with pytest.raises(Refused, match="Only who sets everything up looks after accounts"):
        sessions.end(factories.actor_for(anna), SignIn.objects.get(pk=number))
    assert entries("session.ended", "refused")


def test_administrators_end_sessions_of_others(anna, admin, sign_in):
    """It is in the log with the place; missing people are a 404, other methods a 405."""
    victim, client = sign_in(anna), sign_in(admin)
    there = f"{OWN}{anna.pk}/"
    assert "Where releaser is signed in" in client.get(there).text
    assert client.post(there, {"session": victim.session["sign_in"]}).status_code == 303
    assert not is_in(victim)
    assert entries("session.ended")[0].startswith("admin ended a session of releaser: from ")
    assert client.get(f"{OWN}99999/").status_code == 404
    assert client.post(there, {"session": "99999"}).status_code == 404
    assert client.put(there).status_code == 405


def test_a_superusers_session_is_a_superusers_matter(admin, sign_in):
    """Whoever sets everything up by an entry may not."""
    setter = factories.make_user("setter", None, "set_up")
    decision = policy.may_end_sessions(factories.actor_for(setter), admin)
    assert not decision
    assert sign_in(setter).get(f"{OWN}{admin.pk}/").status_code == 403
    assert policy.may_end_sessions(factories.actor_for(setter), factories.make_user("x"))
