"""A request for an exception: where it waits, for whom, how it is answered, and what who asked
reads of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import AuditEntry, Deployment, ExceptionRequest, Freeze, Notice
from deployments.policy import excepting
from deployments.services import gates
from tests import factories
from tests.unit.pages.test_exceptions_page import PAGE, freeze, mail, release, steps

__all__ = ["freeze", "mail", "release"]
PAGES = ("/admin/", "/admin/approvals/")
COUNT = 'class="count" aria-label="{} waiting for you"'


@pytest.fixture
def anna(releaser):
    """Asks for exceptions; has an address for mails."""
    releaser.first_name, releaser.email = "Anna", "anna@shop.example"
    releaser.save()
    return releaser


@pytest.fixture
def ines(freeze):
    """Whom the freeze names; may look and release."""
    user = factories.make_user("ines", None, "look", "release", first_name="Ines",
                               email="ines@shop.example")
    freeze.may_override.add(user)
    return user


@pytest.fixture
def uma(freeze, shop):
    """Who set the freeze, and sets Shop up."""
    user = factories.make_user("uma", shop, "set_up", first_name="Uma", is_staff=True)
    Freeze.objects.update(set_by=user, set_by_name="Uma", project=shop)  # as its form keeps it
    freeze.refresh_from_db()
    return user


@pytest.fixture
def asked(anna, release, sign_in):
    """A function by which Anna asks, and that gives her request."""

    def ask(reason="Nobody can pay"):
        answer = sign_in(anna).post(PAGE, {"version": release.name, "reason": reason})
        assert answer.status_code == 303, answer.text
        return ExceptionRequest.objects.first()

    return ask


def page_of(row):
    return f"/admin/freezes/exceptions/{row.pk}/"


def words(page):
    return " ".join(page.text.split())


def test_whom_the_freeze_names_finds_it_waiting(ines, anna, asked, release, viewer, sign_in):
    """On What's live, on Approvals and in the menu's count; nobody else does."""
    row, client = asked(), sign_in(ines)
    sentence = "Anna asks for an exception: Shop (Production), version 2.8.1"
    for path in PAGES:
        page = words(client.get(path))
        assert "Waiting for you (1)" in page
        assert sentence in page
        assert "“Nobody can pay” (asked just now)" in page
        assert f'href="{steps(release, "review")}">Release it…' in page
        assert f'href="{page_of(row)}">Say no…' in page
    assert COUNT.format(1) in client.get("/admin/help/").text
    assert 'href="/admin/projects/shop/">Shop</a>' in client.get("/admin/?show=mine").text
    for user in (anna, viewer):
        for path in PAGES:
            page = sign_in(user).get(path).text
            assert sentence not in page
            assert 'class="count"' not in page
    assert sign_in(factories.make_user("else", factories.make_project(), "look")).get(
        page_of(row)).status_code == 404


def test_who_set_a_freeze_that_names_nobody_names_somebody(
        freeze, uma, ines, asked, sign_in):
    """The button leads to the freeze's form; when Ines is named there, it waits for her instead."""
    freeze.may_override.clear()
    row, client, form = asked(), sign_in(uma), f"/admin/deployments/freeze/{freeze.pk}/change/"
    assert row.told == ["Uma"]
    for path in (*PAGES, page_of(row)):
        page = client.get(path).text
        assert f'href="{form}">Name somebody…' in page
        assert "Release it…" not in page
        assert client.get(form).status_code == 200
    assert "asks for an exception" not in sign_in(ines).get("/admin/").text
    freeze.may_override.add(ines)
    assert "asks for an exception" not in client.get("/admin/").text
    assert "Release it…" in sign_in(ines).get("/admin/").text


def test_who_may_open_it_themselves_is_told_how(freeze, uma, anna, asked, shop, sign_in):
    """Who set it, and may release, names somebody; when that is Anna, she releases."""
    factories.make_grant(uma, "release", project=shop)
    assert "You set this freeze, and it names nobody." in sign_in(uma).get(PAGE).text
    asked()
    freeze.may_override.add(anna)
    page = sign_in(anna).get(PAGE).text
    assert "You may make an exception yourself." in page
    assert "<textarea" not in page


def test_a_setter_who_sets_nothing_up_any_more_is_not_asked(
        freeze, uma, anna, asked, release, production, sign_in):
    """Neither by words, nor by mail, nor on a page; what waited waits for nobody of that name."""
    asked()
    uma.grants.all().delete()
    assert "asks for an exception" not in sign_in(uma).get("/admin/").text
    gate, = gates.standing(production)
    assert "uma" not in gate.remedy.lower()
    assert (gate.leads_to, excepting.setter_of(freeze)) == ("", "")
    client = sign_in(anna)
    assert "Nobody, except in an emergency." in client.get("/admin/freezes/").text
    ExceptionRequest.objects.update(asked_at=timezone.now() - timedelta(hours=2))
    assert "Nobody can make an exception" in client.get(PAGE).text


def test_a_no_is_told_with_its_words(ines, anna, asked, release, sign_in):
    """By mail and on every page of who asked; the audit log has it; nobody is asked any longer."""
    row = asked()
    client = sign_in(ines)
    assert "Say no</button>" in client.get(page_of(row)).text
    answer = client.post(page_of(row), {"answer": "no", "comment": "Wait for Monday"})
    assert (answer.status_code, answer["Location"]) == (303, "/admin/approvals/")
    row.refresh_from_db()
    assert (row.answer, row.comment, row.answered_by) == ("declined", "Wait for Monday", ines)
    told = Notice.objects.get(event="freeze.exception_declined")
    assert told.address == "anna@shop.example"
    assert "Ines said no: “Wait for Monday”" in told.text
    assert page_of(row) in told.text
    entry = AuditEntry.objects.get(action="freeze.exception_declined")
    assert (entry.outcome, entry.details["comment"]) == ("done", "Wait for Monday")
    for path in PAGES:
        assert "asks for an exception" not in client.get(path).text
    client = sign_in(anna)
    for path in (PAGE, page_of(row), "/admin/approvals/?tab=asked", steps(release, "rules"),
                 steps(release, "confirm")):
        page = words(client.get(path))
        assert "Ines said no</span>" in page, path
        assert "“Wait for Monday”" in page
    assert ">You asked</a>" in client.get("/admin/approvals/").text


def test_a_no_without_words_is_one_too(ines, asked, sign_in):
    """Whoever says no owes nobody a sentence; the mail is one."""
    row = asked()
    assert sign_in(ines).post(page_of(row), {"answer": "no"}).status_code == 303
    assert "Ines said no." in Notice.objects.get(event="freeze.exception_declined").text


def test_only_those_answer_whose_freeze_it_is(
        ines, anna, asked, admin, viewer, sign_in, assert_refused):
    """Not who asked, nobody whom it does not name, nobody twice; only who asked takes it back."""
    row, no = asked(), {"action": "freeze.exception_declined"}
    back = {"action": "freeze.exception_taken_back"}
    assert_refused(sign_in(anna).post(page_of(row), {"answer": "no"}), "You asked for this", **no)
    for user in (viewer, admin):
        answer = sign_in(user).post(page_of(row), {"answer": "no"})
        assert_refused(answer, "The freeze does not name you", **no)
        assert "Ines can make an exception." in answer.text
    assert_refused(sign_in(ines).post(page_of(row), {"answer": "back"}), "You did not ask", **back)
    assert sign_in(ines).post(page_of(row), {"answer": "no"}).status_code == 303
    assert_refused(sign_in(ines).post(page_of(row), {"answer": "no"}), "it was declined",
                   status=409, **no)
    assert_refused(sign_in(anna).post(page_of(row), {"answer": "back"}), "it was declined",
                   status=409, **back)


def test_a_release_in_spite_of_the_freeze_is_the_answer(ines, anna, asked, release, sign_in):
    """It counts as used as soon as it is asked for; who asked is told, and led to it."""
    row, client = asked(), sign_in(ines)
    page = client.get(steps(release, "confirm")).text
    key = page.split('name="in_spite_of" value="')[1].split('"')[0]
    answer = client.post(steps(release, "confirm"), {
        "request_key": "a" * 32, "version": release.name, "sha": release.commit_sha,
        "when": "now", "in_spite_of": key, "reason": "Nobody can pay"})
    assert answer.status_code == 303, answer.text
    row.refresh_from_db()
    made = Deployment.objects.get()
    assert (row.answer, row.deployment, row.answered_by) == ("used", made, ines)
    assert "asks for an exception" not in client.get("/admin/").text
    told = Notice.objects.get(event="freeze.exception_used")
    assert (told.address, "Ines made one" in told.text) == ("anna@shop.example", True)
    client = sign_in(anna)
    for path in (PAGE, "/admin/approvals/?tab=asked"):
        page = client.get(path).text
        assert "Ines made the exception: " in page
        assert str(made.words) in page  # asked for is not live yet
        assert f'href="/admin/progress/{made.pk}/"' in page


def test_who_asked_sees_that_it_waits_and_takes_it_back(ines, anna, asked, release, sign_in):
    """With the names of who was told; taken back, nobody is asked, and nothing is left of it."""
    row, client = asked(), sign_in(anna)
    for path in (PAGE, page_of(row), steps(release, "rules"), steps(release, "confirm")):
        page = words(client.get(path))
        assert "Waits for an answer" in page, path
        assert "Asked: Ines." in page
        assert "Take it back</button>" in page
    assert "<textarea" not in client.get(PAGE).text  # within the hour
    page = words(client.get("/admin/approvals/?tab=asked"))
    assert "You asked (1)" in page
    assert "You asked for an exception: <strong>Shop (Production), version 2.8.1</strong>" in page
    assert client.post(page_of(row), {"answer": "back"}).status_code == 303
    assert "asks for an exception" not in sign_in(ines).get("/admin/").text
    assert "You asked for an exception" not in client.get("/admin/approvals/?tab=asked").text
    assert "Taken back" in sign_in(ines).get(page_of(row)).text
    assert AuditEntry.objects.filter(action="freeze.exception_taken_back", outcome="done").exists()
    assert client.post(PAGE, {"reason": "Again"}).status_code == 409  # still within the hour


def test_who_may_not_release_there_is_offered_no_release(ines, anna, asked, sign_in):
    """One button leads to the answer, which says what is missing; who asks reads it before."""
    ines.grants.filter(action="release").delete()
    assert "no yes can come from: Ines." in words(sign_in(anna).get(PAGE))
    row, client = asked(), sign_in(ines)
    for path in PAGES:
        page = client.get(path).text
        assert f'href="{page_of(row)}">Answer…' in page
        assert "Release it…" not in page
        assert "Say no…" not in page
    page = client.get(page_of(row)).text
    assert "you cannot yet. You may not release Shop (Production)" in page
    assert "Release it yourself" not in page
