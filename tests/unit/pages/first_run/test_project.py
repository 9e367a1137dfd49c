"""Adding a site: where one begins, and the step of its project and source."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from deployments.models import Project, ServerCheck, ServerCommand
from deployments.services import first_steps, presets
from tests import factories
from tests.unit.pages.test_release_pages import text_of

from .steps import KEY, NEW, SITE, SSH, START, URL, answered, step_of


def test_an_empty_installation_says_where_to_begin(ines):
    """One button, and what to have at hand."""
    text = text_of(ines.get(START))
    assert "Welcome." in text
    assert f'<a class="button main" href="{NEW}">Begin</a>' in text


@pytest.mark.parametrize(("kind", "folder"), [("plain", "public"), ("laravel", "public"),
                                              ("drupal", "web")])
def test_a_project_is_filled_in_by_its_kind_and_read_at_once(ines, queued, kind, folder):
    """Three answers make a project, its first edit and a reading; no form of the admin."""
    answer = ines.post(NEW, {"name": "Shop", "repository_url": URL, "kind": kind})
    assert (answer.status_code, answer["Location"]) == (303, f"{SITE}project/")
    project = Project.objects.get()
    assert (project.slug, project.public_folder) == ("shop", folder)
    assert [row.command for row in ServerCommand.objects.order_by("pk")] == [
        row["command"] for row in presets.of_key(kind).commands]
    assert project.recipe_versions.count() == 1
    assert queued() == [("deployments.tasks.read_source", project.pk)]
    assert step_of(ines, "Project") == ("Waiting", "The repository is being read.")


def test_over_ssh_a_key_is_made_and_nothing_read_before_the_host_is_confirmed(ines, queued):
    """Key to copy, identity to compare, then the reading; each on the same page."""
    ines.post(NEW, {"name": "Shop", "repository_url": SSH, "kind": "plain"})
    assert [task for task, _ in queued()] == ["deployments.tasks.answer_check"]
    project = Project.objects.get()
    text = text_of(ines.get(f"{SITE}project/"))
    assert project.deploy_key.public_key in text
    assert 'http-equiv="refresh"' in text
    answered(project, "host_key")
    ServerCheck.objects.filter(answered_at=None).delete()
    Project.objects.update(git_host_key_seen=KEY)
    text = text_of(ines.get(f"{SITE}project/"))
    assert "Is this your git host?" in text
    assert 'http-equiv="refresh"' not in text
    answer = ines.post(f"{SITE}project/", {"confirm": KEY})
    assert answer.status_code == 303
    assert Project.objects.get().git_host_key == KEY
    assert "deployments.tasks.read_source" in [task for task, _ in queued()]


@pytest.mark.parametrize(("wrong", "words"), [
    ({"name": ""}, "This field is required."),
    ({"name": "Taken"}, "A project of this name is there already."),
    ({"repository_url": "shop"}, "Write https://host/path"),
    ({"repository_url": "https://me:secret@git.example/x"}, "Leave user and password out"),
    ({"kind": "perl"}, "Select a valid choice."),
])
def test_what_is_typed_wrong_is_said_at_its_field_and_nothing_is_lost(ines, wrong, words):
    """422, a list of what is wrong, tied to each field; no row, and what was right still stands."""
    factories.make_project(name="Taken")
    sent = {"name": "My shop", "repository_url": URL, "kind": "drupal"} | wrong
    answer = ines.post(NEW, sent)
    text = text_of(answer)
    assert answer.status_code == 422
    assert text.count(words) == 2  # in the list and at the field
    assert "Nothing was saved yet." in text
    assert Project.objects.count() == 1
    assert 'value="drupal"' in text
    for name in {"name", "repository_url"} - set(wrong):
        assert sent[name] in text


def test_a_source_that_cannot_be_read_says_why_and_is_corrected_on_its_page(ines, shop, queued):
    """The sentence, *Try again*, and another address; a stored token goes to no other host."""
    Project.objects.update(source_problem="git.example does not know it.", git_password="secret",
                           source_read_at=timezone.now(), repository_url=URL)
    assert step_of(ines, "Project") == ("Problem", "git.example does not know it.")
    assert "Try again" in text_of(ines.get(f"{SITE}project/"))
    ines.post(f"{SITE}project/", {"again": 1})
    assert step_of(ines, "Project")[0] == "Waiting"
    other = "https://code.example/team/shop.git"
    assert ines.post(f"{SITE}project/", {"save": 1, "repository_url": other}).status_code == 303
    project = Project.objects.get()
    assert (project.repository_url, project.git_password) == (other, "")
    assert queued()[-1] == ("deployments.tasks.read_source", project.pk)


def test_a_worker_that_is_not_there_is_told_of_while_one_waits(ines, shop):
    """Nobody looks at a turning wheel for ever."""
    ines.post(f"{SITE}project/", {"again": 1})
    assert "No worker is running" in text_of(ines.get(f"{SITE}project/"))


def test_a_project_from_the_form_is_not_said_to_be_being_read(ines, shop, queued):
    """Nobody asked for it: a button does; and a reading that is lost can be asked for again."""
    assert step_of(ines, "Project") == ("To do next", "Nobody has had the repository read yet.")
    assert "Read it</button>" in text_of(ines.get(f"{SITE}project/"))
    assert ines.post(f"{SITE}project/", {"again": 1}).status_code == 303
    assert queued() == [("deployments.tasks.read_source", shop.pk)]
    assert step_of(ines, "Project") == ("Waiting", "The repository is being read.")
    assert "Try again" not in text_of(ines.get(f"{SITE}project/"))
    with mock.patch.object(first_steps, "SLOW_AFTER", timedelta(0)):
        assert "Try again" in text_of(ines.get(f"{SITE}project/"))


def test_another_git_host_is_confirmed_anew_before_anything_is_sent_there(ines, shop, queued):
    """The identity that was confirmed belonged to the one before; the key stays."""
    Project.objects.update(repository_url=SSH, git_host_key=KEY, git_host_key_seen=KEY)
    other = "git@code.example:team/shop.git"
    assert ines.post(f"{SITE}project/", {"save": 1, "repository_url": other}).status_code == 303
    project = Project.objects.get()
    assert (project.git_host_key, project.git_host_key_seen) == ("", "")
    assert [task for task, _ in queued()] == ["deployments.tasks.answer_check"]
    assert step_of(ines, "Project") == ("Waiting", "The git host is being asked who it is.")
