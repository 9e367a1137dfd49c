"""The allowlist in the admin: its form, its buttons, and crafted requests against both."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from django.utils.timezone import localtime

from deployments.models import Environment, Grant
from tests import factories

from .conftest import form_of, listing, page

EMPTY = {"networks": "", "valid_from_0": "", "valid_from_1": "", "valid_until_0": "",
         "valid_until_1": "", "reason": "She releases the shop."}


def grant_to(client, person, **fields):
    return client.post(listing(Grant, "add"), {
        **EMPTY, "user": person.pk, "group": "", "project": "", "environment": "",
        "action": "release", **fields})


def test_an_entry_says_who_wrote_it(shop, outsider, admin, browse, audited):
    """`granted by` and the second person are filled in, not typed."""
    response = grant_to(browse(admin), outsider, project=shop.pk, granted_by_name="forged",
                        confirmed_by_name="forged", confirmed_at_0="2026-01-01")
    assert response.status_code == 302
    grant = outsider.grants.get()
    assert (grant.granted_by, grant.granted_by_name) == (admin, "admin")
    assert (grant.confirmed_by_name, grant.confirmed_at) == ("", None)
    assert audited("grant.added") == [
        ("done", "admin added allowlist entry “outsider may release: Shop”")]


def test_an_entry_is_for_whole_days_where_no_time_is_given(shop, outsider, admin, browse):
    """From the beginning of the first to the end of the last; the form says so."""
    client = browse(admin)
    shown = client.get(listing(Grant, "add")).text
    assert "Without a time: to the end of that day." in shown
    assert 'aria-label="Valid until: time"' in shown
    grant_to(client, outsider, project=shop.pk, valid_from_0="2099-01-01",
             valid_until_0="2099-01-08")
    grant = outsider.grants.get()
    assert f"{localtime(grant.valid_from):%d %H:%M}" == "01 00:00"
    assert f"{localtime(grant.valid_until):%d %H:%M}" == "08 23:59"
    without_day = grant_to(client, outsider, project=shop.pk, valid_until_1="10:00")
    assert "Enter a valid date." in without_day.text


def test_nobody_writes_an_entry_for_themselves(shop, admin, browse, audited):
    """Superusers neither, and not for a group of theirs; each refusal is recorded, no row is."""
    group = Group.objects.create(name="Shop leads")
    admin.groups.add(group)
    client = browse(admin)
    for sent in ({"user": admin.pk}, {"user": "", "group": group.pk}):
        answer = grant_to(client, admin, project=shop.pk, **sent)
        assert "You cannot write an allowlist entry for yourself" in answer.text
    assert not Grant.objects.exists()
    assert [outcome for outcome, _ in audited("grant.added")] == ["refused", "refused"]


def test_nobody_changes_an_entry_into_their_own_or_their_own(
        shop, outsider, setter_up, browse, audited):
    """Neither somebody's into mine, nor mine into a wider one, nor mine into another's."""
    me = setter_up("set_up")
    theirs = factories.make_grant(outsider, "look", project=shop)
    mine = factories.make_grant(me, "look", project=shop)
    client = browse(me)
    for row, change in ((theirs, {"user": me.pk}), (mine, {"action": "release"}),
                        (mine, {"user": outsider.pk, "action": "release"})):
        sent = form_of(client.get(page(row))) | {"reason": "why"} | change
        assert "for yourself" in client.post(page(row), sent).text
    assert sorted(Grant.objects.values_list("user__username", "action")) == [
        ("outsider", "look"), ("setter-up", "look"), ("setter-up", "set_up")]
    assert [outcome for outcome, _ in audited("grant.changed")] == ["refused"] * 3


def test_an_entry_that_could_never_count_is_refused(shop, staging, outsider, admin, browse):
    """Another project's environment, an end before the beginning, no network, no reason, nobody or
    two whom it is for, set-up of half a project."""
    other = factories.make_environment()
    group = Group.objects.create(name="Shop leads")
    client = browse(admin)
    for fields in ({"project": shop.pk, "environment": other.pk}, {"networks": "office"},
                   {"valid_from_0": "2026-02-01", "valid_from_1": "00:00",
                    "valid_until_0": "2026-01-01", "valid_until_1": "00:00"},
                   {"reason": ""}, {"reason": "  "}, {"user": ""}, {"group": group.pk},
                   {"action": "set_up", "environment": staging.pk}):
        assert grant_to(client, outsider, **fields).status_code == 200
    assert not Grant.objects.exists()


@pytest.mark.parametrize("is_both", [False, True])
def test_whom_it_is_for_is_asked_at_the_field(is_both, shop, outsider, admin, browse):
    """Nobody or two: one sentence, at the field, and on top with a link to it."""
    group = Group.objects.create(name="Shop leads")
    answer = grant_to(browse(admin), outsider, project=shop.pk,
                      **({"group": group.pk} if is_both else {"user": ""}))
    said = "Choose a person or a group, one of the two."
    form = answer.context["adminform"].form
    assert form.errors == {"user": [said]}
    assert answer.text.count(said) == 2
    assert f'<a href="#id_user">User</a>: {said}' in answer.text


@pytest.mark.parametrize(("name", "fields", "said"), [
    ("environment", {"action": "set_up", "environment": "staging"},
     "“Set up” is given for a whole project. Leave the environment empty."),
    ("valid_until", {"valid_until_0": "2020-01-01", "valid_until_1": "00:00"},
     "It would be over already: choose a later end."),
    ("user", {"user": "admin"},
     "You cannot write an allowlist entry for yourself. Ask another administrator."),
])
def test_what_its_service_refuses_stands_at_the_field(
        name, fields, said, staging, outsider, admin, browse):
    """Once there, and once on top, in the same words."""
    known = {"staging": staging.pk, "admin": admin.pk}
    sent = {field: known.get(value, value) for field, value in fields.items()}
    answer = grant_to(browse(admin), outsider, **sent)
    assert answer.context["adminform"].form.errors == {name: [said]}
    assert answer.text.count(said) == 2


def test_who_does_not_set_up_gives_nothing_to_anybody(outsider, releaser, browse, audited):
    """The form is closed, for a crafted POST, too; model permissions are none of its keys."""
    releaser.is_staff = True
    releaser.save()
    releaser.user_permissions.set(Permission.objects.all())
    assert grant_to(browse(releaser), outsider).status_code == 403
    assert not outsider.grants.exists()
    assert audited("page.refused")[0][0] == "refused"


def test_whoever_sets_up_one_project_writes_its_entries_only(
        shop, staging, outsider, setter_up, browse):
    """Neither for every project, nor for another, nor by naming another's environment alone; the
    entries of others are not there."""
    other = factories.make_environment(slug="elsewhere")
    client = browse(setter_up("set_up", project=shop))
    theirs = factories.make_grant(outsider, "look", environment=other)
    for fields in ({}, {"project": other.project.pk}, {"environment": other.pk}):
        assert grant_to(client, outsider, **fields).status_code == 200
    assert outsider.grants.count() == 1
    text = client.get(listing(Grant)).text + client.get(listing(Grant, "add")).text
    assert other.project.name not in text
    assert client.get(page(theirs)).status_code == 302
    assert client.post(page(theirs, "end")).status_code == 404
    theirs.refresh_from_db()
    assert theirs.valid_until is None
    assert grant_to(client, outsider, environment=staging.pk).status_code == 302


def test_only_who_edits_commands_lets_others_do_so(shop, outsider, setter_up, browse):
    """Else two people who set up could give each other what neither has."""
    client = browse(setter_up("set_up", project=shop))
    answer = grant_to(client, outsider, project=shop.pk, action="commands")
    assert "You may not edit the commands of Shop" in answer.text
    assert not outsider.grants.exists()


def test_an_entry_is_ended_and_not_deleted(viewer, admin, browse, audited):
    """Everybody sees later what was allowed when."""
    grant, client = viewer.grants.get(), browse(admin)
    shown = client.get(page(grant)).text
    assert "deletelink" not in shown
    assert "End now" in shown
    assert client.post(page(grant, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(page(grant, "end")).status_code == 303
    grant.refresh_from_db()
    assert grant.valid_until is not None
    assert audited("grant.ended") == [
        ("done", "admin ended allowlist entry “viewer may look: Shop”")]
    shown = client.get(page(grant)).text
    assert "ended on" in shown
    assert "End now" not in shown


def test_a_second_person_confirms_by_a_button(
        shop, production, outsider, admin, setter_up, browse, audited):
    """The author's own button says why it is none, and a crafted press is refused."""
    Environment.objects.update(is_protected=True)
    client, second = browse(admin), browse(
        setter_up("set_up", project=shop, confirmed_at=timezone.now()))
    answer = client.post(listing(Grant, "add"), {
        **EMPTY, "user": outsider.pk, "group": "", "project": shop.pk, "environment": "",
        "action": "release"}, follow=True)
    assert "It counts once a second person has confirmed it." in answer.text
    grant = outsider.grants.get()
    assert "You wrote this entry, so somebody else must confirm it." in client.get(
        page(grant)).text
    client.post(page(grant, "confirm"))
    grant.refresh_from_db()
    assert grant.confirmed_at is None
    assert "1 of them can be confirmed by you." in second.get(listing(Grant)).text
    second.post(page(grant, "confirm"))
    grant.refresh_from_db()
    assert grant.confirmed_by_name == "setter-up"
    assert [outcome for outcome, _ in audited("grant.confirmed")] == ["refused", "done"]


def test_saving_or_ending_an_entry_says_who_could_approve_today(
        shop, production, approval_rule, approver, outsider, admin, browse):
    """Where somebody has to agree, in the sentence of the environment's own page; an entry that is
    about something else says nothing of it."""
    approval_rule.users.add(outsider)
    client, fields = browse(admin), {
        **EMPTY, "user": outsider.pk, "group": "", "project": shop.pk, "environment": ""}
    both = "Today approver and outsider could approve Shop (Production) releases."
    assert both in client.post(
        listing(Grant, "add"), {**fields, "action": "approve"}, follow=True).text
    assert "could approve" not in client.post(
        listing(Grant, "add"), {**fields, "action": "look"}, follow=True).text
    ended = client.post(page(outsider.grants.get(action="approve"), "end"), follow=True).text
    assert "Today approver could approve Shop (Production) releases." in ended


@pytest.mark.parametrize("name", ["end", "confirm"])
def test_a_button_needs_post_and_an_entry(name, viewer, admin, browse):
    """GET is 405; an entry that is not there is 404."""
    grant, client = viewer.grants.get(), browse(admin)
    assert client.get(page(grant, name)).status_code == 405
    grant.pk = 4711
    assert client.post(page(grant, name)).status_code == 404


def test_the_list_says_that_nobody_watches_a_sole_administrator(viewer, admin, browse):
    """A second one who sets everything up ends it; one of a project does not."""
    client = browse(admin)
    assert "You are the only administrator" in client.get(listing(Grant)).text
    factories.make_grant(factories.make_user("second"), "set_up")
    assert "only administrator" not in client.get(listing(Grant)).text


def test_the_list_changes_nothing_by_itself(viewer, admin, browse):
    """No editable column, no action on many rows, however the request is crafted."""
    grant, client = viewer.grants.get(), browse(admin)
    for sent in ({"action": "delete_selected", "_selected_action": [grant.pk], "post": "yes"},
                 {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": grant.pk,
                  "form-0-action": "release", "_save": "Save"}):
        client.post(listing(Grant), sent)
    assert list(viewer.grants.values_list("action", "valid_until")) == [("look", None)]


def test_what_ends_an_entry_looks_unlike_what_confirms_it(shop, outsider, admin, browse):
    """Confirming comes first; and its page says by whom, not which column holds the name."""
    factories.make_environment(shop, is_protected=True)
    row = factories.make_grant(outsider, "release", project=shop, granted_by_name="Grace",
                               confirmed_by_name="")
    text = browse(admin).get(page(row)).text
    assert text.index('value="Confirm"') < text.index('class="danger" value="End now"')
    assert "From whom" in text
    assert "by name" not in text


def test_people_are_chosen_by_the_names_that_they_go_by(outsider, admin, browse):
    """As in the forms of freezes and of approval rules."""
    type(outsider).objects.filter(pk=outsider.pk).update(first_name="Olga", last_name="Out")
    assert f">Olga Out ({outsider.username})</option>" in browse(admin).get(
        listing(Grant, "add")).text
