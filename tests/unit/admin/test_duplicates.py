"""What exists once is refused a second time in words: no form ends in a fault, nothing is lost."""

import pytest

from deployments.models import (
    BuildVariable,
    Environment,
    Installation,
    PhpPool,
    Server,
)
from tests import factories

from .conftest import form_of, listing, page


@pytest.fixture
def typed(admin, browse):
    """A function that opens a row's form, types values and sends it."""
    client = browse(admin)

    def sent(row, **values):
        return client.post(page(row), form_of(client.get(page(row))) | values)

    return sent


def two(prefix, have, **values):
    """Two new inline rows with the same values, after the `have` that are there."""
    fields = {f"{prefix}-TOTAL_FORMS": str(have + 2)}
    for at in (have, have + 1):
        fields |= {f"{prefix}-{at}-{name}": value for name, value in values.items()}
    return fields


def assert_told(response):
    assert response.status_code == 200
    assert "Please correct the duplicate" in response.text


def test_two_environments_with_one_slug_or_name(shop, staging, typed):
    """New ones alike, and a new one like an old one."""
    row = {"name": "Next", "slug": "next", "site_host": "next.example", "position": "5"}
    assert_told(typed(shop, **two("environments", 1, **row)))
    again = two("environments", 1, **row) | {
        "environments-TOTAL_FORMS": "2", "environments-1-slug": staging.slug}
    response = typed(shop, **again)
    assert response.status_code == 200
    assert Environment.objects.count() == 1


def test_a_build_variable_twice(shop, typed):
    """Also where one is saved already."""
    values = {"name": "TOKEN", "value": "x", "is_secret": "on"}
    assert_told(typed(shop, **two("build_variables", 0, **values)))
    assert not BuildVariable.objects.exists()


def test_two_pools_with_one_socket(typed):
    """One socket is one pool."""
    server = factories.make_server("new-1")
    values = {"name": "www", "master": "php8.2-fpm", "socket": "/run/php/www.sock"}
    assert_told(typed(server, **two("pools", 0, **values) | {"pools-1-name": "api"}))
    assert not PhpPool.objects.exists()


def test_two_apaches_without_a_socket_are_two_pools(typed):
    """mod_php has none, so having none is nothing that two could share."""
    server = factories.make_server("new-1")
    values = {"name": "www", "master": "apache2", "socket": ""}
    sent = typed(server, **two("pools", 0, **values) | {"pools-1-master": "apache2-second"})
    assert sent.status_code == 302
    assert server.pools.count() == 2


def test_a_pool_twice_in_an_installation(staging, typed):
    """It would be asked twice and proves nothing more."""
    place = staging.installations.get()
    pool = factories.make_pool(place.server)
    response = typed(place, **two(
        "pool_uses", 1, pool=pool.pk, page_path="/", endpoint_path="/_x"))
    assert_told(response)
    assert place.pool_uses.count() == 1


@pytest.mark.parametrize("root", [
    "/srv/shop-staging/releases", "/srv", "/srv/shop-staging", "/srv/a\nb"])
def test_a_root_inside_another_ones_or_twice(root, staging, shop, admin, browse):
    """Two sites in one tree would prune each other; a line break is in no folder's name."""
    place, other = staging.installations.get(), factories.make_environment(shop)
    assert place.root == "/srv/shop-staging"
    client = browse(admin)
    sent = form_of(client.get(listing(Installation, "add"))) | {
        "environment": other.pk, "server": place.server_id, "root": root}
    response = client.post(listing(Installation, "add"), sent)
    assert response.status_code == 200
    assert "Nothing was saved yet.</strong>" in response.text
    assert Installation.objects.count() == 1
    assert client.post(listing(Installation, "add"), sent | {
        "root": "/srv/shop-staging-2"}).status_code == 302


def test_a_server_that_carries_nothing_can_be_deleted_with_its_pools(admin, browse):
    """A typing error in its name must not stay for ever; its pools are lines of its own form."""
    server = factories.make_server("tpyo")
    factories.make_pool(server)
    browse(admin).post(page(server, "delete"), {"post": "yes"})
    assert not Server.objects.filter(pk=server.pk).exists()
