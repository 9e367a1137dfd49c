"""The second step: set up, replaced, switched off, reset by others, demanded by environments."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from deployments import policy
from deployments.errors import Refused
from deployments.models import Account, Authenticator, Notice, RecoveryCode, SignIn
from deployments.models import second_step as second_step_rows
from deployments.services import second_step
from tests import factories

from . import phones
from .phones import PASSWORD, digits, entries, is_in

TWO_STEP, OWN = "/admin/two-step/", "/admin/sessions/"


def enrol(client, user):
    """Set it up on the pages; returns the phone and the recovery codes."""
    assert client.post(TWO_STEP, {"do": "prepare", "password": PASSWORD}).status_code == 303
    phone = Authenticator.objects.get(user=user, confirmed=False)
    answer = client.post(TWO_STEP, {"do": "confirm", "code": digits(phone)})
    assert answer.status_code == 200
    return phone, re.findall(r"<code>([a-z2-9-]{19})</code>", answer.text)


def test_the_second_step_is_set_up_with_a_picture_and_a_code(anna, sign_in):
    """The picture is an SVG of ours without script; codes are shown once and kept as hashes."""
    client, other = sign_in(anna), sign_in(anna)
    assert client.get(f"{TWO_STEP}picture/").status_code == 404
    _, codes = enrol(client, anna)
    assert len(set(codes)) == 10
    assert codes[0] not in client.get(TWO_STEP).text
    assert not any(code.replace("-", "") in str(list(RecoveryCode.objects.values()))
                   for code in codes)
    assert SignIn.objects.get(ended_at=None).is_two_step
    assert (is_in(client), is_in(other)) == (True, False)
    assert entries("second_step.added") == ["releaser set up two-step sign-in"]
    assert Notice.objects.get().subject == "Two-step sign-in is on for your account"


def test_the_picture_holds_what_the_app_needs(anna, sign_in):
    """And the row in the database does not hold the secret in clear."""
    client = sign_in(anna)
    client.post(TWO_STEP, {"do": "prepare", "password": PASSWORD})
    answer = client.get(f"{TWO_STEP}picture/")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "no-store" in answer.headers["Cache-Control"]
    assert b"<svg" in answer.content
    assert b"style=" not in answer.content
    phone = Authenticator.objects.get()
    assert phone.typed_secret in client.get(TWO_STEP).text
    assert re.fullmatch(
        r"otpauth://totp/Release%20manager%3Areleaser\?secret=[A-Z2-7]{32}&"
        r"issuer=Release%20manager&algorithm=SHA1&digits=6&period=30",
        phone.address("Release manager"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM deployments_authenticator")
        assert phone.secret not in cursor.fetchone()[0]


@pytest.mark.parametrize(("words", "reason"), [
    ({"do": "prepare", "password": "guess"}, "This is not your password."),
    ({"do": "confirm", "code": "123456"}, "Nothing is being set up."),
    ({"do": "renew", "code": "123456"}, "This code is not right."),
    ({"do": "remove", "password": PASSWORD, "code": "1"}, "Password or code is wrong."),
    ({"do": "nothing"}, "This button is not known."), ({}, "This button is not known."),
])
def test_what_is_not_right_changes_nothing(anna, sign_in, words, reason):
    """Each button on its own; other methods and strangers get no page."""
    client = sign_in(anna)
    answer = client.post(TWO_STEP, words)
    assert answer.status_code in (400, 403)
    assert reason in answer.text
    assert not Authenticator.objects.exists()
    assert client.put(TWO_STEP).status_code == 405
    assert Client().get(TWO_STEP).status_code == 302


@pytest.mark.parametrize(("later", "counts"), [
    (-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_neighbour_of_the_present_code_counts_too(anna, monkeypatch, later, counts):
    """Phones are half a minute fast or slow, and typing takes its time."""
    stands = SimpleNamespace(time=lambda: 1_780_000_000)
    for module in (phones, second_step_rows):
        monkeypatch.setattr(module, "time", stands)
    phone = Authenticator.objects.create(user=anna, name="phone")
    assert phone.verify_token(digits(phone, later=later)) is counts


def test_it_is_switched_off_with_both_and_sessions_count_as_before(anna, sign_in):
    """A password alone, or a code alone, does not do it; a recovery code does for a lost phone."""
    client = sign_in(anna)
    phone, codes = enrol(client, anna)
    for words in ({"password": PASSWORD}, {"code": codes[0]},
                  {"password": "guess", "code": digits(phone, later=1)}):
        assert client.post(TWO_STEP, {"do": "remove"} | words).status_code == 403
    assert second_step.is_on(anna)
    answer = client.post(TWO_STEP, {"do": "remove", "password": PASSWORD, "code": codes[0]})
    assert answer.status_code == 303
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert not SignIn.objects.filter(is_two_step=True).exists()
    assert entries("second_step.removed") == ["releaser switched two-step sign-in off"]


def test_new_recovery_codes_make_the_old_ones_worthless(anna, sign_in):
    """For whoever lost the paper."""
    client = sign_in(anna)
    phone, codes = enrol(client, anna)
    answer = client.post(TWO_STEP, {"do": "renew", "code": digits(phone, later=1)})
    assert answer.status_code == 200
    assert RecoveryCode.objects.count() == 10
    assert not second_step.accepts(anna, codes[0])


def test_an_administrator_resets_it_and_the_person_is_told(anna, admin, sign_in, settings):
    """With a reason; sessions end, and for a day the person's approvals count for nothing."""
    victim, client = sign_in(anna), sign_in(admin)
    enrol(victim, anna)
    Notice.objects.all().delete()
    there = f"{OWN}{anna.pk}/"
    answer = client.post(there, {"do": "reset", "reason": " "})
    assert (answer.status_code, second_step.is_on(anna)) == (403, True)
    assert "A reset needs a reason." in answer.text
    settings.MAIL_IS_ON = True
    answer = client.post(there, {"do": "reset", "reason": "She called me,\nphone stolen"})
    assert answer.status_code == 303
    assert "with a password alone now. releaser gets a mail." in client.get(there).text
    assert not Authenticator.objects.exists()
    assert not is_in(victim)
    left = Account.objects.get(user=anna).approvals_void_until - timezone.now()
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    assert entries("second_step.reset") == [
        "admin took two-step sign-in away from releaser: She called me, phone stolen"]
    assert "admin took two-step sign-in away" in Notice.objects.get().subject
    assert entries("second_step.reset", "refused")


def test_an_old_sign_in_is_asked_again_before_a_reset(anna, admin, sign_in):
    """And nobody resets their own."""
    Authenticator.objects.create(user=anna, name="phone")
    client = sign_in(admin)
    SignIn.objects.update(fresh_at=timezone.now() - timedelta(hours=2))
    answer = client.post(f"{OWN}{anna.pk}/", {"do": "reset", "reason": "She called"})
    assert answer["Location"].startswith("/admin/again/?next=")
    assert second_step.is_on(anna)
    assert "She called" in client.get(f"{OWN}{anna.pk}/").text
    with pytest.raises(Refused, match="This needs a sign-in of the last 60 minutes"):
        second_step.reset(policy.Actor(admin), anna, "She called")
    with pytest.raises(Refused, match="You cannot reset your own second step"):
        second_step.reset(factories.actor_for(admin), admin, "I lost it")


def test_production_can_demand_it(production, anna, sign_in):
    """Release, go back, emergency; the reason says what to do, and reading stays open."""
    production.needs_two_step = True
    production.save()
    factories.make_grant(anna, "emergency")
    factories.make_grant(anna, "release")
    weak = factories.actor_for(anna)
    strong = policy.Actor(anna, is_two_step=True)
    by_command = policy.Actor(anna, system_account="root")
    for may in (policy.may_release, policy.may_go_back, policy.may_release_in_emergency,
                policy.may_reload):
        assert may(strong, production)
        decision = may(weak, production)
        assert not decision
        assert "needs two-step sign-in, and you signed in with a password alone" in decision.reason
        assert may(by_command, production).remedy == "Do it in a browser."
    assert policy.may_look(weak, production.project)
    assert policy.may_stop(weak, factories.make_deployment(production))
    lines = policy.explain(weak, "release", environment=production)
    assert [line.passed for line in lines if "two-step" in line.text] == [False, False]
    assert lines[-1].text == policy.may_release(weak, production).reason
    Authenticator.objects.create(user=anna, name="phone", confirmed=True)
    assert policy.explain(weak, "release", environment=production)[-1].passed
    pages = {path: sign_in(anna).get(path).text for path in ("/admin/", "/admin/access/")}
    assert pages["/admin/"].count("needs two-step sign-in, and you signed in") == 1
    assert all('href="/admin/two-step/">Two-step sign-in' in page for page in pages.values())
