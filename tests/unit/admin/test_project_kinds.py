"""Kinds of sites: their values are valid, and one fills in the form for a new project."""

import pytest

from deployments.models import Project, ServerCommand
from deployments.models.fields import lines_of
from deployments.services import presets
from deployments.services.path_rules import OWN, SHARED, entry_problems
from tests import factories

from .conftest import form_of, listing

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", presets.all(), ids=lambda kind: kind.key)
def test_what_a_kind_fills_in_passes_the_validators_of_its_rows(kind):
    """Fields, commands, and which paths may stand beside each other."""
    project = Project(name="Site", slug="site", repository_url="/srv/git/site", **kind.fields)
    project.full_clean()
    for command in kind.commands:
        ServerCommand(project=project, **command).full_clean(exclude=["project"])
    entries = [(name, name, path) for name in (*SHARED, *OWN)
               for path in lines_of(kind.fields.get(name, ""))]
    assert list(entry_problems(entries)) == []


def test_each_kind_is_said_in_words_of_its_own():
    """A key, a label and one hint each; none twice."""
    for name in ("key", "label", "hint"):
        words = [getattr(kind, name) for kind in presets.all()]
        assert all(words)
        assert len(words) == len(set(words)) == 5
    assert presets.of_key("laravel").label == "Laravel"
    assert presets.of_key("nothing") is None


def test_a_kind_fills_the_form_in_and_what_is_sent_is_saved(browse, admin_user):
    """With its commands in order; opening the link saves nothing."""
    browser = browse(admin_user)
    address = f"{listing(Project, 'add')}?preset=laravel"
    shown = browser.get(address)
    assert "Filled in for Laravel:" in shown.content.decode()
    assert "3 commands on servers" in shown.content.decode()
    assert not Project.objects.exists()
    sent = form_of(shown) | {"name": "Shop", "slug": "shop", "repository_url": "/srv/git/shop"}
    assert browser.post(address, sent).status_code == 302
    project = Project.objects.get()
    kind = presets.of_key("laravel")
    assert {name: getattr(project, name) for name in kind.fields} == kind.fields
    assert [(row.command, row.moment, row.runs_on) for row in
            project.server_commands.order_by("position")] == [
        (each["command"], each["moment"], each["runs_on"]) for each in kind.commands]


def test_whoever_may_not_edit_commands_gets_only_the_rest_filled_in(browse, setter_up):
    """Commands are code: neither fields nor rows of them, and the words name none."""
    browser = browse(setter_up("set_up"))
    shown = browser.get(f"{listing(Project, 'add')}?preset=laravel").content.decode()
    assert "Filled in for Laravel:" in shown
    assert "commands on servers." not in shown
    assert "composer install" not in shown
    assert "php artisan" not in shown


@pytest.mark.parametrize("query", ["", "?preset=", "?preset=nothing"])
def test_without_a_kind_the_form_is_as_it_was(query, browse, admin_user):
    """Nothing is filled in, and an unknown kind is none."""
    shown = browse(admin_user).get(f"{listing(Project, 'add')}{query}").content.decode()
    assert "Kind of site" in shown
    assert "Filled in for" not in shown


def test_a_project_that_is_there_is_offered_no_kind(browse, admin_user):
    """It would overwrite what is set up."""
    project = factories.make_project()
    shown = browse(admin_user).get(f"/admin/deployments/project/{project.pk}/change/?preset=drupal")
    assert "Kind of site" not in shown.content.decode()
