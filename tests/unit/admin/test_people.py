"""The accounts: who may do what to whom."""

import pytest
from django.contrib.auth.models import Permission

from tests import factories

from .conftest import form_of, page

NEW_PASSWORD = {"password1": "a new password 1", "password2": "a new password 1",
                "usable_password": "true"}
USERS = ("view_user", "add_user", "change_user", "delete_user")


@pytest.fixture
def setter_up(db):
    """Makes people who look after accounts."""

    def made(*codenames):
        user = factories.make_user("setter-up", is_staff=True)
        factories.make_grant(user, "set_up")
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return user

    return made


def test_changing_users_is_no_way_to_become_a_superuser(setter_up, browse):
    """A crafted form with every power ticked gives none."""
    me = setter_up(*USERS)
    client = browse(me)
    sent = form_of(client.get(page(me))) | {
        "is_superuser": "on", "is_staff": "on", "user_permissions": ["1", "2"]}
    client.post(page(me), sent)
    me.refresh_from_db()
    assert not me.is_superuser
    assert me.user_permissions.count() == len(USERS)


@pytest.mark.parametrize("address", ["change", "delete", "password"])
def test_a_superusers_account_is_a_superusers_matter(address, admin, setter_up, browse):
    """Whoever may change users could else set an administrator's password."""
    client = browse(setter_up(*USERS))
    url = page(admin).replace("change/", "password/") if address == "password" \
        else page(admin, address)
    response = client.post(url, {"post": "yes", "password1": "a new password 1",
                                 "password2": "a new password 1", "username": "mine",
                                 "usable_password": "true"})
    assert response.status_code == 403
    before = admin.password
    admin.refresh_from_db()
    assert (admin.username, admin.password) == ("admin", before)


def test_an_account_with_entries_is_taken_over_by_nobody(releaser, setter_up, browse, audited):
    """Whoever may only change users sets neither its password nor its user name."""
    client, url = browse(setter_up(*USERS)), page(releaser).replace("change/", "password/")
    before = releaser.password
    for response in (client.get(url), client.post(url, NEW_PASSWORD)):
        assert response.status_code == 403
    assert "only a superuser may set its password" in audited("page.refused")[0][1]
    sent = form_of(client.get(page(releaser))) | {"username": "mine", "first_name": "Ada"}
    assert client.post(page(releaser), sent).status_code == 302
    releaser.refresh_from_db()
    assert (releaser.username, releaser.first_name, releaser.password) == (
        "releaser", "Ada", before)


def test_other_accounts_are_helped_by_whoever_may_change_users(outsider, setter_up, browse):
    """Without an entry there is nothing to take over."""
    client = browse(setter_up(*USERS))
    url = page(outsider).replace("change/", "password/")
    assert client.post(url, NEW_PASSWORD).status_code == 302
    client.post(page(outsider), form_of(client.get(page(outsider))) | {"username": "renamed"})
    outsider.refresh_from_db()
    assert outsider.username == "renamed"
    assert outsider.check_password(NEW_PASSWORD["password1"])


def test_a_superuser_sets_any_password(releaser, admin, browse):
    """Also that of an account with entries."""
    url = page(releaser).replace("change/", "password/")
    assert browse(admin).post(url, NEW_PASSWORD).status_code == 302
    releaser.refresh_from_db()
    assert releaser.check_password(NEW_PASSWORD["password1"])


def test_setting_a_password_is_audited_without_it(outsider, admin, browse, audited):
    """The log says that it was changed, not to what."""
    password = "a canary password 1"
    response = browse(admin).post(page(outsider).replace("change/", "password/"), {
        "password1": password, "password2": password, "usable_password": "true"})
    assert response.status_code == 302
    (outcome, sentence), = audited("user.changed")
    assert outcome == "done"
    assert "outsider" in sentence
    assert "canary" not in sentence
    outsider.refresh_from_db()
    assert outsider.check_password(password)
