"""Which address a request comes from, whatever it claims."""

import pytest
from django.test import RequestFactory

from deployments.pages.actor import UNKNOWN, client_address


def seen(peer, forwarded=""):
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))


def test_a_stranger_cannot_choose_their_address():
    """A forwarded header from a peer that is no trusted proxy is not read."""
    assert seen("203.0.113.7", "10.0.0.1") == "203.0.113.7"


@pytest.mark.parametrize(("forwarded", "address"), [
    ("203.0.113.7", "203.0.113.7"),
    ("10.0.0.1, 203.0.113.7", "203.0.113.7"),
    ("203.0.113.7, 192.0.2.2", "203.0.113.7"),
    ("made up, 203.0.113.7", "203.0.113.7"),
])
def test_behind_proxies_the_right_most_untrusted_entry_counts(settings, forwarded, address):
    """What a client put to the left of what our proxies saw is never believed."""
    settings.TRUSTED_PROXIES = ["192.0.2.0/24"]
    assert seen("192.0.2.1", forwarded) == address


def test_a_mapped_address_is_the_ipv4_address_it_maps(settings):
    """::ffff: forms are normalised for the peer and for forwarded entries."""
    settings.TRUSTED_PROXIES = ["192.0.2.1/32"]
    assert seen("::ffff:203.0.113.7") == "203.0.113.7"
    assert seen("::ffff:192.0.2.1", "::ffff:203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("forwarded", ["nonsense", "203.0.113.7, 1.2.3.4:80"])
def test_an_entry_that_is_no_address_lies_in_no_network(settings, forwarded):
    """A proxy that writes garbage must not lend its own address to the client."""
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    assert seen("192.0.2.1", forwarded) == UNKNOWN


def test_a_proxy_without_header_is_itself(settings):
    """A request that a proxy made on its own comes from the proxy."""
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    assert seen("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(("peer", "forwarded", "is_inside"), [
    ("10.1.2.3", "", True),
    ("10.1.2.3", "203.0.113.7", True),  # a header from within is no reason to be outside
    ("203.0.113.7", "", False),
    ("203.0.113.7", "10.1.2.3", False),  # from the street, claiming to be inside
    ("192.0.2.1", "10.1.2.3", True),
    ("192.0.2.1", "203.0.113.7", False),
    ("192.0.2.1", "10.1.2.3, 203.0.113.7", False),  # made up before our proxy saw it
    ("192.0.2.1", "203.0.113.7, 10.1.2.3", True),  # made up, and from within all the same
    ("192.0.2.1", "", False),
    ("::ffff:10.1.2.3", "", True),
    ("::ffff:203.0.113.7", "::ffff:10.1.2.3", False),
])
def test_no_header_leads_into_or_out_of_a_network(
        peer, forwarded, is_inside, settings, shop, viewer, client):
    """The whole way: a page that an entry opens from the office alone, asked from everywhere."""
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    viewer.grants.update(networks="10.0.0.0/8")
    client.get("/admin/login/")
    client.force_login(viewer)
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    headers["HTTP_FORWARDED"] = headers["HTTP_X_REAL_IP"] = "10.1.2.3"  # read by nobody
    answer = client.get("/admin/", REMOTE_ADDR=peer, **headers)
    assert (">Shop</a></th>" in answer.text) is is_inside
