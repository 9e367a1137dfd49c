"""A form that saved nothing lists each wrong field with a link to it, those of rows in it too."""

import re

from deployments.models import ServerCommand

from .conftest import form_of, page


def listed_in(response):
    notice = re.search(r'<div class="notice bad" role="alert">.*?</ul>', response.text, re.S)[0]
    return re.findall(r'<a href="#([^"]+)">([^<]+)</a>', notice)


def test_each_wrong_field_is_named_with_a_link_to_it(shop, admin, browse):
    """The name of a project was emptied: one press leads to it."""
    client = browse(admin)
    response = client.post(page(shop), form_of(client.get(page(shop))) | {"name": ""})
    assert listed_in(response) == [("id_name", "Name")]
    assert 'id="id_name"' in response.text
    assert "Nothing was saved yet." in response.text


def test_a_wrong_field_of_a_row_within_is_named_as_well(shop, admin, browse):
    """A command of the project was emptied: the list leads to that row's field."""
    ServerCommand.objects.create(project=shop, moment="before", command="true")
    client = browse(admin)
    empty = {"server_commands-0-command": ""}
    response = client.post(page(shop), form_of(client.get(page(shop))) | empty)
    assert listed_in(response) == [("id_server_commands-0-command", "Command")]
