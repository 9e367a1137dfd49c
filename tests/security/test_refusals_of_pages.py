"""Forms that a page refuses before it calls a service: they are in the log like all refusals."""

import pytest
from django.urls import reverse

from deployments.models import AuditEntry
from tests import factories

from .trying import BESIDES, browser_of, without_drawing
from .verbs import person, place, watched

pytestmark = pytest.mark.django_db
CONFIRM, SHOP = "release-confirm", {"project": "shop", "environment": "production"}
ASKED = "deployment.requested"
LATER = {"when": "later", "planned_for": "2020-01-01T10:00", "zone": "UTC"}

# page, its address's parts, what is sent, the action of the refusal
FORMS = (
    (CONFIRM, SHOP, {"version": ""}, ASKED),
    (CONFIRM, SHOP, {"version": "nowhere"}, ASKED),
    (CONFIRM, SHOP, {"version": "main", "sha": "another"}, ASKED),
    (CONFIRM, SHOP, {"version": "main", "planned_for": "2030-01-01T10:00"}, ASKED),
    (CONFIRM, SHOP, {"version": "main", "when": "later"}, ASKED),
    (CONFIRM, SHOP, {"version": "main"} | LATER, ASKED),
    (CONFIRM, SHOP, {"version": "main"} | LATER | {"planned_for": "soon"}, ASKED),
    ("go-back", SHOP, {"version": "never live"}, ASKED),
    ("drift-build", SHOP, {}, "release.requested"),
    ("command-edit-answer", {"project": "shop", "number": 1}, {"answer": "maybe"},
     "page.refused"),
    ("two-step", {}, {"do": "nothing"}, "page.refused"),
    ("time-zone", {}, {"zone": "Mars/Base"}, "account.changed"),
)


@pytest.fixture
def shop():
    project = place(project=factories.make_project(name="Shop", slug="shop")).project
    factories.make_commits(project)
    project.recipe_versions.create(number=1, content="{}", shown={})
    return project


@pytest.mark.parametrize("actions", [("look",), ("release", "go_back", "build", "commands")])
@pytest.mark.parametrize(("page", "where", "sent", "action"), FORMS)
def test_a_form_that_is_refused_has_its_entry(shop, actions, page, where, sent, action):
    """One, with its reason, whether or not the person may do it; no row changes."""
    browser = browser_of(person(shop, *actions).user)
    newest = shop.refs.get().sha
    with without_drawing(), watched() as left:
        answer = browser.post(reverse(f"admin:{page}", kwargs=where), {"sha": newest} | sent)
    (entry,) = left.entries
    assert (entry.action, entry.outcome) == (action, "refused")
    assert entry.details["reason"].strip()[-1] in ".?!"
    assert answer.status_code in (303, 400, 403, 409)
    assert set(left.tables) <= set(BESIDES)


def test_restarting_php_unticked_has_its_entry(shop):
    """The button of the admin, whose sentence was not ticked."""
    row = shop.environments.get().installations.get()
    user = person(shop, "release", "commands").user
    url = reverse("admin:deployments_installation_restart_php", args=[row.pk])
    with watched() as left:
        browser_of(user).post(url)
    assert [(row.action, row.outcome) for row in left.entries] == [(ASKED, "refused")]


def test_looking_at_a_version_that_is_not_there_asks_for_nothing(shop):
    """The address alone is no request: it leaves no entry."""
    browser = browser_of(person(shop, "release").user)
    address = reverse(f"admin:{CONFIRM}", kwargs=SHOP)
    assert browser.get(address, {"version": "nowhere"}).status_code == 409
    assert not AuditEntry.objects.filter(outcome="refused").exists()
