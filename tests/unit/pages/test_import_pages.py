"""Import from CSV in the browser: paste, check, save; and who may not."""

import csv

import pytest
from django.urls import reverse

from deployments.models import AuditEntry, Project, Server
from deployments.services import csv_text
from tests import factories

pytestmark = pytest.mark.django_db
KINDS = ("projects", "servers")
GOOD = {"projects": "name,repository_url\nShop,/srv/git/shop\n",
        "servers": "name;address;user\nweb-1;web-1.example;deploy\n"}
MODELS = {"projects": Project, "servers": Server}


def address(kind, more=""):
    return reverse(f"admin:import-{kind}{more}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_checked_and_then_saved(kind, sign_in, admin_user):
    """Checking saves nothing; the button saves what was checked."""
    browser = sign_in(admin_user)
    assert "The columns" in browser.get(address(kind)).content.decode()
    shown = browser.post(address(kind), {"check": 1, "text": GOOD[kind]})
    assert shown.status_code == 200
    assert f"Save 1 {kind[:-1]}" in shown.content.decode()
    assert not MODELS[kind].objects.exists()
    digest = csv_text.digest_of(GOOD[kind])
    assert f'value="{digest}"' in shown.content.decode()
    text = GOOD[kind].replace("\n", "\r\n")  # as a browser sends it
    saved = browser.post(address(kind), {"save": digest, "text": text}, follow=True)
    assert saved.redirect_chain[0][1] == 303
    assert f"Saved: 1 {kind[:-1]}." in saved.content.decode()
    assert MODELS[kind].objects.count() == 1
    row = MODELS[kind].objects.get()
    assert {"projects": f'<a href="{reverse("admin:first-run")}">Add a site</a>.',
            "servers": f'<a href="{reverse("admin:deployments_server_change", args=[row.pk])}">'
                       "web-1</a>."}[kind] in saved.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_faults_are_listed_and_what_was_typed_stays(kind, sign_in, admin_user):
    """422, the sentence once above and once in its row, and no button that saves."""
    text = GOOD[kind] + "x<b>\n"
    shown = sign_in(admin_user).post(address(kind), {"check": 1, "text": text})
    page = shown.content.decode()
    assert shown.status_code == 422
    assert page.count("Row 3, ") == (2 if kind == "projects" else 4)
    assert 'name="save"' not in page
    assert "x&lt;b&gt;" in page
    assert "<b>" not in page.partition("<main")[2]


@pytest.mark.parametrize("kind", KINDS)
def test_what_changed_after_the_check_is_not_saved(kind, sign_in, admin_user):
    """409: it is shown checked anew, and saved by the next press."""
    browser, digest = sign_in(admin_user), csv_text.digest_of(GOOD[kind])
    text = GOOD[kind].replace("Shop", "Other").replace("web-1;", "web-2;")
    shown = browser.post(address(kind), {"save": digest, "text": text})
    assert shown.status_code == 409
    assert "This is not the text that was checked." in shown.content.decode()
    assert f'value="{csv_text.digest_of(text)}"' in shown.content.decode()
    assert not MODELS[kind].objects.exists()


def test_a_private_key_is_not_shown_again(sign_in, admin_user):
    """Neither in the field nor in a sentence."""
    text = GOOD["servers"] + "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz"
    page = sign_in(admin_user).post(address("servers"), {"text": text}).content.decode()
    assert "A private key never goes into a CSV." in page
    assert "b3BlbnNz" not in page


@pytest.mark.parametrize("kind", KINDS)
def test_the_template_is_a_csv_with_the_columns(kind, sign_in, admin_user):
    """It can be checked as it is, once what it names is there."""
    answer = sign_in(admin_user).get(address(kind, "-template"))
    assert answer["Content-Disposition"] == f'attachment; filename="{kind}.csv"'
    rows = list(csv.reader(answer.content.decode().splitlines()))
    assert [len(row) for row in rows] == [len(rows[0])] * 2
    checked = sign_in(admin_user).post(address(kind), {"text": answer.content.decode()})
    assert f"Save 1 {kind[:-1]}" in checked.content.decode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("more", ["", "-template"])
def test_whoever_sets_up_one_project_only_imports_nothing(kind, more, sign_in):
    """403 with what would help, and refused with its entry where something is sent."""
    user = factories.make_user(None, factories.make_project(), "set_up", "commands")
    browser = sign_in(user)
    assert browser.get(address(kind, more)).status_code == 403
    if not more:
        text = GOOD[kind]
        sent = {"save": csv_text.digest_of(text), "text": text}
        assert browser.post(address(kind), sent).status_code == 403
        action = f"{kind.removesuffix('s')}.imported"
        assert AuditEntry.objects.filter(action=action, outcome="refused").exists()
        assert not Project.objects.filter(name="Shop").exists()
        assert not Server.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_methods_and_strangers(kind, client, sign_in, admin_user):
    """405, and the sign-in page."""
    assert client.get(address(kind)).status_code == 302
    assert sign_in(admin_user).put(address(kind)).status_code == 405
    assert sign_in(admin_user).post(address(kind, "-template")).status_code == 405


@pytest.mark.parametrize("kind", KINDS)
def test_the_lists_lead_there(kind, sign_in, admin_user, setter_of_one):
    """For those who may import; nobody else is shown a dead end."""
    listed = reverse(f"admin:deployments_{kind[:-1]}_changelist")
    assert address(kind) in sign_in(admin_user).get(listed).content.decode()
    assert address(kind) not in sign_in(setter_of_one).get(listed).content.decode()


@pytest.fixture
def setter_of_one():
    return factories.make_user("one", factories.make_project(), "set_up", "commands")
