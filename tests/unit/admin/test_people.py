"""The allowlist and the accounts: who may give what to whom."""

import pytest

from deployments.models import Grant
from tests import factories

from .conftest import form_of, listing, page

EMPTY = {"networks": "", "valid_from_0": "", "valid_from_1": "", "valid_until_0": "",
         "valid_until_1": "", "reason": ""}
ALL = ("add_grant", "change_grant", "delete_grant", "view_grant")


def grant_to(client, user, **fields):
    return client.post(listing(Grant, "add"), {
        **EMPTY, "user": user.pk, "project": "", "environment": "", "action": "release",
        **fields})


def test_an_entry_says_who_wrote_it(shop, outsider, admin, browse, audited):
    """`granted by` is filled in, not typed."""
    response = grant_to(browse(admin), outsider, project=shop.pk, granted_by_name="forged")
    assert response.status_code == 302
    grant = outsider.grants.get()
    assert (grant.granted_by, grant.granted_by_name) == (admin, "admin")
    assert audited("grant.added") == [
        ("done", "admin added allowlist entry “outsider may release: Shop”")]


def test_nobody_writes_an_entry_for_themselves(shop, admin, browse, audited):
    """Superusers neither; the refusal is recorded, no row is written."""
    response = grant_to(browse(admin), admin, project=shop.pk)
    assert "You cannot write an allowlist entry for yourself" in response.text
    assert not admin.grants.exists()
    (outcome, sentence), = audited("grant.added")
    assert outcome == "refused"
    assert "for yourself" in sentence


def test_nobody_changes_an_entry_into_their_own_or_their_own(
        shop, admin, outsider, setter_up, browse):
    """Neither somebody's into mine, nor mine into a wider one."""
    me = setter_up(*ALL)
    theirs = factories.make_grant(outsider, "look", project=shop)
    mine = factories.make_grant(me, "look", project=shop)
    client = browse(me)
    for row, change in ((theirs, {"user": me.pk}), (mine, {"action": "release"}),
                        (mine, {"user": outsider.pk, "action": "release"})):
        sent = form_of(client.get(page(row))) | change
        assert "for yourself" in client.post(page(row), sent).text
    assert list(Grant.objects.values_list("user__username", "action").order_by("pk")) == [
        ("outsider", "look"), ("setter-up", "look")]


def test_an_entry_that_could_never_count_is_refused(shop, outsider, admin, browse):
    """An environment of another project, an end before the beginning, a network that is none."""
    other = factories.make_environment()
    client = browse(admin)
    for fields in ({"project": shop.pk, "environment": other.pk}, {"networks": "office"},
                   {"valid_from_0": "2026-02-01", "valid_from_1": "00:00",
                    "valid_until_0": "2026-01-01", "valid_until_1": "00:00"}):
        assert grant_to(client, outsider, **fields).status_code == 200
    assert not outsider.grants.exists()


def test_a_releaser_gives_nothing_to_anybody(outsider, releaser, browse):
    """Set-up is for whoever has the model permission."""
    assert grant_to(browse(releaser), outsider).status_code == 403
    assert not outsider.grants.exists()


def test_taking_an_entry_away_is_audited(viewer, admin, browse, audited):
    """One entry for one deletion, by name."""
    browse(admin).post(page(viewer.grants.get(), "delete"), {"post": "yes"})
    assert not viewer.grants.exists()
    assert audited("grant.deleted") == [
        ("done", "admin deleted allowlist entry “viewer may look: Shop”")]


NEW_PASSWORD = {"password1": "a new password 1", "password2": "a new password 1",
                "usable_password": "true"}
USERS = ("view_user", "add_user", "change_user", "delete_user")


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
