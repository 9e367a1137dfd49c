"""Every task page: who may open it, by which method, and what happens when its object is gone."""

import pytest
from django.urls import reverse

from deployments.models import AccessRequest, AuditEntry, Deployment
from tests import factories

STEPS = ("release-start", "release-review", "release-rules", "release-confirm")
READ = (*STEPS, "go-back", "deployment-progress", "progress-rows", "approval-list",
        "approval-answer", "deployment-list", "build-log", "build-rows")
ONLY_POST = ("deployment-stop", "deployment-turn-back", "deployment-decide", "approval-start",
             "approval-withdraw", "release-read", "release-discard")
CHANGE = (*STEPS, "go-back", "approval-answer", *ONLY_POST)
VERSIONED = ("release-review", "release-rules", "release-confirm")
OF_EVERYBODY = ("approval-list", "deployment-list")


def address(name, deployment):
    environment = deployment.environment
    if name.startswith("release-") or name == "go-back":
        args = [environment.project.slug, environment.slug]
    elif name in OF_EVERYBODY:
        args = []
    else:
        args = [deployment.release_id if name.startswith("build") else deployment.pk]
    suffix = f"?version={deployment.release.name}" if name in VERSIONED else ""
    return reverse(f"admin:{name}", args=args) + suffix


@pytest.fixture
def waiting(production, approval_rule, releaser):
    return factories.make_deployment(production, status="awaiting_approval",
                                     requested_by=releaser)


@pytest.mark.parametrize("name", READ)
def test_a_viewer_can_open_every_page_that_only_shows(name, waiting, viewer, sign_in):
    """Looking needs nothing but an entry for looking."""
    assert sign_in(viewer).get(address(name, waiting)).status_code == 200


@pytest.mark.parametrize("name", READ + ONLY_POST)
def test_a_stranger_is_sent_to_sign_in(name, waiting, client):
    """Nothing is shown or changed without a session."""
    method = client.post if name in ONLY_POST else client.get
    answer = method(address(name, waiting))
    assert answer.status_code == 302
    assert "/login/" in answer["Location"]


@pytest.mark.parametrize("name", [name for name in READ if name not in OF_EVERYBODY])
def test_a_person_of_another_project_sees_a_page_with_words(name, waiting, sign_in):
    """An entry for one project opens no page of another one, and says what would help."""
    other = factories.make_user("neighbour", factories.make_project(), "look", "release")
    answer = sign_in(other).get(address(name, waiting))
    assert answer.status_code == 403
    assert "You may not look at this: nobody gave you this right yet." in answer.content.decode()
    assert "Shop" not in answer.content.decode()  # whoever counts numbers up learns no names
    factories.make_grant(other, "look", project=waiting.environment.project,
                         networks="198.51.100.0/24")
    answer = sign_in(other).get(address(name, waiting))
    assert "You may not look at Shop: the allowlist entry counts only" in answer.content.decode()


@pytest.mark.parametrize("path", [
    "commands/shop/", "first-run/in/shop/", "projects/shop/", "doctor/shop/production/",
    "protection/shop/production/", "access/requests/{asked}/"])
def test_whoever_knows_nothing_of_a_project_is_not_told_its_name(
        path, production, viewer, sign_in):
    """Names are facts, too: an address is guessed in no time."""
    type(production.project).objects.update(name="Takeover of Acme")
    asked = AccessRequest.objects.create(
        user=viewer, project=production.project, action="release", reason="Holiday")
    stranger = factories.make_user("other", factories.make_project(), "look", "set_up")
    answer = sign_in(stranger).get(f"/admin/{path.format(asked=asked.pk)}")
    assert answer.status_code == 403
    assert "nobody gave you this right yet" in answer.text
    assert "Takeover" not in answer.text


@pytest.mark.parametrize("name", CHANGE)
def test_a_person_of_another_project_changes_nothing(name, waiting, sign_in):
    """The attempt is refused with its reason, is in the audit log, and changes no row."""
    other = factories.make_user("neighbour", factories.make_project(), "look", "release")
    before = list(Deployment.objects.values())
    answer = sign_in(other).post(address(name, waiting), {"version": waiting.release.name})
    assert answer.status_code == 403
    entry = AuditEntry.objects.first()
    assert entry.outcome == "refused"
    assert "You may not look at this" in entry.sentence
    assert list(Deployment.objects.values()) == before


@pytest.mark.parametrize("name", ONLY_POST)
def test_opening_a_changing_address_by_a_link_does_nothing(name, waiting, releaser, sign_in):
    """Changes are POST only: a link in a mail must not stop a release."""
    answer = sign_in(releaser).get(address(name, waiting))
    assert answer.status_code == 405
    waiting.refresh_from_db()
    assert waiting.status == "awaiting_approval"


@pytest.mark.parametrize("name", [name for name in READ if name not in CHANGE])
def test_pages_that_only_show_accept_no_post(name, waiting, releaser, sign_in):
    """A form sent to a page that shows is refused by its method."""
    assert sign_in(releaser).post(address(name, waiting)).status_code == 405


@pytest.mark.parametrize("path", [
    "release/nothing/staging/", "release/shop/nothing/", "release/shop/nothing/review/",
    "release/shop/nothing/rules/", "release/shop/nothing/confirm/",
    "go-back/shop/nothing/", "progress/999/", "progress/999/rows/", "approvals/999/",
    "builds/999/", "builds/999/rows/",
])
def test_what_is_not_there_is_a_page_with_words(path, shop, releaser, sign_in):
    """A missing object is the 404 page in our words."""
    answer = sign_in(releaser).get(f"/admin/{path}")
    assert answer.status_code == 404
    assert "There is nothing here." in answer.content.decode()


@pytest.mark.parametrize("path", [
    "history/?who=%00", "history/?q=a%00b", "release/shop/production/review/?version=%00",
    "deployments/auditentry/?q=%00", "projects/%00/"])
def test_an_address_with_a_nul_names_nothing(path, production, releaser, sign_in):
    """PostgreSQL looks for none; the page has words, and a file of it is not sent either."""
    client = sign_in(releaser)
    answer = client.get(f"/admin/{path}")
    assert (answer.status_code, "<h1" in answer.text) == (404, True)
    assert client.post("/admin/history/export/?who=%00").status_code == 404


@pytest.mark.parametrize("name", CHANGE)
def test_a_form_from_elsewhere_is_not_accepted(name, waiting, releaser, sign_in):
    """Without the form's own secret (CSRF) nothing happens, and the page says why."""
    answer = sign_in(releaser, enforce_csrf_checks=True).post(address(name, waiting))
    assert answer.status_code == 403
    assert "too old to be sent" in answer.content.decode()
