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


def assert_told(response, names):
    """One sentence, on top and at the second row."""
    assert response.status_code == 200
    sentence = f"Another row has the same {names}: change or remove one of them."
    assert response.text.count(sentence) == 2
    assert "duplicate" not in response.text


def test_two_environments_with_one_slug_or_name(shop, staging, typed):
    """New ones alike, and a new one like an old one."""
    row = {"name": "Next", "slug": "next", "site_host": "next.example", "position": "5"}
    for field, called in (("slug", "Name"), ("name", "Short name")):
        other = {f"environments-2-{field}": "another"}
        assert_told(typed(shop, **two("environments", 1, **row) | other), f"“{called}”")
    again = two("environments", 1, **row) | {
        "environments-TOTAL_FORMS": "2", "environments-1-slug": staging.slug}
    response = typed(shop, **again)
    assert response.status_code == 200
    assert Environment.objects.count() == 1


def test_a_build_variable_twice(shop, typed):
    """Also where one is saved already."""
    values = {"name": "TOKEN", "value": "x", "is_secret": "on"}
    assert_told(typed(shop, **two("build_variables", 0, **values)), "“Name”")
    assert not BuildVariable.objects.exists()


def test_two_pools_with_one_socket(typed):
    """One socket is one pool."""
    server = factories.make_server("new-1")
    values = {"name": "www", "master": "php8.2-fpm", "socket": "/run/php/www.sock"}
    sent = typed(server, **two("pools", 0, **values) | {"pools-1-name": "api"})
    assert_told(sent, "“Socket”")
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
    assert_told(response, "“Pool”")
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


def test_a_pool_in_use_stays_and_the_form_says_why(staging, typed):
    """In words that say what to do; what else was typed is there."""
    place = staging.installations.get()
    pool = place.pool_uses.get().pool
    answer = typed(place.server, **{"pools-0-DELETE": "on", "port": "2222"})
    assert answer.status_code == 200
    assert f"{pool} is in use, so it stays: PHP pool of the installation {pool}." in answer.text
    assert 'value="2222"' in answer.text
    assert PhpPool.objects.filter(pk=pool.pk).exists()


def test_a_row_that_is_gone_meanwhile_is_said_to_be(shop, staging, admin, browse):
    """What else was typed is there, and is not saved."""
    other = factories.make_environment(shop, slug="other")
    client = browse(admin)
    values = form_of(client.get(page(shop))) | {"name": "Shop front"}
    other.delete()
    answer = client.post(page(shop), values)
    assert answer.status_code == 200
    assert "It was removed while this page was open." in answer.text
    assert "Shop front" in answer.text
    shop.refresh_from_db()
    assert shop.name == "Shop"


def test_a_place_moves_to_another_server_with_its_pools(shop, typed):
    """Another server's pool is refused in one sentence; when it goes, the place moves."""
    place = factories.make_installation(factories.make_environment(shop, slug="next"))
    pool = factories.make_pool(factories.make_server("new-1"))
    moved = {"server": str(pool.server_id)}
    answer = typed(place, **moved)
    assert answer.status_code == 200
    assert answer.text.count("is a pool of another server.") == 2  # on top, and at its row
    more = {"pool_uses-TOTAL_FORMS": "2", "pool_uses-0-DELETE": "on", "pool_uses-1-pool": pool.pk,
            "pool_uses-1-page_path": "/", "pool_uses-1-endpoint_path": "/"}
    assert typed(place, **moved | more).status_code == 302
    place.refresh_from_db()
    assert place.server == pool.server
    assert [use.pool for use in place.pool_uses.all()] == [pool]
