"""Secrets go into the admin and never come out of it."""

import pytest
from django.db import connection

from deployments.models import AuditEntry, BuildVariable, CheckPage, SshKey
from tests import factories

from .conftest import form_of, page

CANARY = "canary-4711-secret"


@pytest.fixture
def project(db):
    project = factories.make_project(name="Shop", slug="shop", git_password=CANARY)
    BuildVariable.objects.create(project=project, name="COMPOSER_AUTH", value=CANARY)
    CheckPage.objects.create(project=project, headers=f"Authorization: Basic {CANARY}")
    return project


def ciphertexts():
    with connection.cursor() as cursor:
        cursor.execute("SELECT git_password FROM deployments_project")
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT value FROM deployments_buildvariable")
        return [text for text in found + [row[0] for row in cursor.fetchall()] if text]


@pytest.mark.parametrize("actions", [("set_up",), ("commands",), ("set_up", "commands")])
def test_no_page_shows_a_secret_whatever_one_may_do(actions, project, setter_up, browse):
    """Neither value nor ciphertext, also not to whoever may only look, where Django would."""
    response = browse(setter_up(*actions, project=project)).get(page(project))
    assert response.status_code == 200
    assert "COMPOSER_AUTH" in response.text
    assert CANARY not in response.text
    assert len(ciphertexts()) == 2
    assert not any(text in response.text for text in ciphertexts())


def test_a_form_says_whether_a_secret_is_set(project, admin, browse):
    """`Set; leave empty to keep it` beside an empty input; `Not set` where there is none."""
    text = browse(admin).get(page(project)).text
    assert "Set; leave empty to keep it." in text
    other = factories.make_project()
    assert "Not set." in browse(admin).get(page(other)).text


def test_an_empty_input_keeps_the_secret(project, admin, browse):
    """Saving the form as it stands changes no secret."""
    client = browse(admin)
    sent = form_of(client.get(page(project)))
    assert sent.get("git_password", "") == ""
    response = client.post(page(project), sent | {"git_user": "robot"})
    assert response.status_code == 302, response.context["errors"]
    project.refresh_from_db()
    assert project.git_user == "robot"
    assert project.git_password == CANARY
    assert project.build_variables.get().value == CANARY


def test_a_typed_secret_replaces_the_old_one_and_is_audited_by_name(
        project, admin, browse, audited):
    """The audit entry names the field, and holds neither the old nor the new value."""
    client = browse(admin)
    sent = form_of(client.get(page(project)))
    client.post(page(project), sent | {"git_password": "new-canary"})
    project.refresh_from_db()
    assert project.git_password == "new-canary"
    (outcome, sentence), = audited("project.changed")
    assert outcome == "done"
    assert "Git password" in sentence
    assert "canary" not in sentence


def test_a_typed_secret_is_not_shown_again_after_an_error(project, admin, browse):
    """A form that comes back with an error comes back with empty secrets."""
    client = browse(admin)
    sent = form_of(client.get(page(project)))
    response = client.post(page(project), sent | {"git_password": "typed-canary", "name": ""})
    assert response.status_code == 200
    assert "typed-canary" not in response.text


def test_a_new_build_variable_needs_a_value(project, admin, browse):
    """Only a row that has a value may leave the input empty."""
    client = browse(admin)
    sent = form_of(client.get(page(project)))
    sent |= {"build_variables-TOTAL_FORMS": "2", "build_variables-1-name": "NPM_TOKEN",
             "build_variables-1-project": project.pk}
    assert client.post(page(project), sent).status_code == 200
    assert project.build_variables.count() == 1
    client.post(page(project), sent | {"build_variables-1-value": "npm-canary"})
    assert project.build_variables.get(name="NPM_TOKEN").value == "npm-canary"


def test_a_stored_secret_is_removed_by_its_checkbox(project, admin, browse, audited):
    """The audit entry says so; where nothing is stored there is no checkbox."""
    client = browse(admin)
    shown = client.get(page(project))
    assert "Remove it" in shown.text
    assert client.post(
        page(project), form_of(shown) | {"remove_git_password": "on"}).status_code == 302
    project.refresh_from_db()
    assert project.git_password == ""
    assert audited("project.changed") == [
        ("done", "admin changed project “Shop”: Git password removed")]
    assert "remove_git_password" in shown.text
    assert "remove_git_password" not in client.get(page(project)).text


def test_a_secret_is_either_replaced_or_removed(project, admin, browse):
    """Both at once is a mistake, and nothing is saved."""
    client = browse(admin)
    sent = form_of(client.get(page(project))) | {
        "remove_git_password": "on", "git_password": "typed-canary"}
    response = client.post(page(project), sent)
    assert "Type a new one or remove the stored one, not both." in response.text
    assert "typed-canary" not in response.text
    project.refresh_from_db()
    assert project.git_password == CANARY


def test_headers_are_kept_replaced_and_removed_like_any_secret(project, admin, browse, audited):
    """Whoever may edit them reads their names; the log has fingerprints."""
    client, field = browse(admin), "check_pages-0-headers"
    sent = form_of(client.get(page(project)))
    assert sent.get(field, "") == ""
    assert "Authorization: secret " in client.get(page(project)).text
    for typed, kept in (({"check_pages-0-path": "/cart"}, f"Authorization: Basic {CANARY}"),
                        ({field: "X-Key: new-canary"}, "X-Key: new-canary"),
                        ({"check_pages-0-remove_headers": "on"}, "")):
        assert client.post(page(project), sent | typed).status_code == 302
        assert project.check_pages.get().headers == kept
    assert len(audited("project.changed")) == 3
    assert "canary" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("url", [
    "https://evil.example/team/site.git", "https://git.example:8443/team/site.git",
    "ssh://git@git.example/team/site.git", "git@git.example:team/site.git"])
def test_a_stored_password_does_not_follow_the_address(url, project, admin, browse):
    """Whoever may change the address cannot have the password sent to a host of their own."""
    client = browse(admin)
    sent = form_of(client.get(page(project))) | {"repository_url": url}
    assert "The address names another host, which must not get the stored password" in client.post(
        page(project), sent).text
    project.refresh_from_db()
    assert project.repository_url == "https://git.example/team/site.git"
    for told, kept in (({"git_password": "another"}, "another"),
                       ({"remove_git_password": "on"}, "")):
        type(project).objects.filter(pk=project.pk).update(
            repository_url="https://git.example/team/site.git", git_password=CANARY)
        assert client.post(page(project), sent | told).status_code == 302
        project.refresh_from_db()
        assert (project.repository_url, project.git_password) == (url, kept)


@pytest.mark.parametrize("url", ["https://GIT.example/team/other.git", "/srv/git/site.git"])
def test_a_password_stays_with_its_host(url, project, admin, browse):
    """Another path there sends it nowhere else; a folder needs none."""
    client = browse(admin)
    sent = form_of(client.get(page(project))) | {"repository_url": url}
    assert client.post(page(project), sent).status_code == 302
    project.refresh_from_db()
    assert (project.repository_url, project.git_password) == (url, CANARY)
    back = form_of(client.get(page(project))) | {"repository_url": "https://evil.example/x"}
    assert client.post(page(project), back).status_code == 200


def test_a_private_key_is_not_shown_to_anybody(admin, setter_up, browse):
    """Neither to a superuser in the form nor to a person who may only view keys."""
    key = SshKey.objects.create(name="main", private_key=CANARY, passphrase=CANARY)
    for person in (admin, setter_up("set_up")):
        assert CANARY not in browse(person).get(page(key)).text
