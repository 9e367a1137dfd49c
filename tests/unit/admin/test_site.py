"""Who gets in, what the site serves, and what it never serves."""

import pytest
from django.test import Client
from django.urls import reverse

from deployments import audit
from deployments.models import AuditEntry
from deployments.site import site
from tests import factories

PASSWORD = "a long enough password"


def sign_in(user, password=PASSWORD):
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    response = client.post(reverse("admin:login"), {
        "username": user.username, "password": password})
    return client, response


@pytest.mark.parametrize("person", ["viewer", "releaser", "approver", "admin"])
def test_whoever_has_an_entry_or_sets_up_may_sign_in(request, person, audited):
    """Being staff is not needed: a grant is enough. The sign-in is audited."""
    user = request.getfixturevalue(person)
    client, response = sign_in(user)
    assert response.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200
    assert audited("session.opened") == [("done", f"{person} signed in")]


def test_an_outsider_is_told_why_and_stays_outside(outsider, audited):
    """The right password without an entry: the reason on the page, a refusal in the log."""
    client, response = sign_in(outsider)
    assert "This account has no allowlist entry. Ask an administrator." in response.text
    assert client.get(reverse("admin:index")).status_code == 302
    assert audited("session.opened") == [
        ("refused", "Refused for outsider: This account has no allowlist entry.")]


def test_a_wrong_password_says_nothing_about_the_account(outsider, audited):
    """Nobody learns without the password whether an account exists or has an entry."""
    _, response = sign_in(outsider, password="not the password")
    assert "allowlist" not in response.text
    assert audited("session.opened") == [
        ("refused", "Refused for “outsider”: Wrong name or password.")]


def test_a_sign_in_that_failed_is_recorded_without_the_password(releaser, audited):
    """The name as typed and the address; of a name that no account has a fingerprint, for it may
    be the password in the wrong field."""
    canary = "canary-4711-typed"
    for name in ("releaser", canary):
        Client(REMOTE_ADDR="10.1.2.3").post(
            reverse("admin:login"), {"username": name, "password": canary})
    whom = ("“releaser”", f"a name that no account has ({audit.fingerprint(canary)})")
    assert audited("session.opened") == [
        ("refused", f"Refused for {each}: Wrong name or password.") for each in whom]
    for entry in AuditEntry.objects.all():
        assert (entry.actor, entry.actor_name, entry.address) == (
            None, "Somebody not signed in", "10.1.2.3")
        assert canary not in f"{entry.sentence}{entry.details}"


def test_wrong_words_in_a_session_that_is_open_are_no_sign_in(releaser, admin, browse, audited):
    """Whoever is signed in already and posts another's wrong password opened nothing."""
    response = browse(releaser).post(
        reverse("admin:login"), {"username": "admin", "password": "a guess"})
    assert response.status_code == 200
    assert audited("session.opened") == [
        ("refused", "Refused for “admin”: Wrong name or password.")]


def test_an_entry_that_ended_ends_the_session(releaser, browse):
    """A session that is open when the last grant is taken away opens nothing any more."""
    client = browse(releaser)
    assert client.get(reverse("admin:index")).status_code == 200
    releaser.grants.all().delete()
    assert client.get(reverse("admin:index")).status_code == 302


def test_task_pages_are_views_of_the_site(production, releaser, browse):
    """`admin:release-start` exists, needs signing in, and opens for the releaser."""
    url = reverse("admin:release-start", args=["shop", "production"])
    assert reverse("admin:login") in Client().get(url)["Location"]
    assert browse(releaser).get(url).status_code == 200


def test_the_queues_models_are_nowhere_on_the_site(admin, browse):
    """A Schedule row is code execution for whoever may add one: not even a superuser may."""
    names = {model._meta.label for model in site._registry}
    assert not any(name.startswith("django_q.") for name in names)
    for model in ("schedule", "ormq", "success", "failure"):
        assert browse(admin).get(f"/admin/django_q/{model}/add/").status_code == 404


def test_no_list_offers_to_delete_in_bulk(admin, browse):
    """Bulk deletion would leave one entry for many rows, or none."""
    factories.make_project()
    response = browse(admin).get(reverse("admin:deployments_project_changelist"))
    assert response.status_code == 200
    assert "delete_selected" not in response.text


def test_a_form_without_its_csrf_token_changes_nothing(admin, shop, browse):
    """Another site's form, sent by a signed-in browser, is refused."""
    client = browse(admin, enforce_csrf_checks=True)
    url = reverse("admin:deployments_project_read_source", args=[shop.pk])
    assert client.post(url).status_code == 403


def test_a_denied_change_is_in_the_audit_log(viewer, shop, browse, audited):
    """Django's own 403 for a crafted POST leaves a refusal, and the chain stays whole."""
    url = reverse("admin:deployments_project_add")
    assert browse(viewer).post(url, {"name": "Mine"}).status_code == 403
    (outcome, sentence), = audited("page.refused")
    assert outcome == "refused"
    assert "viewer" in sentence
    assert url in sentence
    assert audit.verify().first_bad is None
