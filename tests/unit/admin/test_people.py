"""The accounts in the admin: who may change which, and that nobody becomes anybody there."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission

from deployments.models import AuditEntry, Grant
from deployments.services import groups, people
from tests import factories

from .conftest import form_of, listing, page

NEW_PASSWORD = {"password1": "a new password 1", "password2": "a new password 1",
                "usable_password": "true"}


def test_changing_users_is_no_way_to_become_a_superuser(setter_up, outsider, browse):
    """A crafted form with every power ticked gives none, to oneself or to another."""
    me = setter_up("set_up")
    client = browse(me)
    powers = {"is_superuser": "on", "is_staff": "on", "password": "x", "user_permissions":
              [str(row.pk) for row in Permission.objects.all()[:2]]}
    for person in (me, outsider):
        before = person.password
        client.post(page(person), form_of(client.get(page(person))) | powers)
        person.refresh_from_db()
        assert (person.is_superuser, person.is_staff, person.password) == (False, False, before)
        assert not person.user_permissions.exists()


def test_an_account_leads_to_what_the_person_may_do(outsider, viewer, shop, admin, browse):
    """To their entries alone, where another one is added, too."""
    client, entries = browse(admin), f"{listing(Grant)}?user__id__exact={viewer.pk}"
    assert f'href="{entries}"' in client.get(page(viewer)).text
    factories.make_grant(outsider, "look", project=shop)
    assert [row.user for row in client.get(entries).context["cl"].result_list] == [viewer]


@pytest.mark.parametrize("who", ["superuser", "set-up"])
def test_nobody_sets_a_password_for_another(who, admin, releaser, outsider, setter_up, browse):
    """Neither of an account with entries nor of one without: Django's page for it is gone."""
    client = browse(admin if who == "superuser" else setter_up("set_up"))
    for person in (releaser, outsider):
        before, url = person.password, page(person).replace("change/", "password/")
        assert "password1" not in client.get(url, follow=True).text
        client.post(url, NEW_PASSWORD)
        person.refresh_from_db()
        assert person.password == before


def test_history_leads_to_the_entries_of_the_row(admin, outsider, shop, browse):
    """Of an account, a group, a project: what services did to them, and what forms did."""
    people.change(factories.actor_for(admin), outsider, first_name="Grace")
    leads = groups.add(factories.actor_for(admin), "Leads")
    client = browse(admin)
    for row, words in ((outsider, "admin changed the account of outsider"),
                       (leads, "admin made the group Leads"), (shop, "")):
        answer = client.get(page(row, "history"), follow=True)
        kind = type(row)._meta.model_name
        assert answer.redirect_chain == [
            (f"{listing(AuditEntry)}?about_type={kind}&about_id={row.pk}", 302)]
        assert answer.status_code == 200
        assert words in answer.text
        assert "admin made the group Leads" not in answer.text or row == leads


def test_a_superusers_account_is_a_superusers_matter(admin, setter_up, browse, audited):
    """Whoever sets everything up may not even rename it, and the try is recorded."""
    client = browse(setter_up("set_up"))
    assert client.post(page(admin), {"username": "mine"}).status_code == 403
    admin.refresh_from_db()
    assert admin.username == "admin"
    assert audited("page.refused")[-1][0] == "refused"


def test_no_account_and_no_group_is_deleted_by_djangos_page(admin, outsider, setter_up, browse):
    """An account is switched off instead: history names it. A group has its own button."""
    group = Group.objects.create(name="Leads")
    for person in (admin, setter_up("set_up")):
        for row in (outsider, group):
            assert browse(person).post(page(row, "delete"), {"post": "yes"}).status_code == 403
    assert get_user_model().objects.filter(pk=outsider.pk).exists()
    assert Group.objects.filter(pk=group.pk).exists()


def test_accounts_are_for_who_sets_everything_up(shop, outsider, releaser, setter_up, browse):
    """Neither for who releases, nor for who sets one project up, whatever Django permits them."""
    keeper = setter_up("set_up", project=shop, name="keeper")
    for person in (releaser, keeper):
        person.is_staff = True
        person.save()
        person.user_permissions.set(Permission.objects.all())
        client = browse(person)
        assert client.get(listing(type(outsider))).status_code == 403
        assert client.post(listing(type(outsider), "add"), {"username": "x"}).status_code == 403
        assert client.post(page(outsider), {"username": "mine"}).status_code in (302, 403)
        outsider.refresh_from_db()
        assert outsider.username == "outsider"


def test_an_account_is_made_by_its_form_and_led_to_its_link(admin, browse):
    """No field for a password is there; a crafted one sets none."""
    client = browse(admin)
    form = client.get(listing(get_user_model(), "add"))
    assert "password1" not in form.text
    sent = form_of(form) | {"username": "grace", "email": "grace@shop.example", **NEW_PASSWORD,
                            "is_superuser": "on"}
    answer = client.post(listing(get_user_model(), "add"), sent)
    grace = get_user_model().objects.get(username="grace")
    assert (answer.status_code, grace.is_superuser) == (303, False)
    assert answer["Location"].endswith(f"/access/link/{grace.pk}/")
    assert not grace.has_usable_password()


def test_a_group_is_ticked_on_the_persons_form(admin, outsider, browse, audited):
    """Once at least; on one's own form it is refused, and the refusal stands there."""
    group, client = Group.objects.create(name="Leads"), browse(admin)
    client.post(page(outsider), form_of(client.get(page(outsider))) | {"member_of": [group.pk]})
    assert list(outsider.groups.all()) == [group]
    assert [outcome for outcome, _ in audited("membership.added")] == ["done"]
    own = client.post(page(admin), form_of(client.get(page(admin))) | {"member_of": [group.pk]})
    assert "Nobody changes their own groups" in own.text
    assert not admin.groups.exists()


def test_switching_off_who_alone_could_approve_asks_on_the_form(
        admin, production, approval_rule, approver, releaser, browse):
    """A box to tick appears; without it nothing is saved."""
    client = browse(admin)
    sent = form_of(client.get(page(approver)))
    sent.pop("is_active")
    asked = client.post(page(approver), sent)
    assert "Nobody can approve Shop" in asked.text
    assert 'type="checkbox" name="is_sure"' in asked.text
    approver.refresh_from_db()
    assert approver.is_active
    saved = client.post(page(approver), sent | {"is_sure": "on"}, follow=True)
    approver.refresh_from_db()
    assert not approver.is_active
    assert ("warning", "Nobody can approve Shop (Production) releases.") in [
        (told.level_tag, told.message) for told in saved.context["messages"]]
    back = client.post(page(approver), sent | {"is_active": "on"}, follow=True)
    assert "Today approver could approve Shop (Production) releases." in back.text
