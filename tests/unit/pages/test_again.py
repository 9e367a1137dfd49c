"""Being asked again who one is: what makes a sign-in fresh, and what was written meanwhile."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from deployments import policy
from deployments.models import Authenticator, SignIn
from deployments.pages.again import asks_again
from deployments.pages.door import page
from deployments.pages.forms import comment_of
from deployments.services import sessions

from .phones import PASSWORD, digits, entries

AGAIN = "/admin/again/"


def test_the_password_makes_a_session_fresh_under_a_new_key(anna, sign_in):
    """And leads back."""
    client = sign_in(anna)
    SignIn.objects.update(fresh_at=timezone.now() - timedelta(hours=3))
    key = client.session.session_key
    answer = client.post(AGAIN, {"password": PASSWORD, "next": "/admin/history/?page=2"})
    assert (answer.status_code, answer["Location"]) == (303, "/admin/history/?page=2")
    assert client.session.session_key != key
    row = SignIn.objects.get()
    assert policy.fresh(policy.Actor(anna, fresh_at=row.fresh_at))
    assert row.session_hash == sessions.hash_of(client.session.session_key)
    assert entries("session.renewed") == ["releaser showed again who it is"]


def test_a_wrong_password_makes_nothing_fresh(anna, sign_in):
    """Counted as everywhere, and recorded."""
    client = sign_in(anna)
    before = SignIn.objects.values("fresh_at", "session_hash").get()
    answers = [client.post(AGAIN, {"password": "guess"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert "This is not your password." in answers[0].text
    assert SignIn.objects.values("fresh_at", "session_hash").get() == before
    assert len(entries("session.renewed", "refused")) == 5


def test_where_there_is_a_second_step_both_are_asked_for(anna, sign_in):
    """The password alone is not enough."""
    phone = Authenticator.objects.create(user=anna, name="phone")
    client = sign_in(anna)
    assert "Six digits" in client.get(AGAIN).text
    assert client.post(AGAIN, {"password": PASSWORD}).status_code == 403
    assert not SignIn.objects.get().is_two_step
    code = digits(phone)
    assert client.post(AGAIN, {"password": "guess", "code": code}).status_code == 403
    assert client.post(AGAIN, {"password": PASSWORD, "code": code}).status_code == 303
    assert SignIn.objects.get().is_two_step


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil.example",
                                   "javascript:alert(1)", "evil", ""])
def test_it_leads_to_no_other_site(anna, sign_in, there):
    """Whatever stands in the address; other methods and strangers get no page."""
    client = sign_in(anna)
    assert "evil" not in client.get(AGAIN, {"next": there}).text
    assert client.post(AGAIN, {"password": PASSWORD, "next": there})["Location"] == "/admin/"
    assert client.put(AGAIN).status_code == 405
    assert Client().get(AGAIN).status_code == 302


def test_what_was_written_is_still_there_afterwards(anna, sign_in, rf):
    """A POST from an old sign-in is not carried out; its comment waits on that page alone."""
    done = []

    @page("GET", "POST")
    @asks_again()
    def view(request, actor):
        if request.method == "POST":
            done.append(comment_of(request))
        return HttpResponse(comment_of(request))

    client = sign_in(anna)

    def ask(method, minutes, path="/admin/somewhere/", **words):
        request = getattr(rf, method)(path, words)
        request.user, request.session = anna, session
        request.sign_in = SignIn(user=anna, fresh_at=timezone.now() - timedelta(minutes=minutes))
        return view(request)

    session = client.session
    answer = ask("post", 61, comment="Looks <good>")
    assert (answer.status_code, done) == (303, [])
    assert answer["Location"] == "/admin/again/?next=%2Fadmin%2Fsomewhere%2F"
    assert ask("get", 0).text == "Looks <good>"
    assert ask("get", 0, path="/admin/elsewhere/").text == ""
    ask("post", 0, comment="Better")
    assert done == ["Better"]
    assert ask("get", 0).text == ""


def test_fresh_is_closed_by_default_and_can_be_switched_off(anna, settings):
    """No session, no proof; 0 minutes asks nobody."""
    assert not policy.fresh(policy.Actor(anna))
    now = timezone.now()
    assert policy.fresh(policy.Actor(anna, fresh_at=now - timedelta(minutes=59)))
    assert not policy.fresh(policy.Actor(anna, fresh_at=now - timedelta(minutes=60)))
    settings.FRESH_SIGN_IN_MIN = 0
    assert policy.fresh(policy.Actor(anna))
