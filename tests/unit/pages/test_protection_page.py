"""Less protection: a form asks for it, a second person finds it on the home page and agrees."""

import pytest
from django.urls import reverse

from deployments.models import AuditEntry, Environment, ProtectionChange
from tests import factories
from tests.unit.admin.conftest import form_of, page

ADDRESS = "/admin/protection/shop/production/"


@pytest.fixture
def second(db):
    return factories.make_user("second", is_superuser=True)


@pytest.fixture
def asked(admin, sign_in, production):
    """The administrator unticked the box, and named another host."""
    Environment.objects.filter(pk=production.pk).update(is_protected=True)
    client = sign_in(admin)
    answer = client.post(page(production), form_of(client.get(page(production))) | {
        "is_protected": "", "site_host": "new.shop.example"}, follow=True)
    assert "Less protection waits for a second person" in answer.text
    assert "Everything else on the form is saved." in answer.text
    assert "was changed successfully" not in answer.text
    return ProtectionChange.objects.get()


def test_the_rest_of_the_form_is_saved(asked, production, admin, sign_in):
    """The log says what changed, and what waits."""
    production.refresh_from_db()
    assert (production.is_protected, production.site_host) == (True, "new.shop.example")
    entry = AuditEntry.objects.get(action="environment.changed")
    assert "is_protected" not in entry.after
    assert AuditEntry.objects.get(action="protection.asked").after["is_protected"] is False
    assert "admin asked for less protection" in sign_in(admin).get(page(production)).text


def test_the_second_person_finds_it_and_agrees(asked, production, admin, second, sign_in):
    """Not who asked; 303 back to the page."""
    words = "admin would protect Shop - Production less"
    assert words not in sign_in(admin).get("/admin/").text
    own = sign_in(admin).get(ADDRESS).text
    assert ">Take it back<" in own
    assert "You asked for this, so somebody else must agree. Ask second." in own
    client = sign_in(second)
    assert words in client.get("/admin/").text
    assert "It is no longer protected" in client.get(ADDRESS).text
    answer = client.post(ADDRESS, {"change": asked.pk, "answer": "agree"})
    assert (answer.status_code, answer["Location"]) == (303, ADDRESS)
    production.refresh_from_db()
    assert not production.is_protected
    assert "agreed to by second" in client.get(ADDRESS).text


def test_saying_no_needs_a_reason_and_shows_it(asked, second, sign_in, assert_refused):
    """Refused without one; then everybody reads it beside the answer."""
    client = sign_in(second)
    assert_refused(client.post(ADDRESS, {"change": asked.pk, "answer": "decline"}),
                   "Saying no needs a reason", action="protection.declined")
    sent = {"change": asked.pk, "answer": "decline", "comment": "Black Friday is near"}
    assert client.post(ADDRESS, sent).status_code == 303
    assert "“Black Friday is near”" in client.get(ADDRESS).text


@pytest.mark.parametrize("sent", [
    {}, {"answer": "agree"}, {"answer": "x", "change": "1"}, {"answer": "agree", "change": "²"}])
def test_an_incomplete_form_changes_nothing(asked, second, sign_in, assert_refused, sent):
    """With a sentence, and its entry in the log."""
    assert_refused(sign_in(second).post(ADDRESS, sent), "This form is not complete.",
                   action="page.refused")


def test_who_asked_does_not_agree_by_a_crafted_form(asked, admin, second, sign_in, assert_refused):
    """The button is not there, and the service says why."""
    assert_refused(sign_in(admin).post(ADDRESS, {"change": asked.pk, "answer": "agree"}),
                   "You asked for this", action="protection.agreed")


def test_others_neither_read_nor_answer(asked, viewer, sign_in, client):
    """Whoever only looks, and strangers."""
    assert sign_in(viewer).get(ADDRESS).status_code == 403
    assert sign_in(viewer).post(ADDRESS, {"change": asked.pk, "answer": "decline"}
                                ).status_code == 403
    assert client.get(ADDRESS).status_code == 302


def test_a_protected_environment_is_not_deleted(admin, sign_in, shop):
    """Neither by its button nor in a list."""
    row = factories.make_environment(shop, is_protected=True)
    client = sign_in(admin)
    assert client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    client.post(reverse("admin:deployments_environment_changelist"), {
        "action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert Environment.objects.filter(pk=row.pk).exists()
