"""Turns on a project's page, waves on an environment's: what can be typed, and what is kept."""

import pytest

from deployments.models import ServerCommand
from tests import factories

from .conftest import form_of, page


@pytest.fixture
def typed(admin, browse):
    """A function that types values into a row's form and sends it."""
    client = browse(admin)

    def sent(row, **values):
        answer = client.post(page(row), form_of(client.get(page(row))) | values)
        row.refresh_from_db()
        return answer

    return sent


def test_waves_are_off_until_somebody_wants_them(production, admin, browse):
    """And the page says what they are."""
    text = browse(admin).get(page(production)).text
    assert (production.canary_servers, production.wave_size, production.wave_pause_s) == (0, "", 0)
    assert "In waves each group is switched and checked before the next one follows" in text
    assert "Off:" not in text


@pytest.mark.parametrize("size", ["2", "25%", "100%", "999", ""])
def test_a_wave_is_a_number_or_a_share(size, production, typed):
    """With a first server and a pause beside it."""
    assert typed(production, wave_size=size, canary_servers="1",
                 wave_pause_s="60").status_code == 302
    assert (production.wave_size, production.canary_servers, production.wave_pause_s) == (
        size, 1, 60)


@pytest.mark.parametrize("size", ["0", "-1", "0%", "101%", "2 %", "half", "1000", "٢"])
def test_a_wave_that_is_neither_is_refused(size, production, typed):
    """In one sentence that says what to write."""
    assert "Write a number (2) or a share (25%)." in typed(production, wave_size=size).text
    assert production.wave_size == ""


def test_a_pause_that_never_ends_is_refused(production, typed):
    """An hour at most: the environment is held all the while."""
    assert "Write a number of seconds up to 3600." in typed(production, wave_pause_s="3601").text


@pytest.mark.parametrize("first", ["2", "9"])
def test_all_servers_cannot_go_first(first, production, typed):
    """Nobody would follow: the waves would be off without a word."""
    factories.make_installation(production, server=factories.make_server("web-1"), root="/srv/b")
    factories.make_installation(production, is_active=False)
    sentence = "Only 2 servers are active here: at most 1 can go first."
    assert sentence in typed(production, canary_servers=first).text
    assert production.canary_servers == 0


def test_one_server_alone_cannot_go_first(staging, typed):
    """The sentence says what to write."""
    assert "Only one server is active here, so none can go first: write 0." in typed(
        staging, canary_servers="1").text
    assert typed(staging, wave_pause_s="60").status_code == 302


def test_waves_can_be_written_before_the_servers_are_there(shop, typed):
    """They are added after the environment."""
    assert typed(factories.make_environment(shop), canary_servers="1").status_code == 302


def test_a_server_taken_out_leaves_the_rest_of_the_form_to_be_changed(production, typed):
    """Nobody must turn the waves off first."""
    typed(production, canary_servers="1")
    production.installations.filter(server__name="web-2").update(is_active=False)
    assert typed(production, name="Shop front").status_code == 302
    assert "none can go first" in typed(production, wave_size="1").text


def test_a_project_says_what_a_second_request_does(shop, typed):
    """Refused by default, or in line."""
    assert shop.when_busy == "refuse"
    assert typed(shop, when_busy="wait").status_code == 302
    assert shop.when_busy == "wait"


def test_a_command_is_called_what_it_is(shop, typed):
    """One that cannot be undone stops everything from going back by itself."""
    command = ServerCommand.objects.create(project=shop, moment="before", command="bin/migrate")
    assert typed(shop, **{"server_commands-0-is_irreversible": "on"}).status_code == 302
    command.refresh_from_db()
    assert command.is_irreversible
