"""Asking for an exception from a freeze: who is told, with which words, and how often."""

import re
from datetime import time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from deployments.models import AuditEntry, ExceptionRequest, Freeze, Notice
from deployments.services import gates
from deployments.services.deployments import request_deployment
from tests import factories

PAGE = "/admin/freezes/exception/shop/production/"


@pytest.fixture(autouse=True)
def mail(settings):
    settings.MAIL_IS_ON = True


@pytest.fixture
def freeze(production):
    today = timezone.now().date()
    return Freeze.objects.create(
        environment=production, reason="Black Friday", from_date=today - timedelta(days=1),
        until_date=today + timedelta(days=2), from_time=time(), until_time=time())


@pytest.fixture
def ines(freeze):
    user = factories.make_user("ines", first_name="Ines", email="ines@shop.example")
    freeze.may_override.add(user)
    return user


@pytest.fixture
def release(shop):
    return factories.make_release(shop, label="2.8.1")


def steps(release, name):
    return f"/admin/release/shop/production/{name}/?version={release.name}"


def test_of_two_freezes_all_are_asked_who_can_open_one(
        ines, production, releaser, sign_in):
    """One names Ines; the other names nobody, so whoever set it is asked to name somebody."""
    setter = factories.make_user("uma", production.project, "set_up", email="uma@shop.example")
    Freeze.objects.create(
        project=production.project, reason="Stock", from_date="2020-01-01", from_time=time(),
        until_date="2090-01-01", until_time=time(), set_by=setter, set_by_name="uma")
    assert sign_in(releaser).post(PAGE, {"reason": "Nobody can pay"}).status_code == 303
    told = Notice.objects.filter(event="freeze.exception_asked")
    text = {row.address: row.text for row in told}
    assert set(text) == {"ines@shop.example", "uma@shop.example"}
    assert "tick the freeze on “Confirm”" in text["ines@shop.example"]
    assert "name somebody in the freeze" in text["uma@shop.example"]


def test_without_a_mail_server_nobody_is_said_to_be_told(ines, releaser, sign_in, settings):
    """The page says to call instead, and keeps the reason."""
    settings.MAIL_IS_ON = False
    page = sign_in(releaser).post(PAGE, {"reason": "Nobody can pay"})
    assert page.status_code == 409
    assert "Ines cannot be told: no mail server is configured." in page.text
    assert "Call instead." in page.text
    assert "Nobody can pay" in page.text


@pytest.mark.parametrize("step", ["rules", "confirm"])
def test_the_sentence_leads_to_asking(step, ines, release, releaser, sign_in):
    """Where somebody can make an exception, and never for them; of who may not release there, so
    cannot, the page says so."""
    client, link = sign_in(releaser), f'href="{PAGE}?version={release.name}"'
    page = client.get(steps(release, step)).text
    assert "The freeze names Ines, who may not release there." in page
    assert "can make an exception" not in page
    assert link in page
    factories.make_grant(ines, "release", project=release.project)
    page = client.get(steps(release, step)).text
    assert "Ines can make an exception. Or plan it for a time after" in page
    assert link in page
    page = sign_in(ines).get(steps(release, step)).text
    assert link not in page
    if step == "rules":
        assert "Needed to make an exception." in page
        assert "May stay empty." in sign_in(releaser).get(steps(release, step)).text
    Freeze.objects.get().may_override.clear()
    assert link not in sign_in(releaser).get(steps(release, step)).text


def test_who_is_named_is_told_by_whom_and_why(
        ines, freeze, release, releaser, sign_in):
    """People and groups, each once, with the page where they release it themselves."""
    leads = Group.objects.create(name="Shop leads")
    freeze.groups_may_override.add(leads)
    mia = factories.make_user("mia", email="mia@shop.example")
    for user in (ines, mia):
        user.groups.add(leads)
        factories.make_grant(user, "release", project=release.project)
    client = sign_in(releaser)
    page = client.get(f"{PAGE}?version={release.name}").text
    assert "Ines, mia can make an exception" in page
    releaser.groups.add(leads)
    answer = client.post(PAGE, {"version": release.name, "reason": "Nobody can pay"})
    assert (answer.status_code, answer["Location"]) == (303, "/admin/release/")
    told = {row.address: row.text for row in Notice.objects.filter(event="freeze.exception_asked")}
    assert set(told) == {"ines@shop.example", "mia@shop.example"}
    for text in told.values():
        assert "releaser asks for an exception: Shop (Production)" in text
        assert "are frozen until" in text
        assert "“Nobody can pay”" in text
        assert steps(release, "review") in text
    entry = AuditEntry.objects.get(action="freeze.exception_asked")
    assert (entry.outcome, entry.details["people"]) == ("done", ["Ines", "mia"])


def test_where_a_freeze_names_nobody_whoever_set_it_is_asked(
        freeze, production, release, releaser, sign_in):
    """They can name somebody: the sentence names them, and the mail says where."""
    setter = factories.make_user("uma", release.project, "set_up", email="uma@shop.example")
    Freeze.objects.update(set_by=setter, set_by_name="uma")
    client = sign_in(releaser)
    listed = client.get("/admin/freezes/").text
    assert "Nobody yet: uma, who set it, can name somebody." in listed
    assert f'href="{PAGE}">Ask for an exception' in listed
    page = client.get(steps(release, "rules")).text
    assert ", or ask uma for an exception." in page
    assert f'href="{PAGE}?version={release.name}"' in page
    page = client.get(f"{PAGE}?version={release.name}").text
    assert "names nobody yet" in page
    assert "Ask uma</button>" in page
    assert f'href="{steps(release, "confirm")}">Plan it for later' in page
    assert "You may not: <a" in page  # release in an emergency
    assert client.post(PAGE, {"reason": "Nobody can pay"}).status_code == 303
    told = Notice.objects.get(event="freeze.exception_asked")
    assert told.address == "uma@shop.example"
    assert "name somebody in the freeze, under “Who may release all the same”" in told.text
    assert f"/admin/freezes/exceptions/{ExceptionRequest.objects.get().pk}/" in told.text


def test_an_approver_reads_what_a_release_was_asked_for_in_spite_of(
        ines, freeze, production, release, approver, approval_rule, sign_in):
    """On Approvals and on the page of the answer: nobody agrees to an exception unawares. Whoever
    set the freeze is told that it was asked for, not that it happened."""
    setter = factories.make_user("uma", email="uma@shop.example")
    Freeze.objects.update(set_by=setter, set_by_name="uma")
    factories.make_grant(ines, "release", project=release.project)
    gate, = gates.standing(production)
    row = request_deployment(factories.actor_for(ines), production, release=release,
                             request_key="a" * 32, in_spite_of=[gate.key], reason="Nobody can pay")
    assert row.status == "awaiting_approval"
    client = sign_in(approver)
    assert f"In spite of this: {gate.reason}" in client.get("/admin/approvals/").text
    assert f"<strong>Asked for in spite of this:</strong> {gate.reason}" in client.get(
        f"/admin/approvals/{row.pk}/").text
    assert "asked for in spite of “Black Friday”" in Notice.objects.get(
        event="freeze.overridden").text
    assert " in spite of this: " in AuditEntry.objects.get(action="freeze.overridden").sentence


def test_what_is_refused_keeps_what_was_written(
        ines, freeze, releaser, viewer, sign_in, assert_refused):
    """No reason, asked already, nobody to reach, nothing frozen, and who may not release."""
    client, asked = sign_in(releaser), {"action": "freeze.exception_asked"}
    assert_refused(client.post(PAGE, {"reason": " "}), "needs a reason", status=409, **asked)
    assert_refused(client.post(PAGE, {"reason": "x", "version": "nowhere"}), "nowhere", status=409,
                   **asked)
    assert client.post(PAGE, {"reason": "Nobody can pay"}).status_code == 303
    again = client.post(PAGE, {"reason": "Still nobody"})
    assert_refused(again, "You asked for this a short while ago.", status=409, **asked)
    assert "Still nobody" in again.text
    assert re.search(r"you can ask again from \d\d:\d\d on", again.text)
    assert Notice.objects.count() == 1
    ExceptionRequest.objects.update(asked_at=timezone.now() - timedelta(hours=2))
    type(ines).objects.filter(pk=ines.pk).update(email="")
    assert_refused(client.post(PAGE, {"reason": "x"}), "Ines cannot be told", status=409, **asked)
    assert_refused(sign_in(viewer).post(PAGE, {"reason": "x"}), "You may not release Shop", **asked)
    freeze.may_override.clear()
    assert_refused(sign_in(releaser).post(PAGE, {"reason": "x"}), "Nobody can make an exception",
                   status=409, **asked)
    freeze.delete()
    assert_refused(sign_in(releaser).post(PAGE, {"reason": "x"}), "Nothing is frozen", status=409,
                   **asked)


def test_the_page_says_so_where_there_is_nothing_to_ask(
        freeze, releaser, viewer, sign_in, client):
    """Nobody named, no right to release, nothing frozen; a stranger signs in; no such place."""
    assert "Nobody can make an exception." in sign_in(releaser).get(PAGE).text
    assert "<textarea" not in sign_in(viewer).get(PAGE).text
    freeze.delete()
    assert "Nothing is frozen here now." in sign_in(releaser).get(PAGE).text
    assert sign_in(releaser).put(PAGE).status_code == 405
    assert sign_in(releaser).get(PAGE.replace("production", "nowhere")).status_code == 404
    client.logout()
    assert "/login/" in client.get(PAGE)["Location"]


def test_the_calendar_says_who_can_make_one(ines, freeze, release, releaser, viewer, sign_in):
    """By releasing it themselves, so of who may not release there it says that; of a freeze for
    more than one place it counts who may release somewhere under it."""
    client, page = sign_in(viewer), "/admin/freezes/"
    assert "The freeze names Ines, who may not release there." in client.get(page).text
    freeze.may_override.add(releaser)
    for covers in ({}, {"environment": None, "project": release.project}, {"project": None}):
        Freeze.objects.update(**covers)
        told = client.get(page).text
        assert f"{releaser} can make an exception." in told
        assert "may not release there" not in told
    Freeze.objects.update(environment=factories.make_environment())
    told = sign_in(factories.make_user("root", is_superuser=True)).get(page).text
    assert f"The freeze names Ines and {releaser}, who may not release there." in told


def test_whose_release_nobody_could_approve_is_said_before_asking(
        ines, production, approver, releaser, sign_in):
    """The exception would be made and wait for ever; where somebody else approves, nothing is."""
    factories.make_grant(ines, "release", environment=production)
    factories.make_grant(ines, "approve", environment=production)
    rule = factories.make_rule(production, ines)
    client, said = sign_in(releaser), "would wait for ever: Nobody can approve Shop (Production) "
    assert f"{said}releases asked for by Ines." in client.get(PAGE).text
    rule.users.add(approver)
    assert said not in client.get(PAGE).text


def test_a_version_with_a_nul_is_looked_for_without_it(ines, releaser, release, sign_in):
    """PostgreSQL looks for none."""
    sign_in(releaser).post(PAGE, {"reason": "Nobody can pay", "version": f"{release.name}\0"})
    assert ExceptionRequest.objects.get().version == release.name
