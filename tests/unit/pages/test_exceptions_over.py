"""When a request for an exception is over, when one asks again, and what requests cost a page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments import errors
from deployments.models import ExceptionRequest, Freeze
from deployments.policy import excepting
from deployments.services import due, gates
from tests import factories
from tests.unit.pages.test_exception_requests import PAGES, anna, asked, ines, page_of, uma
from tests.unit.pages.test_exceptions_page import PAGE, freeze, mail, release

__all__ = ["anna", "asked", "freeze", "ines", "mail", "release", "uma"]


@pytest.mark.parametrize("ends", ["switched off", "over"])
def test_when_the_freeze_is_over_nobody_is_asked_any_more(
        ends, freeze, ines, anna, asked, sign_in, assert_refused):
    """At once, on every page; a task writes it down. The next window does not bring it back."""
    row = asked()
    over = {"is_active": False} if ends == "switched off" else {
        "until_date": freeze.from_date, "from_date": freeze.from_date - timedelta(days=1)}
    Freeze.objects.update(**over)
    for path in PAGES:
        assert "asks for an exception" not in sign_in(ines).get(path).text
    page = "/admin/approvals/?tab=asked"
    assert "The freeze was over or changed before anybody answered" in sign_in(anna).get(page).text
    assert_refused(sign_in(ines).post(page_of(row), {"answer": "no"}), "the freeze is over",
                   action="freeze.exception_declined")
    Freeze.objects.update(is_active=True, from_date=timezone.now().date() - timedelta(days=3),
                          until_date=timezone.now().date() + timedelta(days=3))
    assert "asks for an exception" not in sign_in(ines).get("/admin/").text
    due.look_after_requests()
    row.refresh_from_db()
    assert row.answer == "over"
    assert_refused(sign_in(ines).post(page_of(row), {"answer": "no"}), "the freeze is over",
                   action="freeze.exception_declined")


def test_what_waits_is_left_alone_by_the_task(ines, asked):
    """The freeze still lasts."""
    row = asked()
    due.look_after_requests()
    row.refresh_from_db()
    assert row.answer == ""


def test_what_waits_stays_among_what_one_asked_for(ines, anna, asked, sign_in):
    """However long the freeze lasts; what was answered goes after a week."""
    asked()
    ExceptionRequest.objects.update(asked_at=timezone.now() - timedelta(days=8))
    page = "/admin/approvals/?tab=asked"
    assert "You asked (1)" in sign_in(anna).get(page).text
    ExceptionRequest.objects.update(answer=ExceptionRequest.DECLINED)
    assert "You asked for an exception" not in sign_in(anna).get(page).text


def test_after_an_hour_one_may_ask_once_more(ines, anna, asked, sign_in):
    """The newer request stands for the older one."""
    first = asked()
    ExceptionRequest.objects.update(asked_at=timezone.now() - timedelta(minutes=61))
    assert "<textarea" in sign_in(anna).get(PAGE).text
    second = asked("Still nobody can")
    first.refresh_from_db()
    assert (first.answer, second.answer) == ("back", "")
    page = sign_in(ines).get("/admin/").text
    assert page.count("asks for an exception") == 1
    assert "Still nobody can" in page


@pytest.mark.parametrize("how", ["moved", "another"])
def test_another_freeze_is_asked_about_at_once(
        how, freeze, ines, anna, asked, release, sign_in, assert_refused):
    """Also the same one with other times: nobody answers what was asked about the old ones."""
    asked()
    if how == "another":
        Freeze.objects.update(is_active=False)
        freeze.pk = None
        freeze.save()
        freeze.may_override.add(ines)
    else:
        Freeze.objects.update(from_date=freeze.from_date - timedelta(days=1))
    assert "<textarea" in sign_in(anna).get(PAGE).text
    second = asked("Still nobody can")
    assert second.reason == "Still nobody can"
    assert "Still nobody can" in sign_in(ines).get("/admin/").text
    assert_refused(sign_in(anna).post(PAGE, {"reason": "And now?"}), "a short while ago",
                   status=409, action="freeze.exception_asked")


@pytest.mark.parametrize("answer", ["no", "back"])
def test_nobody_waits_for_an_answer_that_is_given(
        answer, ines, anna, asked, sign_in, assert_refused):
    """What was declined or taken back is asked again after an hour, and the page offers no form."""
    row = asked()
    sign_in(ines if answer == "no" else anna).post(page_of(row), {"answer": answer})
    page = sign_in(anna).get(PAGE).text
    assert "You can ask once more an hour after you asked." in page
    assert "<textarea" not in page
    refused = sign_in(anna).post(PAGE, {"reason": "Still nobody can"})
    assert_refused(refused, "You asked for this a short while ago.", status=409,
                   action="freeze.exception_asked")
    assert "Call; you can ask again from" in refused.text
    assert "Still nobody can" in refused.text


def test_nobody_is_said_to_be_told_whose_account_is_gone(ines, anna, asked, sign_in):
    """The request waits all the same; whoever answers reads that the account was deleted."""
    row = asked()
    anna.delete()
    client = sign_in(ines)
    assert "The account of Anna was deleted" in client.get(page_of(row)).text
    answer = client.post(page_of(row), {"answer": "no"}, follow=True).text
    assert "You said no." in answer
    assert "is told" not in answer


def test_without_a_mail_server_it_waits_on_the_pages(ines, anna, asked, settings, sign_in):
    """Who asked reads that no mail was sent."""
    settings.MAIL_IS_ON = False
    row = asked()
    assert (row.told, row.is_mailed) == (["Ines"], False)
    assert "No mail could be sent: call" in sign_in(anna).get(PAGE).text
    assert "asks for an exception" in sign_in(ines).get("/admin/").text


@pytest.mark.parametrize(("named", "is_setter", "leads"), [
    ("ines", False, errors.EXCEPTION), ("", True, errors.EXCEPTION), ("", False, ""),
    ("empty group", False, ""), ("empty group", True, errors.EXCEPTION)])
def test_every_refusal_of_a_freeze_leads_to_asking_by_one_rule(
        named, is_setter, leads, freeze, uma, production, releaser):
    """The gate's, that of who names it without leave, and what the page of asking offers."""
    if named == "ines":
        freeze.may_override.add(factories.make_user("ines"))
    elif named:
        freeze.groups_may_override.add(Group.objects.create(name="Nobody"))
    if not is_setter:
        uma.grants.all().delete()
    gate, = gates.standing(production)
    decision = excepting.may_override(factories.actor_for(releaser), gate.row)
    assert (gate.leads_to, decision.leads_to, bool(decision.remedy)) == (leads, leads, bool(leads))


def test_many_requests_are_as_many_questions_as_one(ines, uma, shop, anna, asked, sign_in):
    """On every page with a menu, for who answers and for who asked; none for others but one."""
    asked()
    clients = [sign_in(user) for user in (ines, uma, anna)]
    pages = (*PAGES, "/admin/help/", "/admin/approvals/?tab=asked")
    few = [_queries(client, path) for client in clients for path in pages]
    for number in range(5):
        place = factories.make_environment(shop, slug=f"more-{number}")
        row = Freeze.objects.create(
            environment=place, reason="Sale", from_date="2020-01-01", from_time="00:00",
            until_date="2090-01-01", until_time="00:00", set_by=uma, set_by_name="Uma")
        if number % 2:
            row.may_override.add(ines)
        gate, = gates.standing(place)
        ExceptionRequest.objects.create(environment=place, asked_by=anna, asked_by_name="Anna",
                                        reason="It sells nothing", gates=[gate.key])
    assert "Waiting for you (3)" in clients[0].get("/admin/approvals/").text
    assert [_queries(client, path) for client in clients for path in pages[1:]] == [
        count for at, count in enumerate(few) if at % len(pages)]
    ExceptionRequest.objects.all().delete()
    assert _asking(clients[0], "/admin/help/") == 1


def _queries(client, path):
    return len(_sent(client, path))


def _asking(client, path):
    """Queries about these requests, and what follows from them."""
    return len([each for each in _sent(client, path)
                if "exceptionrequest" in each["sql"] or "deployments_freeze" in each["sql"]])


def _sent(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return list(seen.captured_queries)
