"""The page of a project's edits: who reads it, who answers, by which method, and its words."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from deployments.models import Project, SignIn
from deployments.services import edits
from deployments.services.recipe_content import content_of
from tests import factories


@pytest.fixture
def editor(shop):
    return factories.make_user("editor", shop, "commands")


@pytest.fixture
def second(shop):
    second = factories.make_user("second")
    factories.make_grant(second, "commands", project=shop, confirmed_at=timezone.now())
    return second


@pytest.fixture
def waiting(shop, editor):
    Project.objects.update(commands_need_second=True, build_commands="make\nold")
    with transaction.atomic():
        before = content_of(shop)
        Project.objects.update(build_commands="make\n<b>new</b>")
        return edits.keep_edit(factories.actor_for(editor), shop, before)


def history(slug="shop"):
    return reverse("admin:command-edits", args=[slug])


def answer(edit):
    return reverse("admin:command-edit-answer", args=["shop", edit.number])


def test_everybody_with_the_right_reads_what_changed(waiting, editor, second, sign_in):
    """Signs and words, lines escaped; the author can take it back, the second one can agree."""
    for person, button, other in ((second, ">Agree<", ">Take it back<"),
                                  (editor, ">Take it back<", ">Agree<")):
        text = sign_in(person).get(history()).text
        assert "Edit 2: waits for a second person" in text
        assert '<span class="away">removed: </span><code>old</code>' in text
        assert "added: </span><code>&lt;b&gt;new&lt;/b&gt;</code>" in text
        assert button in text
        assert other not in text


def test_home_and_the_project_say_that_it_waits(waiting, editor, second, sign_in):
    """Only to whoever could agree; the form's page says it to all who see it."""
    told = "editor edited what Shop runs: read what changed"
    assert told in sign_in(second).get("/admin/").text
    assert told not in sign_in(editor).get("/admin/").text
    form = reverse("admin:deployments_project_change", args=[waiting.project_id])
    assert "Edit 2 by editor waits for a second person." in sign_in(second).get(form).text


def test_the_second_person_agrees(waiting, second, sign_in, shop):
    """303 back to the page, where it is in force."""
    response = sign_in(second).post(answer(waiting), {"answer": "agree", "comment": "read"})
    assert (response.status_code, response["Location"]) == (303, history())
    shop.refresh_from_db()
    assert shop.build_commands == "make\n<b>new</b>"


def test_agreeing_asks_for_the_password_again(waiting, second, sign_in, shop):
    """And leads back to the page of edits, with the comment still there."""
    client = sign_in(second)
    SignIn.objects.update(fresh_at=timezone.now() - timedelta(days=1))
    asked = client.post(answer(waiting), {"answer": "agree", "comment": "read it"})
    assert (asked.status_code, asked["Location"]) == (
        303, f"/admin/again/?next={history().replace('/', '%2F')}")
    waiting.refresh_from_db()
    assert waiting.status == "waiting"
    assert ">read it</textarea>" in client.get(history()).text
    assert client.post(answer(waiting), {"answer": "decline", "comment": "no"}).status_code == 303


def test_an_earlier_edit_is_made_so_again_as_a_new_edit(waiting, second, sign_in, shop):
    """Which waits, too."""
    client = sign_in(second)
    client.post(answer(waiting), {"answer": "agree"})
    first = shop.recipe_versions.get(number=1)
    assert client.post(answer(first), {"answer": "again"}).status_code == 303
    assert shop.recipe_versions.first().status == "waiting"


@pytest.mark.parametrize(("sent", "reason", "action"), [
    ({"answer": "decline"}, "Saying no needs a reason", "commands.declined")])
def test_a_refusal_stands_on_the_page(waiting, second, sign_in, assert_refused, sent, reason,
                                      action):
    """And in the log."""
    assert_refused(sign_in(second).post(answer(waiting), sent), reason, action=action)


def test_a_form_that_is_not_complete_changes_nothing(waiting, second, sign_in, shop):
    """Another answer than those of the page."""
    response = sign_in(second).post(answer(waiting), {"answer": "x"})
    assert response.status_code == 403
    assert "This form is not complete." in response.text


def test_the_author_does_not_agree_by_a_crafted_form(waiting, editor, sign_in, assert_refused):
    """The button is not there, and the service says why."""
    response = sign_in(editor).post(answer(waiting), {"answer": "agree"})
    assert_refused(response, "You made this edit", action="commands.agreed")


def test_people_without_set_up_neither_read_nor_answer(waiting, viewer, releaser, sign_in):
    """Commands can hold what is nobody else's business."""
    for person in (viewer, releaser):
        assert sign_in(person).get(history()).status_code == 403
        assert sign_in(person).post(answer(waiting), {"answer": "agree"}).status_code == 403
    waiting.refresh_from_db()
    assert waiting.status == "waiting"


def test_a_stranger_signs_in_first(waiting, client):
    """Neither reads nor answers."""
    assert client.get(history()).status_code == 302
    assert client.post(answer(waiting)).status_code == 302


def test_methods_and_missing_objects(waiting, second, sign_in):
    """405 by the wrong method, 404 for what is not there."""
    client = sign_in(second)
    assert client.post(history()).status_code == 405
    assert client.get(answer(waiting)).status_code == 405
    assert client.get(history("nothing")).status_code == 404
    assert client.post(reverse("admin:command-edit-answer", args=["shop", 99])).status_code == 404


def test_who_sets_up_reads_and_has_no_buttons(waiting, shop, sign_in):
    """With the reason why."""
    text = sign_in(factories.make_user("setter", shop, "set_up")).get(history()).text
    assert "You may not edit the commands of Shop" in text
    assert ">Agree<" not in text
