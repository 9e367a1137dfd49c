"""Nobody makes the release manager ask its own machine, or its cloud, by an address in a form."""

import socket

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings

from deployments.models import Installation
from deployments.remote import ssh_socket
from deployments.remote.faults import Unreachable
from deployments.remote.http import HttpCall, ask
from deployments.services.repository_addresses import validate_repository_url
from tests import factories

from .conftest import form_of, page

OF_THE_CLOUD = ["169.254.169.254", "169.254.1.1", "0.0.0.0", "224.0.0.1"]
OURS = ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "x.localhost"]
TRICKS = ["0x7f000001", "2130706433", "0x7f.1", "127.1", "017700000001"]


@pytest.fixture
def without_loopback():
    with override_settings(ALLOW_LOOPBACK=False):
        yield


def sent(client, row, **values):
    return client.post(page(row), form_of(client.get(page(row))) | values)


def refused(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    with pytest.raises(ValidationError) as refusal:
        row.full_clean()
    assert len(refusal.value.messages) == 1, values


def test_servers_are_not_the_cloud_nor_without_a_setting_ourselves(without_loopback, db):
    """One sentence each; a server behind another one is asked from there."""
    server = factories.make_server()
    for address in [*OF_THE_CLOUD, *OURS, *TRICKS, "fe80::1", "::1", "::ffff:169.254.169.254"]:
        refused(server, address=address)
    server.address, server.jump = "127.0.0.1", factories.make_server()
    server.full_clean()
    server.jump = None
    with override_settings(ALLOW_LOOPBACK=True):
        server.full_clean()
        refused(server, address="169.254.169.254")


def test_the_form_says_so_beside_the_field(without_loopback, admin, browse):
    """Nothing is saved."""
    server = factories.make_server()
    response = sent(browse(admin), server, address="localhost")
    assert "an operator allows it with ALLOW_LOOPBACK=1" in response.text
    assert type(server).objects.get(pk=server.pk).address == server.address


def test_a_site_is_asked_directly_only_elsewhere(without_loopback, staging):
    """Over SSH, loopback is the server's own."""
    place = staging.installations.get()
    for address in ("127.0.0.1:80", "169.254.169.254:80", "[::1]:80", "localhost:80"):
        refused(place, ask_address=address, asked_over=Installation.DIRECT)
    place.asked_over = Installation.OVER_SSH
    place.full_clean()


@pytest.mark.parametrize("url", [
    "https://169.254.169.254/x", "https://[::1]/x", "ssh://git@localhost/x",
    "git@127.0.0.1:x", "https://[::ffff:169.254.169.254]/x", "https://0x7f000001/x",
    "https://2130706433/x", "https://127.1/x"])
def test_a_repository_lies_elsewhere(without_loopback, url):
    """A folder on this machine is a path, and said to be one."""
    with pytest.raises(ValidationError) as refusal:
        validate_repository_url(url)
    assert len(refusal.value.messages) == 1


@pytest.mark.parametrize("address", [
    "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "fd00:ec2::254"])
def test_a_name_that_leads_to_the_cloud_is_not_asked(monkeypatch, address):
    """Looked up once, refused before a connection is opened; what is found is what is asked."""
    asked = []

    def looked_up(host, port, **kinds):
        asked.append(host)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(ssh_socket.socket, "getaddrinfo", looked_up)
    with pytest.raises(Unreachable, match="this address is never asked"):
        ask(HttpCall(site="http://shop.example", address="rebinding.example:80"))
    assert asked == ["rebinding.example"]
