"""Attacks on accounts: planted and stolen sessions, guessing, links, and what answers give away."""

import time

import pytest
from django.conf import settings as configured
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from deployments.errors import Refused
from deployments.models import Authenticator, PasswordLink, SignIn, SignInFailure
from deployments.services import password_links, people, throttle
from tests import factories
from tests.factories import actor_for
from tests.unit.pages.phones import PASSWORD, digits, is_in

from .trying import browser_of, without_drawing

pytestmark = pytest.mark.django_db
LOGIN, CODE, AGAIN = "/admin/login/", "/admin/code/", "/admin/again/"
NEW = "a quite different sentence"
ELSEWHERE = ("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
             "///evil.example", "https:evil.example", "javascript:alert(1)",
             "http://testserver@evil.example/", "/admin/\r\nSet-Cookie: sessionid=planted")


class Hasher(MD5PasswordHasher):
    """Quick, and counts how often a password is looked at."""

    looked_at = 0

    def encode(self, password, salt):
        Hasher.looked_at += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.Hasher"]


@pytest.fixture
def anna(releaser):
    releaser.set_password(PASSWORD)
    releaser.save()
    return releaser


@pytest.fixture
def phone(anna):
    return Authenticator.objects.create(user=anna, name="phone")


def sign_in(browser, name="releaser", password=PASSWORD, next="/admin/", **more):
    return browser.post(LOGIN, {"username": name, "password": password, "next": next}, **more)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def key_of(browser):
    return browser.cookies[configured.SESSION_COOKIE_NAME].value


def with_key(key):
    """A browser that shows this session's key."""
    browser = Client()
    browser.cookies[configured.SESSION_COOKIE_NAME] = key
    return browser


# -- sessions ----------------------------------------------------------------------------------

@pytest.mark.parametrize("has_phone", [False, True])
def test_a_session_planted_in_a_browser_opens_nothing_once_its_victim_signed_in(
        anna, approver, has_phone):
    """Session fixation: the attacker's own half-open session, put into somebody else's browser."""
    approver.set_password(PASSWORD)
    approver.save()
    Authenticator.objects.create(user=approver, name="phone")
    attacker = Client()
    sign_in(attacker, "approver")
    planted = key_of(attacker)
    victim = with_key(planted)
    sign_in(victim)
    if has_phone:
        between = key_of(victim)
        own = Authenticator.objects.create(user=anna, name="phone")
        sign_in(victim)
        victim.post(CODE, {"code": digits(own)})
        assert not is_in(with_key(between))
    assert is_in(victim)
    assert key_of(victim) != planted
    assert not is_in(with_key(planted))
    assert attacker.post(CODE, {"code": "000000"}).status_code == 303  # nothing is owed there


def test_a_key_seen_before_a_proof_opens_nothing_after_it(anna):
    """Asked again who one is, and at a new password."""
    browser = Client()
    sign_in(browser)
    seen = key_of(browser)
    browser.post(AGAIN, {"password": PASSWORD, "next": "/admin/"})
    assert not is_in(with_key(seen))
    seen = key_of(browser)
    browser.post("/admin/password_change/", {
        "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert not is_in(with_key(seen))
    assert is_in(browser)


def test_nobody_is_signed_in_or_out_by_another_site(anna, phone):
    """A form elsewhere, sent by the victim's browser: into the attacker's account, or out."""
    browser = Client(enforce_csrf_checks=True)
    assert sign_in(browser).status_code == 403
    browser.force_login(anna)
    for address in ("/admin/logout/", CODE, AGAIN, "/admin/password_change/", "/admin/sessions/",
                    "/admin/two-step/"):
        assert browser.post(address, {"session": "others", "do": "remove"}).status_code == 403
    assert is_in(browser)


def test_cookies_are_the_sites_own_and_no_script_reads_a_session(anna, settings):
    """As production sets them: over HTTPS alone, never sent along from another site, and no
    neighbour below the same domain can set one."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrf"
    browser = Client()
    browser.get(LOGIN, secure=True)
    sign_in(browser, secure=True)
    assert set(browser.cookies) == {"__Host-sessionid", "__Host-csrf", "known_browser"}
    for name, cookie in browser.cookies.items():
        assert cookie["secure"], name
        assert cookie["samesite"] == "Strict", name
        assert (cookie["domain"], cookie["path"]) == ("", "/"), name
        assert cookie["httponly"] or name == "__Host-csrf", name


# -- guessing ----------------------------------------------------------------------------------

def test_neither_spelling_nor_header_begins_a_new_count(anna):
    """Each try in a new browser, under another spelling of the name and from a made-up address."""
    spellings = ("Releaser", " releaser", "releaser\t", "ｒeleaser", "\u00a0RELEASER\u2003",
                 " " * 500 + "releaser")
    answers = []
    for number, name in enumerate(spellings):
        made_up = f"198.51.100.{number}"
        answers.append(sign_in(Client(), name, "guess", headers={
            "X-Forwarded-For": made_up, "X-Real-IP": made_up, "Forwarded": f"for={made_up}",
            "Cookie": f"known_browser={number}"}).status_code)
    assert answers == [200] * 5 + [429]
    assert {row.name for row in SignInFailure.objects.all()} == {
        throttle.name_hash("releaser")}


def test_addresses_of_one_line_are_counted_as_one(anna):
    """Whoever has IPv6 has 2^64 addresses: a password tried at many names, each from another."""
    for number in range(20):
        throttle.count(f"name{number}", f"2001:db8:1:2::{number:x}:1")
    there = Client(REMOTE_ADDR="2001:db8:1:2:ffff::9")
    assert sign_in(there, "another").status_code == 429
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1:3::1"), "another").status_code == 200
    assert sign_in(Client(REMOTE_ADDR="::ffff:192.0.2.1"), "another").status_code == 200
    assert SignInFailure.objects.filter(address="192.0.2.1").exists()


def test_a_name_without_end_costs_no_work(db):
    """Normalising these marks takes the square of their number: half an hour for what fits into
    a form."""
    began = time.process_time()
    answer = sign_in(Client(), "\u0345\u0301" * 40_000)
    assert time.process_time() - began < 2
    assert answer.status_code == 200


def test_the_right_password_over_and_over_gives_no_more_codes(anna, phone):
    """A million codes: whoever has the password may begin anew, and the count goes on."""
    looked_at = 0
    for _ in range(8):
        attacker = Client()
        if sign_in(attacker).status_code == 303:
            looked_at += attacker.post(CODE, {"code": "000000"}).status_code == 403
    assert looked_at <= 5
    assert not SignIn.objects.exists()


def test_an_answer_tells_nobody_who_has_an_account(anna, outsider, viewer, approver):
    """The same page after the same work: no such name, switched off, without a password, without
    an entry, with a second step."""
    viewer.is_active = False
    for user in (viewer, outsider, approver):
        user.set_password(PASSWORD)
        user.save()
    Authenticator.objects.create(user=approver, name="phone")
    factories.make_user("empty")
    found = set()
    for name in ("releaser", "nobody", "viewer", "empty", "outsider", "approver"):
        SignInFailure.objects.all().delete()
        Hasher.looked_at = 0
        browser = Client()
        answer = sign_in(browser, name, "guess")
        token = answer.context["csrf_token"]
        page = answer.text.replace(str(token), "").replace(name, "")
        found.add((answer.status_code, Hasher.looked_at, page, *sorted(browser.cookies)))
    assert len(found) == 1
    assert "viewer" not in sign_in(Client(), "viewer").text.replace('value="viewer"', "")


@pytest.mark.parametrize("who", ["admin", "releaser"])
def test_what_nobody_is_shown_is_no_filter_of_a_list(who, request, production):
    """A password's hash or a secret, letter by letter, by what a list leaves out."""
    factories.make_token(production)
    browser = browser_of(request.getfixturevalue(who))
    for model, fields in {
            "auth/user": ("password", "account__approvals_void_until"),
            "deployments/deployment": ("requested_by__password", "environment__tokens__key"),
            "deployments/grant": ("user__password", "granted_by__recovery_codes__code_hash"),
            "deployments/project": ("git_password", "deploy_key__private_key"),
            "deployments/sshkey": ("private_key", "passphrase"),
            "deployments/token": ("key",)}.items():
        for lookup in (f"{field}{how}" for field in fields for how in ("", "__startswith")):
            answer = browser.get(f"/admin/{model}/", {lookup: "a"})
            assert answer.status_code in (400, 403), lookup


@pytest.mark.parametrize("name", ["Releaser", "ｒeleaser", "rеleaser", "releαser"])
def test_no_account_is_taken_for_another(anna, admin, name):
    """Capitals, wide letters, Cyrillic or Greek ones that look the same, and a person's whole name:
    in the approvals and in the audit log they would be the other person."""
    other, _ = people.add(actor_for(admin), username="other")
    with pytest.raises(Refused):
        people.add(actor_for(admin), username=name)
    with pytest.raises(Refused):
        people.change(actor_for(admin), fresh(other), username=name)
    assert not get_user_model().objects.filter(username=name).exists()
    grace, _ = people.add(actor_for(admin), username="Анна", first_name="Grace", last_name="Hopper")
    for taken in ({"first_name": "GRACE", "last_name": "Hopper"}, {"first_name": "releaser"}):
        with pytest.raises(Refused, match="reads the same"):
            people.change(actor_for(admin), fresh(other), **taken)
    people.change(actor_for(admin), grace, email="grace@shop.example")


# -- links -------------------------------------------------------------------------------------

@pytest.fixture
def link(admin, anna):
    """A password link for Anna, as its token."""
    password_links.send(actor_for(admin), anna)
    return password_links.token_of(PasswordLink.objects.get())


def test_a_link_of_one_person_sets_no_password_of_another(link, admin, outsider):
    """Its number exchanged for that of a link that was sent to somebody else."""
    password_links.send(actor_for(admin), outsider)
    other = PasswordLink.objects.get(user=outsider)
    for crafted in (f"{other.pk}-{link.partition('-')[2]}", f"0{link}", f"+{link}", f" {link}",
                    f"{link}0", link.replace("-", "-" * 2), f"{other.pk}-"):
        answer = Client().post(f"/admin/password/{crafted}/", {
            "new_password1": NEW, "new_password2": NEW})
        assert answer.status_code == 404, crafted
    outsider.refresh_from_db()
    assert not outsider.check_password(NEW)


def test_a_link_leads_to_us_whatever_host_was_asked(admin, outsider, settings):
    """A forged host would carry the person, and the link with them, to another site."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.BASE_URL = "https://release.example"
    answer = browser_of(admin).post(
        f"/admin/access/link/{outsider.pk}/", HTTP_HOST="evil.example",
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Server": "evil.example"})
    assert "https://release.example/admin/password/" in answer.text
    assert "evil.example" not in answer.text


# -- addresses ---------------------------------------------------------------------------------

def test_no_door_of_signing_in_leads_to_another_site(anna):
    """In, out, and asked again; nor does it write a header."""
    browser = Client()
    with without_drawing():
        for there in ELSEWHERE:
            answers = [sign_in(browser, next=there),
                       browser.post(AGAIN, {"password": PASSWORD, "next": there}),
                       browser.post("/admin/logout/", {"next": there})]
            for answer in answers:
                assert "evil" not in answer.headers.get("Location", ""), there
                assert "planted" not in str(answer.cookies), there
            assert answers[1].status_code == 303, there


def test_an_address_that_begins_with_two_strokes_leads_nowhere_else(db):
    """What adds the stroke at the end must not turn a path into a host."""
    for path in ("//evil.example/admin", "/\\evil.example/admin", "/%5Cevil.example/admin"):
        there = Client().get(path).headers.get("Location", "/")
        assert not there.startswith(("//", "/\\", "http")), path
