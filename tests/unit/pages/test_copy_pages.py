"""Copy set-up in the browser: choose, see, make; and who may not."""

import re

import pytest
from django.urls import reverse

from deployments.models import AuditEntry, Installation, Project
from tests import factories

pytestmark = pytest.mark.django_db
CHOOSE = reverse("admin:copy-project")
COPY = reverse("admin:copy-project-from", args=["shop"])
NAMES = {"name": "Copy", "slug": "copy", "repository_url": "/srv/git/copy",
         "host-staging": "copy.example"}


@pytest.fixture
def browser(sign_in, admin_user, staging):
    factories.make_installation(staging, root="/srv/shop-itself")
    return sign_in(admin_user)


def test_a_copy_is_chosen_seen_and_then_made(browser):
    """Looking makes nothing; the button makes what was shown, and leads to what is next."""
    assert COPY in browser.get(CHOOSE).content.decode()
    assert "Never copied" in browser.get(COPY).content.decode()
    place = Installation.objects.get(root="/srv/shop-itself")
    sent = NAMES | {f"root-{place.pk}": "/srv/copy", "with_entries": "1"}
    shown = browser.post(COPY, sent | {"check": 1})
    assert shown.status_code == 200
    page = shown.content.decode()
    assert "What is made: Copy" in page
    assert "Staging at copy.example" in page
    assert not Project.objects.filter(slug="copy").exists()
    digest = re.search(r'name="save" value="([0-9a-f]{64})"', page)[1]
    made = browser.post(COPY, sent | {"save": digest})
    assert (made.status_code, made["Location"]) == (303, "/admin/first-run/in/copy/")
    copy = Project.objects.get(slug="copy")
    assert copy.environments.get().installations.get().root == "/srv/copy"


def test_entries_are_shown_as_those_of_the_new_project(browser, shop, staging):
    """Not as the ones they are copied from, which stay as they are."""
    factories.make_user("anna", shop, "build")
    factories.make_grant(factories.make_user("bert"), "release", environment=staging)
    page = browser.post(COPY, NAMES | {"with_entries": "1", "check": 1}).content.decode()
    made = page.partition("Allowlist entries</dt>")[2].partition("</dd>")[0]
    assert "anna may build: Copy</div>" in made
    assert "bert may release: Copy - Staging</div>" in made


def test_what_is_wrong_is_listed_and_tied_to_its_field(browser):
    """422; what was typed stays, and there is no button that makes it."""
    shown = browser.post(COPY, NAMES | {"slug": "Shop!", "check": 1})
    page = shown.content.decode()
    assert shown.status_code == 422
    assert '<a href="#slug">Short name</a>: Use small letters' in page
    assert 'aria-describedby="slug-hint slug-error" aria-invalid="true"' in page
    assert 'value="Shop!"' in page
    assert 'name="save"' not in page


def test_another_copy_than_the_one_shown_is_shown_again(browser):
    """409, with its reason and the button for what is shown now."""
    shown = browser.post(COPY, NAMES | {"save": "0" * 64})
    assert shown.status_code == 409
    assert "This is not the copy that was shown" in shown.content.decode()
    assert 'name="save"' in shown.content.decode()
    assert not Project.objects.filter(slug="copy").exists()


@pytest.mark.parametrize("path", [CHOOSE, COPY])
def test_whoever_sets_up_one_project_only_copies_nothing(path, sign_in, shop):
    """403; sent all the same, it is refused with its entry in the log."""
    browser = sign_in(factories.make_user(None, shop, "set_up", "commands"))
    assert browser.get(path).status_code == 403
    if path == COPY:
        assert browser.post(path, NAMES | {"save": "0" * 64}).status_code == 403
        entry = AuditEntry.objects.get(action="project.copied")
        assert entry.outcome == "refused"
        assert Project.objects.count() == 1


def test_strangers_wrong_methods_and_projects_that_are_not_there(client, browser):
    """The sign-in page, 405, 404."""
    assert client.get(COPY).status_code == 302
    assert browser.post(CHOOSE).status_code == 405
    assert browser.put(COPY).status_code == 405
    nowhere = reverse("admin:copy-project-from", args=["nowhere"])
    assert browser.get(nowhere).status_code == 404


def test_lists_and_forms_lead_there(browser, shop):
    """The list of projects, a project's page, and the form for a new one."""
    listed = browser.get(reverse("admin:deployments_project_changelist")).content.decode()
    assert f'href="{CHOOSE}"' in listed
    page = browser.get(reverse("admin:deployments_project_change", args=[shop.pk]))
    assert f'href="{COPY}"' in page.content.decode()
    added = browser.get(reverse("admin:deployments_project_add")).content.decode()
    assert f'href="{CHOOSE}"' in added


def test_without_any_project_there_is_nothing_to_copy(sign_in, admin_user, db):
    """And the page says what to do instead."""
    page = sign_in(admin_user).get(CHOOSE).content.decode()
    assert "There is no project to copy from yet." in page
    assert reverse("admin:first-run-new") in page
