"""*Build*, *Release…*, *Go back* and *Make PHP reload* on Project, Release and Deployment."""

import pytest
from django.urls import reverse

from deployments.models import Deployment, Release
from tests import factories

from .conftest import page

KEY = "k" * 32


@pytest.fixture
def two_versions(production):
    """2.8.1 was live in production before 2.9.1, which is live."""
    older = factories.make_release(production.project, label="2.8.1")
    newer = factories.make_release(production.project, label="2.9.1")
    factories.make_deployment(production, release=older)
    live = factories.make_deployment(production, release=newer)
    return older, newer, live


def progress_of(response):
    row = Deployment.objects.order_by("-pk").first()
    assert response.status_code == 303
    assert response["Location"] == reverse("admin:deployment-progress", args=[row.pk])
    return row


def screens(shop, two_versions):
    _, newer, live = two_versions
    return [shop, newer, live]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_go_back_starts_one_deployment_and_leads_to_it(
        number, shop, production, two_versions, releaser, browse, queued, audited):
    """From each screen; a second click with the same key leads to the same deployment."""
    older = two_versions[0]
    url = page(screens(shop, two_versions)[number], "go_back")
    client, sent = browse(releaser), {"environment": production.pk, "release": older.pk,
                                      "request_key": KEY}
    row = progress_of(client.post(url, sent))
    assert (row.kind, row.release, row.status) == ("rollback", older, "queued")
    assert row.requested_by == releaser
    assert queued() == [("deployments.tasks.run_deployment", row.pk)]
    assert progress_of(client.post(url, sent)) == row
    assert [outcome for outcome, _ in audited("deployment.requested")] == ["done"]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_make_php_reload_starts_a_reload(
        number, shop, production, two_versions, releaser, browse):
    """From each screen, of what is live."""
    url = page(screens(shop, two_versions)[number], "reload")
    row = progress_of(browse(releaser).post(
        url, {"environment": production.pk, "request_key": KEY}))
    assert (row.kind, row.release) == ("reload", two_versions[1])


@pytest.mark.parametrize("number", [0, 1, 2])
def test_build_makes_a_pending_release(
        number, shop, two_versions, releaser, browse, queued, audited):
    """From each screen; the page of the new release follows."""
    factories.make_commits(shop, ref="main")
    response = browse(releaser).post(page(screens(shop, two_versions)[number], "build"),
                                     {"ref": "main"})
    release = Release.objects.order_by("-pk").first()
    assert (response.status_code, response["Location"]) == (303, page(release))
    assert (release.status, release.ref) == ("pending", "main")
    assert queued() == [("deployments.tasks.build_release", release.pk)]
    assert audited("release.requested")[0][0] == "done"


@pytest.mark.parametrize(("status", "proposed"), [
    ("ready", "main"), ("failed", "main"), ("pending", "sha"), ("building", "sha")])
def test_build_proposes_the_branch_but_the_commit_of_what_was_begun(
        shop, releaser, browse, status, proposed):
    """Its branch may have moved meanwhile: pressing it again must wake that very build."""
    release = factories.make_release(shop, status=status, ref="main")
    value = {"main": "main", "sha": release.commit_sha}[proposed]
    assert f'value="{value}"' in browse(releaser).get(page(release)).content.decode()


@pytest.mark.parametrize("button", ["build", "go_back", "reload"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_opening_a_buttons_address_does_nothing(
        number, button, shop, two_versions, releaser, browse, queued):
    """GET is answered 405: links, crawlers and prefetching change nothing."""
    assert browse(releaser).get(
        page(screens(shop, two_versions)[number], button)).status_code == 405
    assert queued() == []


@pytest.mark.parametrize(("button", "action"), [
    ("build", "release.requested"), ("go_back", "deployment.requested"),
    ("reload", "deployment.requested")])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_person_without_the_right_is_told_why(
        number, button, action, shop, production, two_versions, viewer, setter_up, browse, queued,
        audited):
    """The reason on the page (403 where the page itself is closed), a refusal, no new row."""
    row, count = screens(shop, two_versions)[number], Deployment.objects.count()
    response = browse(viewer).post(
        page(row, button), {"environment": production.pk, "release": two_versions[0].pk,
                            "request_key": KEY, "ref": "main"}, follow=True)
    if row == shop:  # its screen is for set-up people
        assert response.status_code == 403
    else:
        assert "You may not" in response.text
        assert "Ask an administrator for an entry." in response.text
    (outcome, sentence), = audited(action)
    assert outcome == "refused"
    assert "nobody gave you this right yet" in sentence
    assert Deployment.objects.count() == count
    assert Release.objects.count() == 2
    assert queued() == []


@pytest.mark.parametrize("button", ["build", "go_back", "reload"])
def test_a_missing_row_is_404(button, shop, releaser, browse):
    """Also where the row belongs to a project one may not see."""
    client = browse(releaser)
    for model in ("project", "release", "deployment"):
        url = reverse(f"admin:deployments_{model}_{button}", args=[4711])
        assert client.post(url).status_code == 404
    hidden = factories.make_release()
    assert client.post(page(hidden, button)).status_code == 404


def test_another_projects_environment_is_404(shop, two_versions, releaser, browse):
    """A forged environment or release of another project is not found from here."""
    other = factories.make_environment()
    url = page(two_versions[1], "go_back")
    for sent in ({"environment": other.pk, "release": two_versions[0].pk},
                 {"environment": "x"}, {}):
        assert browse(releaser).post(url, sent).status_code == 404


def test_a_strange_version_is_refused_with_a_sentence(shop, two_versions, releaser, browse, queued):
    """`--upload-pack=x` is no version's name."""
    response = browse(releaser).post(page(two_versions[1], "build"),
                                     {"ref": "--upload-pack=x"}, follow=True)
    assert "cannot be a version&#x27;s name" in response.text
    assert queued() == []


def test_a_screen_shows_buttons_or_the_reason_why_not(
        shop, production, two_versions, releaser, viewer, browse):
    """The releaser finds the buttons and the link to the release page; the viewer why not."""
    shown = browse(releaser).get(page(two_versions[2])).text
    for words in ("Build", "Release… to Production", "Go back to 2.8.1 in Production",
                  "Make PHP reload in Production"):
        assert words in shown
    assert reverse("admin:release-start", args=["shop", "production"]) in shown
    refused = browse(viewer).get(page(two_versions[2])).text
    assert "You may not release Shop (Production)" in refused
    assert 'value="Make PHP reload in Production"' not in refused


def test_a_versions_own_screen_leads_to_releasing_that_version(
        production, two_versions, releaser, browse):
    """Not to the choice, where another one would be preselected."""
    older, client = two_versions[0], browse(releaser)
    button, = (button for button in client.get(page(older)).context["buttons"]
               if button.label == "Release… to Production")
    review = reverse("admin:release-review", args=["shop", "production"])
    assert button.url == f"{review}?version={older.name}"
    assert client.get(button.url).context["choice"].release == older


def test_an_older_versions_screen_goes_back_to_that_version(
        production, two_versions, releaser, browse):
    """From the page of 2.8.1, the button names 2.8.1."""
    shown = browse(releaser).get(page(two_versions[0])).context["buttons"]
    assert "Go back to 2.8.1 in Production" in [button.label for button in shown]
