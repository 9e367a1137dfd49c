"""What is code in the project's form: written by whoever may, and by no crafted form."""

import pytest

from deployments.models import AuditEntry, BuildVariable, CheckPage, Project, ServerCommand
from deployments.services.recipe_content import content_of
from tests import factories

from .conftest import form_of, listing, page

SECRET = "canary-of-a-header"

CRAFTED = {
    "repository_url": "https://evil.example/x", "git_user": "eve", "git_password": "typed",
    "subdirectory": "evil", "build_commands": "evil", "commands_need_second": "on",
    "remove_git_password": "on",
    "build_variables-TOTAL_FORMS": "1", "build_variables-INITIAL_FORMS": "0",
    "build_variables-0-name": "EVIL", "build_variables-0-value": "1",
    "server_commands-TOTAL_FORMS": "1", "server_commands-INITIAL_FORMS": "0",
    "server_commands-0-moment": "before", "server_commands-0-runs_on": "all",
    "server_commands-0-command": "evil", "server_commands-0-limit_s": "1",
    "server_commands-0-position": "0",
}


@pytest.fixture
def with_page(shop):
    CheckPage.objects.create(project=shop, path="/", headers=f"Authorization: {SECRET}")
    shop.git_password = "stored"
    shop.save()
    return shop


def sent(client, row, **values):
    return client.post(page(row), form_of(client.get(page(row))) | values)


def test_who_only_sets_up_sees_code_and_changes_none_of_it(with_page, setter_up, browse):
    """Not by a crafted form either; the rest of the form is theirs. Secrets are not shown."""
    client, before = browse(setter_up("set_up")), content_of(with_page)
    shown = client.get(page(with_page))
    assert SECRET not in shown.text
    assert "stored" not in shown.context["adminform"].form.initial.values()
    assert "Authorization: secret " in shown.text
    response = sent(client, with_page, **CRAFTED, **{
        "name": "Renamed", "deploy_key": factories.make_key().pk,
        "builder": factories.make_server().pk, "check_pages-0-headers": "X-Evil: 1",
        "check_pages-0-path": "/shop"})
    assert response.status_code == 302, response.context["errors"]
    with_page.refresh_from_db()
    assert (with_page.name, with_page.check_pages.get().path) == ("Renamed", "/shop")
    after = content_of(with_page)
    assert after.pop("headers")[0].pop("headers") == before.pop("headers")[0].pop("headers")
    assert after == before


def test_a_page_with_headers_goes_only_by_whoever_may_edit_commands(
        with_page, setter_up, browse, audited):
    """Taking it away takes its headers away: the whole form is refused, with the reason."""
    response = sent(browse(setter_up("set_up")), with_page,
                    **{"name": "Renamed", "check_pages-0-DELETE": "on"})
    assert response.status_code == 403
    assert "You may not edit the commands of" in response.text
    assert audited("page.refused")[0][0] == "refused"
    with_page.refresh_from_db()
    assert (with_page.name, with_page.check_pages.count()) == ("Shop", 1)


def test_who_only_edits_commands_changes_nothing_else(with_page, setter_up, browse):
    """The fields of set-up are closed to them, and no new project is theirs to make."""
    client = browse(setter_up("commands"))
    response = sent(client, with_page, build_commands="make", name="Mine", keep_releases="1")
    assert response.status_code == 302, response.context["errors"]
    with_page.refresh_from_db()
    assert (with_page.build_commands, with_page.name, with_page.keep_releases) == (
        "make", "Shop", 5)
    assert client.get(listing(Project, "add")).status_code == 403


def test_who_only_sets_up_makes_a_project_without_code(setter_up, browse):
    """Where it comes from is filled in by somebody who may edit commands."""
    client = browse(setter_up("set_up"))
    form = form_of(client.get(listing(Project, "add")))
    response = client.post(listing(Project, "add"),
                           form | CRAFTED | {"name": "Blog", "slug": "blog"})
    assert response.status_code == 302, response.context["errors"]
    made = Project.objects.get(slug="blog")
    assert (made.repository_url, made.build_commands, made.commands_edited_by) == ("", "", None)
    assert made.recipe_versions.get().status == "in_force"
    assert not ServerCommand.objects.exists()
    assert not BuildVariable.objects.exists()


def test_the_right_in_one_project_is_none_in_another(shop, setter_up, browse):
    """A form of a project one may not see is one that is not there."""
    other = factories.make_project()
    client = browse(setter_up("commands", project=other))
    client.post(page(shop), CRAFTED)
    shop.refresh_from_db()
    assert shop.build_commands == ""


def test_an_edit_that_waits_is_said_and_closes_the_form(shop, setter_up, browse, audited):
    """Rows of every sort stay; what is not code is saved; the log does not say it changed."""
    editor = setter_up("commands", "set_up")
    Project.objects.update(commands_need_second=True)
    client, before = browse(editor), content_of(shop)
    response = client.post(page(shop), form_of(client.get(page(shop))) | CRAFTED | {
        "name": "Renamed", "remove_git_password": ""}, follow=True)
    assert "waits for a second person" in response.text
    shop.refresh_from_db()
    assert shop.name == "Renamed"
    assert content_of(shop) == before
    edit = shop.recipe_versions.get(status="waiting")
    assert edit.shown["Commands on servers"]
    assert audited("project.changed") == [
        ("done", "setter-up changed project “Renamed”: Name")]
    assert "typed" not in str(list(AuditEntry.objects.values()))
    form = client.get(page(shop))
    assert f"Edit {edit.number} by setter-up waits for a second person." in form.text
    client.post(page(shop), form_of(form) | CRAFTED | {"name": "Again"})
    shop.refresh_from_db()
    assert (shop.name, content_of(shop)) == ("Again", before)
    assert shop.recipe_versions.count() == edit.number


def test_only_code_that_waits_is_no_change_of_the_project(shop, setter_up, browse, audited):
    """Its one entry is the proposal."""
    Project.objects.update(commands_need_second=True)
    client = browse(setter_up("commands"))
    assert sent(client, shop, build_commands="make").status_code == 302
    assert audited("project.changed") == []
    assert len(audited("commands.proposed")) == 1


def test_a_secret_variable_is_typed_again_before_it_is_shown(shop, admin, browse):
    """Unticking “secret” would else show to everybody who reads edits what nobody could read."""
    row = BuildVariable.objects.create(project=shop, name="TOKEN", value=SECRET)
    client = browse(admin)
    form = form_of(client.get(page(shop)))
    form.pop("build_variables-0-is_secret")
    response = client.post(page(shop), form)
    assert "Its value would be shown from now on" in response.text
    row.refresh_from_db()
    assert row.is_secret
    assert client.post(page(shop), form | {
        "build_variables-0-value": "production"}).status_code == 302
