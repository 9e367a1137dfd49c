"""Saving a form writes what was changed in it, and keeps what cannot change any more."""

import pytest
from django.db.models import F
from django.db.models.signals import pre_save

from deployments.models import Environment, Grant, Project, Server
from tests import factories

from .conftest import form_of, page


@pytest.fixture
def meanwhile():
    """A function that has rows of a model changed between reading one for a form and saving it:
    what another transaction commits there. On SQLite nobody else could, on PostgreSQL they do."""
    receivers = []

    def change(model, **changes):
        def receive(sender, instance, **_):
            model.objects.filter(pk=instance.pk).update(**changes)

        pre_save.connect(receive, sender=model, weak=False)
        receivers.append((receive, model))

    yield change
    for receive, model in receivers:
        pre_save.disconnect(receive, sender=model)


def sent_with(client, row, **values):
    response = client.post(page(row), form_of(client.get(page(row))) | values)
    assert response.status_code == 302, response.context["errors"]
    row.refresh_from_db()


def test_a_fence_raised_meanwhile_stays_raised(staging, admin, browse, meanwhile):
    """A claim between reading and saving: a second one would else get the same number."""
    meanwhile(Environment, fence=F("fence") + 1)
    client = browse(admin)
    sent_with(client, staging, site_host="other.example")
    assert (staging.site_host, staging.fence) == ("other.example", 1)
    sent_with(client, staging.project, **{"environments-0-site_host": "third.example"})
    staging.refresh_from_db()
    assert (staging.site_host, staging.fence) == ("third.example", 2)


def test_what_workers_write_into_a_project_stays(shop, admin, browse, meanwhile):
    """Counters that only grow, the pinned key, the last reading."""
    written = {"release_counter": 7, "last_file_epoch": 1_800_000_000, "git_host_key": "pinned",
               "git_host_key_seen": "seen", "source_problem": "none"}
    meanwhile(Project, **written)
    sent_with(browse(admin), shop, name="Renamed")
    assert shop.name == "Renamed"
    assert {name: getattr(shop, name) for name in written} == written


def test_an_identity_confirmed_meanwhile_stays(admin, browse, meanwhile):
    """The server's pinned key."""
    server = factories.make_server(host_key="old")
    meanwhile(Server, host_key="new")
    sent_with(browse(admin), server, port="2222")
    assert (server.port, server.host_key) == (2222, "new")


def test_an_account_switched_off_meanwhile_stays_off(outsider, admin, browse, meanwhile):
    """Also the accounts' form saves what it changed."""
    client = browse(admin)
    meanwhile(type(outsider), is_active=False)
    sent_with(client, outsider, first_name="Ada")
    assert (outsider.first_name, outsider.is_active) == ("Ada", False)


def test_who_changed_an_entry_is_written_with_it(shop, outsider, admin, browse):
    """Beside the form's own fields."""
    grant = factories.make_grant(outsider, "look", project=shop)
    sent_with(browse(admin), grant, action="build", reason="She builds now.")
    assert (grant.action, grant.granted_by_name) == ("build", "admin")
    assert Grant.objects.count() == 1


def test_a_short_name_never_changes(shop, admin, browse):
    """Stored versions lie under it: the page says so, and a crafted form changes nothing."""
    client = browse(admin)
    shown = client.get(page(shop))
    assert "slug" not in shown.context["adminform"].form.fields
    assert "because stored versions are kept under it" in shown.text
    sent_with(client, shop, name="Renamed", slug="renamed")
    assert (shop.name, shop.slug) == ("Renamed", "shop")


def test_a_place_with_history_stays_where_it_is(staging, production, admin, browse):
    """Environment, server and folder; the page says why."""
    place, client = staging.installations.get(), browse(admin)
    moved = {"environment": production.pk, "server": factories.make_server("new").pk,
             "root": "/srv/elsewhere"}
    sent_with(client, place, root="/srv/first/")
    assert place.root == "/srv/first"

    factories.make_deployment(staging)
    assert "Stays as it is after the first release" in client.get(page(place)).text
    sent_with(client, place, **moved, web_group="web")
    assert (place.environment, place.server.name, place.root, place.web_group) == (
        staging, "web-1", "/srv/first", "web")


def test_an_environment_with_history_stays_in_its_project(staging, admin, browse):
    """Before its first release it may be moved."""
    first, second = factories.make_project(), factories.make_project()
    client = browse(admin)
    sent_with(client, staging, project=first.pk)
    assert staging.project == first
    factories.make_deployment(staging)
    assert "the history belongs to the project" in client.get(page(staging)).text
    sent_with(client, staging, project=second.pk, name="Renamed")
    assert (staging.project, staging.name) == (first, "Renamed")
