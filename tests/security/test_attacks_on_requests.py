"""Attacks with a request itself: forged, bent, dressed up as another one."""

import io

import pytest
from django.test import Client
from django.urls import reverse

from deployments.models import AuditEntry, Deployment
from deployments.pages.urls import urlpatterns
from tests import factories

from .trying import browser_of, without_drawing

pytestmark = pytest.mark.django_db
STOP = "/admin/go-back/shop/production/"


@pytest.fixture
def browser(releaser, production):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(releaser)
    return browser


def test_a_form_of_another_site_without_our_token_changes_nothing(browser):
    """Cross-site request forgery: the cookie alone is not enough."""
    assert browser.post(STOP, {"request_key": "a"}).status_code == 403
    assert not Deployment.objects.exists()


def test_a_forged_form_is_in_the_log_of_whoever_it_was_forged_for(browser, releaser):
    """With the address, so that it is seen; one of nobody leaves no entry, whoever sends many."""
    assert "too old to be sent" in browser.post(STOP).text
    entry = AuditEntry.objects.get(action="page.refused")
    assert (entry.actor, entry.outcome, entry.details["path"]) == (releaser, "refused", STOP)
    browser.post("/admin/password/7-the-token-of-somebody/")
    assert AuditEntry.objects.latest("seq").details["path"] == "/admin/password/…/"
    assert "the-token" not in AuditEntry.objects.latest("seq").sentence
    assert Client(enforce_csrf_checks=True).post("/admin/login/").status_code == 403
    assert AuditEntry.objects.filter(action="page.refused").count() == 2


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_verbs_than_get_and_post_change_nothing(releaser, production, method):
    """Verb tampering."""
    browser = Client()
    browser.force_login(releaser)
    assert getattr(browser, method)(STOP).status_code == 405
    assert not Deployment.objects.exists()


def test_a_get_that_says_it_is_a_post_changes_nothing(browser):
    """Method override, by field and by header."""
    browser.get(STOP, {"_method": "POST", "request_key": "a"},
                headers={"X-HTTP-Method-Override": "POST"})
    assert not Deployment.objects.exists()


def test_an_address_that_the_client_wrote_itself_opens_no_network(production):
    """Every header that some proxy uses, from a peer that is none."""
    user = factories.make_user("office", production.project)
    factories.make_grant(user, "release", project=production.project, networks="10.0.0.0/8")
    browser = Client()
    browser.force_login(user)
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"):
        shown = browser.get(STOP, REMOTE_ADDR="192.0.2.1", headers={name: "10.1.2.3"})
        assert shown.status_code == 403


def test_a_host_that_is_not_ours_gets_no_page(browser):
    """Or links in mails and redirects would lead elsewhere."""
    assert browser.get("/admin/", HTTP_HOST="evil.example").status_code == 400


def test_no_page_may_be_put_into_a_frame_or_kept_by_a_proxy(browser):
    """Clickjacking, caches, and guessed content types."""
    headers = browser.get("/admin/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_at_all_may_be_framed_or_kept(admin, production):
    """Each address of ours, whether or not it has something to show."""
    row = factories.make_deployment(production)
    browser = browser_of(admin)
    parts = {"project": "shop", "environment": "production", "pk": row.pk, "number": 1,
             "token": "1-a"}
    addresses = ["/admin/", "/admin/auth/user/"]
    for each in urlpatterns:
        asked = {name: parts[name] for name in each.pattern.converters}
        addresses.append(reverse(f"admin:{each.name}", kwargs=asked))
    with without_drawing():
        for address in addresses:
            answer = browser.get(address)
            assert answer.headers["X-Frame-Options"] == "DENY", address
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], address
            assert "no-store" in answer.headers.get("Cache-Control", "") or \
                answer.status_code in (403, 404, 405), address
    assert len(addresses) > 40


def test_the_queue_has_no_page_in_the_admin(admin):
    """Whoever adds a schedule there runs code."""
    browser = Client()
    browser.force_login(admin)
    for model in ("schedule", "success", "failure", "ormq", "task"):
        assert browser.post(f"/admin/django_q/{model}/add/", {"func": "os.system"}
                            ).status_code == 404


def test_a_file_fills_no_disk(db):
    """Sent to the sign-in by a stranger, many times, without an end: it is not even read."""
    sent = io.BytesIO(b"x" * 4_000_000)
    sent.name = "long"
    answer = Client().post("/admin/login/", {"username": "a", "file": sent, "password": "b"})
    request = answer.wsgi_request
    assert (dict(request.FILES), request.POST["username"]) == ({}, "a")
    assert len(request.environ["wsgi.input"].read()) > 3_000_000
