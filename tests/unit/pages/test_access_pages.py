"""My access, Ask for access and its answer, and memberships that wait."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from deployments.models import AccessRequest, Account, AuditEntry, Grant, MembershipRequest, Notice
from deployments.services import access
from tests.factories import (
    actor_for,
    make_deployment,
    make_grant,
    make_project,
    make_release,
    make_user,
)


def address(name, *args):
    return reverse(f"admin:{name}", args=args)


def newest():
    entry = AuditEntry.objects.order_by("-seq").first()
    return entry.action, entry.outcome


@pytest.fixture
def keeper(shop):
    """Sets shop up, and nothing else."""
    return make_user("keeper", shop, "set_up", email="keeper@shop.example")


@pytest.fixture
def asked(viewer, production, keeper):
    """The viewer asks to release to production."""
    viewer.email = "viewer@shop.example"
    viewer.save()
    return access.ask_for_access(actor_for(viewer), action="release", environment=production,
                                 reason="Holiday of Anna")


def test_my_access_says_from_whom_until_when_and_from_where(
        shop, production, staging, viewer, admin, sign_in):
    """By project and environment; what does not count now says why."""
    make_grant(viewer, "release", environment=production, networks="10.0.0.0/8",
               granted_by=admin, granted_by_name="Ines",
               valid_until=timezone.now() + timedelta(days=3), confirmed_at=timezone.now())
    group = Group.objects.create(name="Shop leads")
    viewer.groups.add(group)
    make_grant(None, "build", group=group, project=shop)
    type(production).objects.filter(pk=production.pk).update(is_protected=True)
    make_grant(viewer, "approve", project=shop, needs_second=True)
    page = sign_in(viewer).get(address("access-mine")).text
    for words in ("Production", "Staging", "Ines", "10.0.0.0/8", "as one of Shop leads",
                  "counts only from certain networks; you are on 127.0.0.1",
                  "waits for a second person", "My access"):
        assert words in page, words
    assert address("access-mine") in sign_in(viewer).get("/admin/").text


def test_my_access_shows_nothing_of_other_projects(viewer, sign_in):
    """Names are facts, too."""
    make_project(name="Secret site")
    assert "Secret site" not in sign_in(viewer).get(address("access-mine")).text


def test_a_superuser_is_told_what_the_status_gives(admin, production, sign_in):
    """Set-up, and no release."""
    page = sign_in(admin).get(address("access-mine")).text
    assert "you are a superuser" in page
    assert "release</span>" not in page
    assert "Nothing more." in page  # the project's rows hold in its environments, too


def test_asking_tells_the_administrators(viewer, production, keeper, sign_in):
    """By mail and on their home page; the person sees it under My access."""
    there = address("access-ask")
    client = sign_in(viewer)
    form = client.get(f"{there}?place=shop/production&action=release").text
    assert '<option value="shop/production" selected>' in form
    answer = client.post(there, {"place": "shop/production", "action": "release",
                                 "reason": "Holiday of Anna"})
    assert answer.status_code == 303
    row = AccessRequest.objects.get()
    assert (row.environment, row.action, row.reason) == (production, "release", "Holiday of Anna")
    assert Notice.objects.get(event="access.requested").address == "keeper@shop.example"
    assert address("access-answer", row.pk) in sign_in(keeper).get("/admin/").text
    assert "Waits for an answer" in client.get(address("access-mine")).text


@pytest.mark.parametrize(("fields", "words"), [
    ({"reason": " "}, "needs a reason"), ({"action": "fly"}, "Nobody can be allowed that"),
    ({"action": "look"}, "You may do this already"),
])
def test_a_request_that_cannot_be_granted_is_refused_with_its_reason(
        fields, words, viewer, production, sign_in):
    """What was typed stays in the form; the refusal is in the audit log."""
    sent = {"place": "shop/production", "action": "release", "reason": "Please"} | fields
    answer = sign_in(viewer).post(address("access-ask"), sent)
    assert answer.status_code == 409
    assert words in answer.text
    assert newest() == ("access.requested", "refused")
    assert not AccessRequest.objects.exists()


def test_what_can_be_asked_for_is_explained_and_chosen_as_the_link_says(
        viewer, production, sign_in):
    """Each action with what it lets one do; the only place there is stands there already."""
    page = sign_in(viewer).get(address("access-ask"), {"action": "go_back"}).text
    assert page.count('name="action"') == len(Grant.ACTIONS)
    assert 'value="go_back" required checked' in page
    assert "Put a version back that was live before." in page
    assert '<option value="shop/production" selected>' in page


@pytest.mark.parametrize(("sent", "asked_for"), [
    ({"and_back": "1"}, {"release", "go_back"}), ({}, {"release"})])
def test_who_asks_to_release_may_ask_to_go_back_with_it(
        sent, asked_for, viewer, production, keeper, sign_in):
    """Two requests with one reason; not for what one may do, or has asked for."""
    client = sign_in(viewer)
    sent = {"action": "release", "place": "shop/production", "reason": "For the sale"} | sent
    assert client.post(address("access-ask"), sent).status_code == 303
    assert set(AccessRequest.objects.values_list("action", flat=True)) == asked_for
    AccessRequest.objects.filter(action="release").delete()
    make_grant(viewer, "go_back", environment=production)
    assert client.post(address("access-ask"), sent).status_code == 303
    assert AccessRequest.objects.count() == len(asked_for)


def test_nobody_asks_about_a_project_they_may_not_look_at(viewer, sign_in):
    """A place that is not offered is none."""
    hidden = make_project(slug="hidden")
    answer = sign_in(viewer).post(address("access-ask"), {
        "place": "hidden", "action": "release", "reason": "Please"})
    assert answer.status_code == 409
    assert "Choose a project" in answer.text
    assert hidden.name not in answer.text
    assert newest() == ("access.requested", "refused")
    assert not AccessRequest.objects.exists()


def test_a_request_is_granted_in_one_step_until_a_date(asked, keeper, viewer, sign_in):
    """The entry exists, the person is told."""
    until = timezone.localdate() + timedelta(days=7)
    answer = sign_in(keeper).post(address("access-answer", asked.pk), {
        "answer": "grant", "until": f"{until:%Y-%m-%d}", "networks": "10.0.0.0/8"})
    assert answer.status_code == 303
    grant = viewer.grants.get(action="release")
    assert timezone.localtime(grant.valid_until).date() == until
    assert (grant.networks, grant.granted_by) == ("10.0.0.0/8", keeper)
    told = Notice.objects.get(event="access.granted")
    assert told.address == "viewer@shop.example"
    mine = sign_in(viewer).get(address("access-mine")).text
    assert "</svg>Granted</span>" in mine
    Grant.objects.filter(pk=grant.pk).update(needs_second=True)
    mine = sign_in(viewer).get(address("access-mine")).text
    assert "Granted: counts once a second person has confirmed it" in mine


def test_a_request_is_declined_with_a_comment(asked, keeper, viewer, sign_in):
    """Which the person gets; without one it is refused."""
    client, there = sign_in(keeper), address("access-answer", asked.pk)
    answer = client.post(there, {"answer": "decline"})
    assert answer.status_code == 409
    assert "Declining needs a comment" in answer.text
    assert client.post(there, {"answer": "decline", "comment": "Ask Mia"}).status_code == 303
    assert "“Ask Mia”" in Notice.objects.get(event="access.declined").text
    assert not viewer.grants.filter(action="release").exists()
    again = client.post(there, {"answer": "grant", "until": "2099-01-01"})
    assert "answered this already" in again.text


@pytest.mark.parametrize("until", ["", "yesterday", "2020-01-01", "2026-13-45", "9999-12-31"])
def test_granting_needs_an_end_that_lies_ahead(until, asked, keeper, viewer, sign_in):
    """Also where no browser checked the date; the last day there is ends in no zone of the west."""
    Account.objects.update_or_create(user=keeper, defaults={"time_zone": "America/New_York"})
    answer = sign_in(keeper).post(address("access-answer", asked.pk), {
        "answer": "grant", "until": until})
    assert answer.status_code == 409
    assert newest() == ("access.granted", "refused")
    assert not viewer.grants.filter(action="release").exists()


def test_nobody_answers_their_own_request(production, sign_in):
    """They see it, with the reason why there is no button."""
    me = make_user("me", production.project, "set_up")
    row = access.ask_for_access(actor_for(me), action="release", environment=production,
                                reason="Please")
    client, there = sign_in(me), address("access-answer", row.pk)
    assert "somebody else must answer" in client.get(there).text
    answer = client.post(there, {"answer": "grant", "until": "2099-01-01"})
    assert answer.status_code == 403
    assert not me.grants.filter(action="release").exists()


def test_only_who_sets_things_up_explains_and_answers(asked, viewer, outsider, sign_in):
    """Others' access is not everybody's to read; tries to change it are in the audit log."""
    row = MembershipRequest.objects.create(user=outsider, group=Group.objects.create(name="G"))
    neighbour = make_user("neighbour", make_project(), "set_up")
    client = sign_in(viewer)
    for name in ("access-why", "access-requests"):
        assert client.get(address(name)).status_code == 403
    for who, place in ((neighbour, address("access-answer", asked.pk)),
                       (viewer, address("access-join", row.pk)),
                       (viewer, address("person-link", outsider.pk))):
        assert sign_in(who).post(place, {"answer": "grant"}).status_code in (303, 403)
        assert newest()[1] == "refused" or name == "person-link"
    asked.refresh_from_db()
    row.refresh_from_db()
    assert (asked.answer, row.answer) == ("", "")


def test_wrong_methods_strangers_and_missing_objects(asked, admin, client, sign_in):
    """Every page of these: 405, the sign-in page, 404."""
    inside = sign_in(admin)
    for name in ("access-mine", "access-why", "access-requests"):
        assert inside.post(address(name)).status_code == 405
        assert "/login/" in client.get(address(name))["Location"]
    assert inside.put(address("access-ask")).status_code == 405
    assert inside.get(address("access-join", 1)).status_code == 405
    assert inside.put(address("access-answer", asked.pk)).status_code == 405
    assert inside.get(address("access-answer", 99999)).status_code == 404
    assert inside.post(address("access-join", 99999)).status_code == 404
    assert inside.get(address("person-link", 99999)).status_code == 404


def test_a_membership_is_confirmed_by_a_second_administrator(admin, outsider, sign_in):
    """Who asked sees why there is no button for them."""
    second = make_user("second", is_superuser=True)
    group = Group.objects.create(name="Leads")
    row = MembershipRequest.objects.create(user=outsider, group=group, asked_by=admin,
                                           asked_by_name="admin")
    assert "You asked for this" in sign_in(admin).get(address("access-requests")).text
    sign_in(admin).post(address("access-join", row.pk), {"answer": "confirm"})
    assert newest() == ("membership.confirmed", "refused")
    assert not outsider.groups.exists()
    sign_in(second).post(address("access-join", row.pk), {"answer": "confirm"})
    assert list(outsider.groups.all()) == [group]


def test_refusals_and_the_home_page_lead_to_asking(viewer, production, sign_in):
    """Under buttons one may not press, beside the rule that says no, and where one only looks."""
    client = sign_in(viewer)
    home = client.get("/admin/").text
    assert "You can look, but not release yet." in home
    assert f"{address('access-ask')}?place=shop/production&amp;action=release" in home
    there = address("release-rules", "shop", "production")
    rules = client.get(f"{there}?version={make_release(production.project).name}").text
    assert f'{address("access-ask")}?place=shop/production">Ask for access' in rules


def test_home_asks_once_for_each_place_and_says_what_waits(viewer, production, sign_in):
    """Not once for each button; after asking, since when it waits."""
    for __ in range(2):
        make_deployment(production)
    client = sign_in(viewer)
    home = client.get("/admin/").text
    assert home.count(">Ask for access<") == 1
    assert home.count("nobody gave you this right yet") == 1
    access.ask_for_access(actor_for(viewer), action="release", environment=production,
                          reason="Holiday of Anna")
    home = client.get("/admin/").text
    assert home.count("it waits for an answer.") == home.count(">Ask for access<") == 1
    assert "action=go_back" in home
    access.ask_for_access(actor_for(viewer), action="go_back", environment=production,
                          reason="Holiday of Anna")
    home = client.get("/admin/").text
    assert home.count("it waits for an answer.") == 1
    assert ">Ask for access<" not in home


def test_home_leads_to_asking_to_release_while_going_back_is_asked_for(
        viewer, production, sign_in):
    """What waits is another right."""
    for __ in range(2):
        make_deployment(production)
    access.ask_for_access(actor_for(viewer), action="go_back", environment=production,
                          reason="Holiday of Anna")
    home = sign_in(viewer).get("/admin/").text
    assert home.count("it waits for an answer.") == 1
    assert f"{address('access-ask')}?place=shop/production&amp;action=release" in home


def test_a_lone_administrator_is_told_on_home(admin, shop, sign_in):
    """Until there is a second one."""
    assert "You are the only administrator" in sign_in(admin).get("/admin/").text
    make_user("second", is_superuser=True)
    assert "You are the only administrator" not in sign_in(admin).get("/admin/").text
