"""Signing in: throttled by name, address and browser; in two steps; without telling who exists."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from deployments.models import AuditEntry, Authenticator, RecoveryCode, SignIn, SignInFailure
from deployments.models.session_store import SessionStore
from deployments.pages import known_browser
from deployments.services import sessions, throttle

from .phones import PASSWORD, digits

LOGIN = "/admin/login/"


@pytest.fixture
def phone(anna):
    return Authenticator.objects.create(user=anna, name="phone")


def attempt(client, name="releaser", password="wrong", **more):
    return client.post(LOGIN, {"username": name, "password": password}, **more)


def refusals(action="session.opened"):
    return list(AuditEntry.objects.filter(action=action, outcome="refused")
                .order_by("seq").values_list("sentence", flat=True))


def later(**by):
    """Everything that failed did so earlier."""
    for row in SignInFailure.objects.all():
        SignInFailure.objects.filter(pk=row.pk).update(at=row.at - timedelta(**by))


# -- the throttle ------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["releaser", "nobody"])
def test_of_fifty_tries_five_are_looked_at(anna, name, monkeypatch):
    """The others get 429 with the minutes to wait; the same for a name that nobody has."""
    looked_at = []
    monkeypatch.setattr("django.contrib.auth.forms.authenticate",
                        lambda request, **words: looked_at.append(words))
    answers = [attempt(Client(REMOTE_ADDR=f"10.0.0.{number}"), name) for number in range(50)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 45
    assert len(looked_at) == 5
    assert "Too many tries: try again in 1 minute." in answers[-1].text
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert len(refusals()) == 6  # each that was looked at, and one for the whole wait
    assert "Until then every try is refused." in refusals()[-1]
    assert SignInFailure.objects.count() == 5


def test_the_wait_doubles_and_ends(anna):
    """1, 2, 4, 8, then at most 15 minutes after the newest failure; then one more is looked at."""
    assert [throttle.OF_NAME.wait_s(count) // 60 for count in range(4, 12)] == [
        0, 1, 2, 4, 8, 15, 15, 15]
    assert throttle.OF_NAME.wait_s(5000) == 900
    client = Client()
    for _ in range(7):
        attempt(client)
        later(minutes=3)
    later(minutes=1)
    attempt(client)
    assert "try again in 8 minutes" in attempt(client).text
    later(minutes=8)
    assert attempt(client, password=PASSWORD).status_code == 302


def test_the_right_password_is_not_looked_at_while_one_must_wait(anna):
    """Otherwise guessing went on, only without an answer."""
    client = Client()
    for _ in range(5):
        attempt(client)
    assert attempt(client, password=PASSWORD).status_code == 429
    assert client.get("/admin/").status_code == 302
    assert not SignIn.objects.exists()


@pytest.mark.parametrize("name", ["RELEASER", "releaser ", "ｒｅｌｅａｓｅｒ"])
def test_other_spellings_of_a_name_count_as_the_same(anna, name):
    """NFKC and capitals: Django's form normalises names, too."""
    for _ in range(5):
        attempt(Client())
    assert attempt(Client(), name).status_code == 429


def test_twenty_names_from_one_address_make_it_wait_five_minutes_at_most(anna):
    """One password tried at many names; and whoever shares the address gets in soon."""
    client = Client(REMOTE_ADDR="203.0.113.7")
    for number in range(20):
        assert attempt(client, f"name{number}").status_code == 200
    assert attempt(client, "another").status_code == 429
    assert attempt(Client(REMOTE_ADDR="203.0.113.8"), password=PASSWORD).status_code == 302
    for _ in range(30):  # whoever goes on knocking does not make it longer
        attempt(client, "another")
    assert throttle.OF_ADDRESS.wait_s(10_000) == 300
    later(minutes=1)
    assert attempt(client, password=PASSWORD).status_code == 302


def test_a_browser_that_was_used_before_is_not_kept_out_by_others(anna):
    """Neither by guesses at the name nor by a neighbour behind the same proxy."""
    own, stranger = Client(REMOTE_ADDR="203.0.113.7"), Client(REMOTE_ADDR="203.0.113.7")
    assert attempt(own, password=PASSWORD).status_code == 302
    own.post(reverse("admin:logout"))
    for number in range(30):
        attempt(stranger, "releaser" if number < 10 else f"name{number}")
    assert attempt(stranger, password=PASSWORD).status_code == 429
    assert attempt(own, password=PASSWORD).status_code == 302


def test_a_known_browser_is_counted_by_itself_and_only_for_its_person(anna, approver):
    """The cookie opens nothing: five wrong passwords, as everywhere; for other names it is none."""
    own = Client()
    attempt(own, password=PASSWORD)
    cookie = own.cookies[known_browser.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert "releaser" not in cookie.value
    for _ in range(5):
        assert attempt(own).status_code == 200
    assert attempt(own).status_code == 429
    assert set(SignInFailure.objects.values_list("browser", flat=True)) != {""}
    attempt(own, "approver")
    assert SignInFailure.objects.get(name=throttle.name_hash("approver")).browser == ""


def test_a_made_up_browser_counts_as_a_stranger(anna):
    """A cookie that we did not sign is none."""
    client = Client()
    client.cookies[known_browser.COOKIE] = "WyJhIiwiYiJd:made:up"
    attempt(client)
    assert SignInFailure.objects.get().browser == ""


def test_failures_are_forgotten_and_pruned(anna):
    """After an hour they do not count, after a day they are gone."""
    for _ in range(5):
        attempt(Client())
    later(hours=1, seconds=1)
    assert attempt(Client()).status_code == 200
    later(hours=24)
    attempt(Client(), "other")
    assert list(SignInFailure.objects.values_list("name", flat=True)) == [
        throttle.name_hash("other")]


def test_getting_in_forgives_what_failed_from_there(anna):
    """A person who mistyped four times begins anew; a failure elsewhere stays."""
    attempt(Client(REMOTE_ADDR="10.9.9.9"))
    client = Client()
    for _ in range(3):
        attempt(client)
    attempt(client, password=PASSWORD)
    assert [row.address for row in SignInFailure.objects.all()] == ["10.9.9.9"]


@pytest.mark.django_db(transaction=True)
def test_of_tries_at_the_same_moment_no_more_are_looked_at(at_once):
    """Counted before anything is looked at: of eight threads five go on at most (one that is
    refused counts for the moment until it is known to be)."""
    tries = at_once(*[lambda: throttle.count("anna", "10.0.0.1")] * 8)
    assert 1 <= [one.wait_s for one in tries].count(0) <= 5


# -- the second step ------------------------------------------------------------------------------

def test_a_password_alone_opens_nothing_where_a_code_is_owed(anna, phone):
    """Between the steps one is a stranger; after the code the session has another key."""
    client = Client()
    answer = attempt(client, password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (303, "/admin/code/")
    assert client.get("/admin/").status_code == 302
    assert not SignIn.objects.exists()
    between = client.session.session_key
    answer = client.post("/admin/code/", {"code": digits(phone)})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.session.session_key != between
    assert not SessionStore().exists(between)
    row = SignIn.objects.get()
    assert row.is_two_step
    assert row.session_hash == sessions.hash_of(client.session.session_key)
    assert AuditEntry.objects.order_by("-seq")[0].sentence == \
        "releaser signed in with a second step"


def test_a_code_counts_once_and_only_now(anna, phone):
    """Replayed, from another time, or no code at all: refused and recorded."""
    client, code = Client(), digits(phone)
    attempt(client, password=PASSWORD)
    client.post("/admin/code/", {"code": code})
    again = Client()
    attempt(again, password=PASSWORD)
    for wrong in (code, digits(phone, later=5), "", "x" * 9000, "１２３４５６"):
        SignInFailure.objects.all().delete()
        answer = again.post("/admin/code/", {"code": wrong})
        assert answer.status_code == 403
        assert "This code is not right." in answer.text
    assert refusals()[-1] == "Refused for releaser: This code is not right."
    assert SignIn.objects.count() == 1


def test_codes_are_throttled_as_passwords_are(anna, phone):
    """A million codes need more than five tries."""
    client = Client()
    attempt(client, password=PASSWORD)
    answers = [client.post("/admin/code/", {"code": "000000"}).status_code for _ in range(7)]
    assert answers == [403] * 5 + [429] * 2
    assert client.post("/admin/code/", {"code": digits(phone)}).status_code == 429


def test_a_recovery_code_opens_once_and_the_person_is_told(anna, phone):
    """Capitals and hyphens do not matter."""
    from deployments.models import Notice
    from deployments.services.second_step import _make_codes

    anna.email = "anna@shop.example"
    anna.save()
    code = _make_codes(anna)[0]
    for expected in (302, 403):
        client = Client()
        attempt(client, password=PASSWORD)
        assert client.post("/admin/code/", {"code": code.upper()}).status_code == expected
    assert RecoveryCode.objects.filter(used_at=None).count() == 9
    assert Notice.objects.get().subject == "A recovery code opened your account"


def test_what_is_owed_ends_with_time_with_a_new_password_and_with_the_entry(anna, phone):
    """Five minutes; and whoever may not sign in any more is asked for nothing."""
    for spoil in (lambda client: _expire(client), lambda client: _new_password(anna),
                  lambda client: anna.grants.all().delete()):
        client = Client()
        attempt(client, password=PASSWORD)
        assert client.get("/admin/code/").status_code == 200
        spoil(client)
        assert client.post("/admin/code/", {"code": digits(phone)}).status_code == 303
        assert not SignIn.objects.exists()
        anna.set_password(PASSWORD)
        anna.save()


def _expire(client):
    session = client.session
    session["second_step"] |= {"until": 0}
    session.save()


def _new_password(user):
    user.set_password("something else entirely")
    user.save()


def test_the_code_page_is_for_whoever_owes_a_code(client, db):
    """A stranger is led to the first step; PUT is not for this page."""
    assert client.get("/admin/code/")["Location"] == "/admin/login/"
    assert client.put("/admin/code/").status_code == 405


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/", "/\\evil.example",
                                   "javascript:alert(1)", "https:evil.example"])
def test_signing_in_leads_to_no_other_site(anna, phone, there):
    """Neither after one step nor after two."""
    client = Client()
    client.post(f"{LOGIN}?next={there}", {
        "username": "releaser", "password": PASSWORD, "next": there})
    assert client.post("/admin/code/", {"code": digits(phone)})["Location"] == "/admin/"
