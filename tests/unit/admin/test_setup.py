"""Projects, environments, servers, installations: what may be written, and that it is audited."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from deployments.models import Environment, Installation, Project, Server
from deployments.services.repository_addresses import validate_repository_url
from tests import factories

from .conftest import form_of, listing, page


@pytest.mark.parametrize("url", [
    "https://git.example/team/site.git", "https://git.example:8443/site",
    "ssh://git@git.example:22/team/site.git", "ssh://git.example/site",
    "git@git.example:team/site.git", "/srv/git/site.git", "/srv/git/my site.git".replace(" ", "_"),
])
def test_addresses_of_repositories_that_git_may_be_given(url):
    """https, ssh, user@host:path and a folder on this machine."""
    validate_repository_url(url)


@pytest.mark.parametrize("url", [
    "https://user:pass@git.example/site", "https://token@git.example/site",
    "ssh://git:pass@git.example/site", "--upload-pack=touch /tmp/x", "-oProxyCommand=x",
    "ssh://-oProxyCommand=x/site", "git@-oProxyCommand=x:site", "git@git.example:-x",
    "ext::sh -c id", "file:///srv/git", "http://git.example/site", "git://git.example/site",
    "relative/path", "git@git.example:site\nhttps://x/y", "https://git.example/-x", "/-x", "",
    "fd::17/foo", "https:///site",
])
def test_addresses_of_repositories_that_are_refused(url):
    """Passwords, options, other transports and line ends; one clear sentence each."""
    with pytest.raises(ValidationError) as refusal:
        validate_repository_url(url)
    assert len(refusal.value.messages) == 1


def test_a_project_is_added_and_audited(admin, browse, audited):
    """The whole way through Django's form, with an environment in the same form."""
    client = browse(admin)
    sent = form_of(client.get(listing(Project, "add"))) | {
        "name": "Blog", "slug": "blog", "repository_url": "/srv/git/blog.git",
        "environments-TOTAL_FORMS": "1", "environments-0-name": "Staging",
        "environments-0-slug": "staging", "environments-0-site_host": "blog.example",
        "environments-0-position": "0"}
    response = client.post(listing(Project, "add"), sent)
    assert response.status_code == 302, response.context["errors"]
    assert Environment.objects.get().project.slug == "blog"
    assert audited("project.added") == [("done", "admin added project “Blog”")]


@pytest.mark.parametrize(("field", "value", "words"), [
    ("repository_url", "https://me:secret@git.example/x", "Leave user and password out"),
    ("shared_files", ".env\n../../etc/passwd", "must be a path inside the release"),
    ("writable_folders", "/var/cache", "must be a path inside the release"),
    ("left_out", ".releasemgr", "cannot be used as a path"),
])
def test_a_wrong_line_is_named_and_nothing_is_saved(field, value, words, shop, admin, browse):
    """The sentence names the line; the project stays as it was."""
    client = browse(admin)
    response = client.post(page(shop), form_of(client.get(page(shop))) | {field: value})
    assert response.status_code == 200
    assert words in response.text
    assert "secret" not in response.context["errors"].as_text()
    before = getattr(shop, field)
    shop.refresh_from_db()
    assert getattr(shop, field) == before


def test_a_check_pages_headers_must_be_headers(shop, admin, browse):
    """A header with a line end or without a name would be another request."""
    client = browse(admin)
    sent = form_of(client.get(page(shop))) | {
        "check_pages-TOTAL_FORMS": "1", "check_pages-0-path": "/", "check_pages-0-status_from":
        "200", "check_pages-0-status_to": "399", "check_pages-0-headers": "no header"}
    response = client.post(page(shop), sent)
    assert "is no request header" in response.text
    assert client.post(
        page(shop), sent | {"check_pages-0-headers": "X-Check: 1"}).status_code == 302


def test_whoever_changes_commands_is_remembered(shop, admin, browse, audited):
    """Build commands are code: the project knows who wrote them last, the log what changed."""
    client = browse(admin)
    client.post(page(shop), form_of(client.get(page(shop))) | {"build_commands": "make"})
    shop.refresh_from_db()
    assert shop.commands_edited_by == admin
    assert audited("project.changed") == [
        ("done", "admin changed project “Shop”: Build commands")]


def test_a_rule_must_name_enough_people(production, admin, approver, browse, audited):
    """Two must agree out of one: never."""
    client = browse(admin)
    sent = form_of(client.get(page(production))) | {
        "approval_rules-TOTAL_FORMS": "1", "approval_rules-0-people_needed": "2",
        "approval_rules-0-users": [approver.pk]}
    assert "2 must agree, but only 1 is named" in client.post(page(production), sent).text
    client.post(page(production), sent | {"approval_rules-0-people_needed": "1"})
    assert production.approval_rules.get().people_needed == 1
    assert audited("approval_rules.changed")[0][1] == (
        "admin changed environment “Shop - Production”: approval rule (added)")


def test_whose_yes_is_needed_is_found_among_what_changed_rights(production, admin, approver,
                                                                browse):
    """And among the settings; what else an environment's form changes is a setting alone."""
    client = browse(admin)
    sent = form_of(client.get(page(production))) | {"site_host": "new.shop.example"}
    client.post(page(production), sent)
    client.post(page(production), sent | {
        "approval_rules-TOTAL_FORMS": "1", "approval_rules-0-people_needed": "1",
        "approval_rules-0-users": [approver.pk]})
    log, host = reverse("admin:deployments_auditentry_changelist"), "Site&#x27;s host name"
    access = client.get(log, {"what": "access"}).text
    settings = client.get(log, {"what": "settings"}).text
    assert "approval rule (added)" in access
    assert host not in access
    assert "approval rule (added)" in settings
    assert host in settings


def test_a_pool_of_another_server_is_refused(staging, admin, browse):
    """Also for an installation that is not saved yet, where the model cannot see it."""
    server, other = factories.make_server("new-1"), factories.make_pool()
    client = browse(admin)
    sent = form_of(client.get(listing(Installation, "add"))) | {
        "environment": staging.pk, "server": server.pk, "root": "/srv/new",
        "pool_uses-TOTAL_FORMS": "1", "pool_uses-0-pool": other.pk,
        "pool_uses-0-page_path": "/", "pool_uses-0-endpoint_path": "/_x"}
    response = client.post(listing(Installation, "add"), sent)
    assert "is a pool of another server" in response.text
    mine = factories.make_pool(server)
    assert client.post(listing(Installation, "add"),
                       sent | {"pool_uses-0-pool": mine.pk}).status_code == 302


def test_installations_are_reached_from_servers_and_projects(shop, staging, admin, browse):
    """Both pages link to the installation, and to an empty form for another one."""
    place = staging.installations.get()
    for row in (shop, staging, place.server):
        text = browse(admin).get(page(row)).text
        assert page(place) in text
        assert listing(Installation, "add") in text


def test_a_person_without_permission_changes_no_project(shop, releaser, browse, audited):
    """Grants give no set-up: the releaser's crafted form is refused and recorded."""
    response = browse(releaser).post(page(shop), {"name": "Mine", "build_commands": "id"})
    assert response.status_code == 403
    shop.refresh_from_db()
    assert (shop.name, shop.build_commands) == ("Shop", "")
    assert audited("page.refused")[0][0] == "refused"


def test_a_missing_project_is_said_to_be_missing(admin, browse):
    """Django leads home with a sentence."""
    url = page(factories.make_project()).replace("/change/", "4711/change/")
    assert "exist" in browse(admin).get(url, follow=True).text


def test_a_server_in_history_cannot_be_deleted(production, admin, browse):
    """Deleting it would delete what was released there."""
    factories.make_deployment(production)
    server = production.installations.first().server
    browse(admin).post(page(server, "delete"), {"post": "yes"})
    assert Server.objects.filter(pk=server.pk).exists()
