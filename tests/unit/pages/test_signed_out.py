"""A button pressed after the session was over: nothing is lost, and nothing leads nowhere."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from deployments.models import Approval, SignIn
from tests import factories

from .phones import PASSWORD

HOST = "http://testserver"


@pytest.fixture
def asked(production, approval_rule, releaser):
    """A release that waits for approval."""
    return factories.make_deployment(
        production, status="awaiting_approval", requested_by=releaser,
        approval_until=timezone.now() + timedelta(hours=1))


@pytest.fixture
def overslept(approver, settings, sign_in):
    """The approver's browser, in which nothing was done for an hour."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    approver.set_password(PASSWORD)
    approver.save()
    client = sign_in(approver)
    SignIn.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    return client


def _sign_in_again(client, answer, user):
    """Follow a redirect to the sign-in; returns its page, and what comes after it."""
    form = client.get(answer["Location"])
    return form.text, client.post(answer["Location"], {
        "username": user.get_username(), "password": PASSWORD,
        "next": form.context["next"]}, follow=True)


def test_it_leads_back_to_the_page_with_the_button_and_the_words(asked, overslept, approver):
    """The comment stands there again, and nobody's yes was noted."""
    page = f"/admin/approvals/{asked.pk}/"
    answer = overslept.post(page, {"answer": "approve", "comment": "Looks good to me"},
                            HTTP_REFERER=HOST + page)
    told, there = _sign_in_again(overslept, answer, approver)
    assert "Nothing was sent. Sign in, and press the button again." in told
    assert there.request["PATH_INFO"] == page
    assert "Looks good to me" in there.text
    assert not Approval.objects.exists()


@pytest.mark.parametrize("is_gone", [False, True])
def test_what_was_to_be_later_does_not_become_now(
        is_gone, production, releaser, settings, sign_in):
    """The choice, the time and its zone stand there again, also where the session was ended
    elsewhere, or its cookie is gone; what was written besides is then asked for again."""
    release = factories.make_release(production.project)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    releaser.set_password(PASSWORD)
    releaser.save()
    page = "/admin/release/shop/production/confirm/"
    client = Client() if is_gone else sign_in(releaser)
    SignIn.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    answer = client.post(page, {"version": release.name, "when": "later", "zone": "Europe/Berlin",
                                "planned_for": "2030-12-02T10:00", "reason": "VAT"},
                         HTTP_REFERER=f"{HOST}{page}?version={release.name}")
    told, there = _sign_in_again(client, answer, releaser)
    terms = there.context["terms"]
    assert terms.is_later
    assert (terms.written["planned_for"], terms.written["zone"]) == (
        "2030-12-02T10:00", "Europe/Berlin")
    assert ("is gone: write it again" in told) is is_gone
    assert ("VAT" in there.text) is not is_gone


def test_what_was_written_is_shown_to_nobody_else(asked, overslept, sign_in, admin):
    """Somebody else who signs in in this browser reads nothing of it."""
    page = f"/admin/approvals/{asked.pk}/"
    answer = overslept.post(page, {"answer": "reject", "comment": "Between us"},
                            HTTP_REFERER=HOST + page)
    admin.set_password(PASSWORD)
    admin.save()
    _, there = _sign_in_again(overslept, answer, admin)
    assert there.request["PATH_INFO"] == page
    assert "Between us" not in there.text


def test_a_button_with_an_address_of_its_own_leads_to_its_page_too(asked, overslept, approver):
    """Never to the address that only takes the press."""
    page = f"/admin/approvals/{asked.pk}/"
    answer = overslept.post(f"{page}withdraw/", HTTP_REFERER=f"{HOST}{page}?from=mail")
    assert answer["Location"] == f"/admin/login/?next={page}%3Ffrom%3Dmail"


@pytest.mark.parametrize("sent_from", ["", "https://evil.example/admin/", "//evil.example/"])
def test_without_a_page_of_ours_it_leads_home(asked, sent_from):
    """Wherever else the browser says that it comes from."""
    answer = Client().post(f"/admin/approvals/{asked.pk}/", HTTP_REFERER=sent_from)
    assert answer["Location"] == "/admin/login/?next=/admin/"


def test_signing_out_twice_is_no_press(db):
    """Home, as before."""
    assert Client().post("/admin/logout/")["Location"] == "/admin/"


def test_a_button_address_opened_by_hand_has_a_page(asked, approver, sign_in):
    """405 with words and a way on, not an empty answer."""
    answer = sign_in(approver).get(f"/admin/approvals/{asked.pk}/withdraw/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This address waits for a button." in answer.text
    assert 'href="/admin/"' in answer.text
