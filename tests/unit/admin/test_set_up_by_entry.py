"""Set-up in the admin for whoever has it for one project: its rows, and nobody else's."""

import pytest
from django.contrib.auth.models import Permission

from deployments.models import (
    Environment,
    Installation,
    Notice,
    Project,
    Server,
    SshKey,
    Token,
)
from tests import factories

from .conftest import form_of, listing, page

OFFICE = "10.1.0.0/16"


@pytest.fixture
def theirs(db):
    """Somebody else's project: a row of each kind."""
    project = factories.make_project(name="Neighbours", slug="neighbours")
    environment = factories.make_environment(project, slug="live")
    place = factories.make_installation(environment, server=factories.make_server("other-1"))
    return {"project": project, "environment": environment, "place": place,
            "server": place.server, "key": place.server.ssh_key,
            "token": factories.make_token(environment)}


@pytest.fixture
def keeper(setter_up, shop, browse):
    """A browser of whoever sets up shop and edits its commands, and nothing else."""
    return browse(setter_up("set_up", "commands", project=shop))


def test_lists_hold_ones_own_rows_alone(keeper, shop, staging, theirs):
    """Nor do their filters name others."""
    for model in (Project, Environment, Installation, Token, Notice):
        text = keeper.get(listing(model)).text
        assert "neighbours" not in text.lower(), model
    assert "Shop" in keeper.get(listing(Project)).text


def test_a_row_of_others_is_not_there_by_any_address(keeper, shop, theirs):
    """Page, history and deletion lead home; nothing is saved; buttons are 404."""
    for name in ("project", "environment", "place"):
        row = theirs[name]
        for address in ("change", "delete", "history"):
            assert keeper.get(page(row, address)).status_code == 302, (row, address)
            assert keeper.post(page(row, address), {"post": "yes", "name": "Mine"}).status_code \
                == 302
        assert type(row).objects.filter(pk=row.pk).exists()
    assert Project.objects.get(pk=theirs["project"].pk).name == "Neighbours"
    for row, button in ((theirs["project"], "read_source"), (theirs["project"], "build"),
                        (theirs["project"], "confirm_git_identity"), (theirs["token"], "revoke"),
                        (theirs["place"], "restart_php")):
        assert keeper.post(page(row, button), {"request_key": "k" * 32}).status_code == 404


def test_servers_and_keys_are_for_who_edits_every_projects(keeper, shop, theirs, audited):
    """They carry everybody's sites."""
    for row in (theirs["server"], theirs["key"]):
        for address in (listing(type(row)), listing(type(row), "add")):
            assert keeper.get(address).status_code == 403
        assert keeper.get(page(row)).status_code in (302, 403)
    assert keeper.post(page(theirs["server"], "fetch_identity")).status_code == 403
    assert audited("page.refused")[-1][0] == "refused"
    assert Server.objects.count() == 1
    assert SshKey.objects.count() == 1


def test_no_form_reaches_into_another_project(keeper, shop, staging, theirs):
    """Choices hold one's own alone, and a crafted choice is none."""
    mine = staging.installations.get()
    sent = form_of(keeper.get(page(staging))) | {
        "project": theirs["project"].pk, "comes_after": theirs["environment"].pk}
    assert "Select a valid choice" in keeper.post(page(staging), sent).text
    sent = form_of(keeper.get(page(mine))) | {
        "environment": theirs["environment"].pk, "server": theirs["server"].pk}
    assert "Select a valid choice" in keeper.post(page(mine), sent).text
    sent = form_of(keeper.get(listing(Installation, "add"))) | {
        "environment": staging.pk, "server": theirs["server"].pk, "root": "/srv/x"}
    assert "Select a valid choice" in keeper.post(listing(Installation, "add"), sent).text
    sent = form_of(keeper.get(listing(Environment, "add"))) | {
        "project": theirs["project"].pk, "name": "Mine", "slug": "mine",
        "site_host": "mine.example"}
    assert "Select a valid choice" in keeper.post(listing(Environment, "add"), sent).text
    assert Environment.objects.filter(project=theirs["project"]).count() == 1
    mine.refresh_from_db()
    assert mine.environment == staging


def test_rows_inside_a_form_stay_with_their_form(keeper, shop, staging, theirs):
    """An inline row that names another project's row by its key changes nothing there."""
    other = theirs["environment"]
    sent = form_of(keeper.get(page(shop))) | {
        "environments-0-id": other.pk, "environments-0-name": "Taken"}
    keeper.post(page(shop), sent)
    other.refresh_from_db()
    assert (other.name, other.project) == ("Live", theirs["project"])


def test_a_new_project_is_for_who_sets_up_everything(keeper, setter_up, browse):
    """It belongs to nobody yet."""
    assert keeper.get(listing(Project, "add")).status_code == 403
    everything = browse(setter_up("set_up", name="everything"))
    assert everything.get(listing(Project, "add")).status_code == 200


def test_set_up_counts_from_its_networks_alone(setter_up, shop, staging, browse):
    """Outside there is no list, no form, no link and no button."""
    user = setter_up("set_up", "commands", project=shop, networks=OFFICE)
    inside, outside = browse(user, REMOTE_ADDR="10.1.2.3"), browse(user, REMOTE_ADDR="192.0.2.7")
    assert inside.get(page(shop)).status_code == 200
    assert "/admin/deployments/project/" in inside.get("/admin/").text
    assert outside.get(listing(Project)).status_code == 403
    assert outside.post(page(shop), {"name": "Mine"}).status_code in (302, 403)
    assert "/admin/deployments/project/" not in outside.get("/admin/").text
    assert outside.post(page(shop, "read_source")).status_code == 404
    shop.refresh_from_db()
    assert shop.name == "Shop"


def test_set_up_alone_writes_no_code(setter_up, shop, staging, browse):
    """Neither variables and commands inside the project's form, nor installations."""
    client, place = browse(setter_up("set_up", project=shop)), staging.installations.get()
    sent = form_of(client.get(page(shop))) | {
        "build_variables-TOTAL_FORMS": "1", "build_variables-INITIAL_FORMS": "0",
        "build_variables-0-name": "X", "build_variables-0-value": "evil",
        "server_commands-TOTAL_FORMS": "1", "server_commands-INITIAL_FORMS": "0",
        "server_commands-0-command": "id", "server_commands-0-moment": "before"}
    client.post(page(shop), sent)
    assert not shop.build_variables.exists()
    assert not shop.server_commands.exists()
    assert client.post(page(place), {"root": "/srv/elsewhere"}).status_code == 403
    assert client.get(listing(Installation, "add")).status_code == 403
    assert client.get(page(place)).status_code == 200


@pytest.mark.parametrize("person", ["releaser", "approver", "viewer"])
def test_other_entries_set_nothing_up(person, request, shop, staging, browse):
    """Django's model permissions and staff status neither."""
    user = request.getfixturevalue(person)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.all())
    client = browse(user)
    for model in (Project, Environment, Installation, Server, SshKey):
        assert client.get(listing(model)).status_code == 403
        assert client.get(listing(model, "add")).status_code == 403
    for row in (shop, staging):
        assert client.post(page(row), {"name": "Mine"}).status_code in (302, 403)
        assert client.post(page(row, "delete"), {"post": "yes"}).status_code in (302, 403)
        row.refresh_from_db()
        assert row.name != "Mine"
