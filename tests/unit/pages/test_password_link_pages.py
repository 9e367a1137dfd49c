"""The two pages of a password link: who sends it, and who sets the password."""

import logging

import pytest
from django.test import Client
from django.urls import reverse

from deployments.models import AuditEntry, PasswordLink
from deployments.services import password_links
from tests.factories import actor_for, make_user

NEW = {"new_password1": "a brand new secret", "new_password2": "a brand new secret"}


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(db):
    return make_user("ada", password="the old one", email="ada@shop.example")


@pytest.fixture
def there(admin, ada):
    """Where a link for Ada leads."""
    password_links.send(actor_for(admin), ada)
    token = password_links.token_of(PasswordLink.objects.get())
    return reverse("admin:password-link", args=[token])


def test_only_what_is_true_of_the_account_is_said(admin, ada, sign_in):
    """Who has no password yet has no old one that works on, and no session that ends."""
    client, send = sign_in(admin), reverse("admin:person-link", args=[ada.pk])
    assert "The old password works until" in client.get(send).text
    ada.set_unusable_password()
    ada.save()
    page = client.get(send).text
    assert "ada has no password yet" in page
    assert "old password" not in page


def test_with_mail_the_administrator_never_sees_the_link(admin, ada, settings, sign_in):
    """The page says what will happen; afterwards only that it is on its way."""
    settings.MAIL_IS_ON = True
    client, send = sign_in(admin), reverse("admin:person-link", args=[ada.pk])
    assert "gets a mail at ada@shop.example" in client.get(send).text
    assert not PasswordLink.objects.exists()
    answer = client.post(send, follow=True)
    assert "A link is on its way to ada@shop.example" in answer.text
    token = password_links.token_of(PasswordLink.objects.get())
    assert token.partition("-")[2] not in answer.text
    listed = client.get(reverse("admin:deployments_notice_changelist")).text
    assert token.partition("-")[2] not in listed


def test_without_mail_the_link_is_on_one_page_once(admin, ada, sign_in):
    """And that page is kept by no cache."""
    client, send = sign_in(admin), reverse("admin:person-link", args=[ada.pk])
    answer = client.post(send)
    token = password_links.token_of(PasswordLink.objects.get())
    assert token in answer.text
    assert "no-store" in answer["Cache-Control"]
    assert token not in client.get(send).text


def test_opening_the_link_changes_nothing(there, ada):
    """Mail programs and their filters open links, too."""
    before = AuditEntry.objects.count()
    for _ in range(2):
        answer = Client().get(there)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.count() == before
    assert Client().post(there, NEW).status_code == 303


def test_no_log_line_holds_a_link_that_still_works(there, caplog):
    """Neither what its page refuses, nor a form from elsewhere, nor the line of each request."""
    assert Client().post(there, {"new_password1": "a", "new_password2": "b"}).status_code == 422
    assert Client(enforce_csrf_checks=True).post(there, NEW).status_code == 403
    logging.getLogger("django.server").error("%s", f"GET {there} HTTP/1.1")
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "/admin/password/…" in line]) == 3
    assert there.split("/")[-2] not in "".join(lines)


def test_the_person_sets_a_password_and_signs_in_with_it(there, ada):
    """The page signs nobody in: the second step is still to come."""
    stranger = Client()
    answer = stranger.post(there, NEW, follow=True)
    assert "Your password is set. Sign in with it." in answer.text
    assert "_auth_user_id" not in stranger.session
    ada.refresh_from_db()
    assert ada.check_password(NEW["new_password1"])
    again = Client().get(there)
    assert again.status_code == 404
    assert "not valid, or was used already" in again.text


@pytest.mark.parametrize(("fields", "words"), [
    ({"new_password2": "something else"}, "didn’t match"),
    ({"new_password1": "short", "new_password2": "short"}, "too short"),
    ({"new_password1": "", "new_password2": ""}, "required"),
])
def test_a_password_that_will_not_do_is_asked_for_again(fields, words, there, ada):
    """The link is not used up, and the log says that it was tried."""
    answer = Client().post(there, NEW | fields)
    assert answer.status_code == 422
    entry = AuditEntry.objects.get(action="password.set")
    assert (entry.outcome, entry.actor_id) == ("refused", ada.pk)
    assert words in entry.details["reason"]
    assert words in answer.text
    assert PasswordLink.objects.get().used_at is None


def test_a_wrong_link_is_refused_and_recorded(there, ada):
    """Also one of another account, and by another method."""
    wrong = there[:-2] + ("0/" if there[-2] != "0" else "1/")
    assert Client().get(wrong).status_code == 404
    answer = Client().post(wrong, NEW)
    assert answer.status_code == 404
    entry = AuditEntry.objects.order_by("-seq").first()
    assert (entry.action, entry.outcome, entry.actor_name) == (
        "password.set", "refused", "Somebody not signed in")
    assert Client().put(there).status_code == 405
    ada.refresh_from_db()
    assert ada.check_password("the old one")


def test_setting_a_password_needs_the_pages_own_token(there, ada):
    """A form of another site cannot send it."""
    assert Client(enforce_csrf_checks=True).post(there, NEW).status_code == 403
    assert PasswordLink.objects.get().used_at is None
