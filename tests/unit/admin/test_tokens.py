"""Tokens: issued, rotated, revoked, sent; their key is never shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deployments.models import Token
from tests import factories

from .conftest import listing, page

KEY = "c0ffee" * 10 + "beef"


@pytest.fixture
def token(production):
    return factories.make_token(production, key=KEY, installed_on=[
        production.installations.get(server__name="web-1")])


def issue(client, place, **fields):
    return client.post(listing(Token, "add"), {
        "environment": place.pk, "networks": "10.0.0.0/8", "expires_at_0": "",
        "expires_at_1": "", **fields})


def test_issuing_makes_a_token_and_sends_it_to_every_server(
        production, admin, browse, queued, audited):
    """One task per installation; the new token's page follows."""
    response = issue(browse(admin), production)
    token = Token.objects.get()
    assert (response.status_code, response["Location"]) == (303, page(token))
    assert (token.networks, token.issued_by) == ("10.0.0.0/8", admin)
    assert [task for task, _ in queued()] == ["deployments.tasks.install_tokens"] * 2
    assert audited("token.issued")[0][0] == "done"
    assert token.key not in browse(admin).get(page(token)).text


@pytest.mark.parametrize(("fields", "words"), [
    ({"networks": "office"}, "is no network"), ({"networks": ""}, "required"),
    ({"expires_at_0": "2001-01-01", "expires_at_1": "00:00"}, "would have expired already"),
    ({"environment": 4711}, "Select a valid choice")])
def test_a_token_that_could_not_work_is_refused(fields, words, production, admin, browse):
    """A sentence beside the form; no token."""
    assert words in issue(browse(admin), production, **fields).text
    assert not Token.objects.exists()


@pytest.mark.parametrize("person", ["releaser", "viewer"])
def test_grants_do_not_reach_tokens(person, request, token, production, browse):
    """Tokens are set-up: neither list, page, form nor button."""
    client = browse(request.getfixturevalue(person))
    assert client.get(listing(Token)).status_code == 403
    assert client.get(page(token)).status_code == 403
    assert issue(client, production).status_code == 403
    for button in ("rotate", "revoke", "install"):
        assert client.post(page(token, button)).status_code in (403, 404)
    token.refresh_from_db()
    assert Token.objects.count() == 1
    assert token.revoked_at is None


def test_whoever_sets_up_another_project_neither_sees_nor_presses_nor_issues(
        token, setter_up, releaser, browse, audited):
    """The token is not there for them; a releaser is refused by the service, with its reason."""
    stranger = browse(setter_up("set_up", project=factories.make_project()))
    assert token.public_id not in stranger.get(listing(Token)).text
    assert stranger.get(page(token)).status_code == 302
    assert stranger.post(page(token, "revoke")).status_code == 404
    assert "Select a valid choice" in issue(stranger, token.environment).text
    assert browse(releaser).post(page(token, "revoke")).status_code == 403
    assert "You may not set up Shop" in audited("token.revoked")[0][1]
    token.refresh_from_db()
    assert token.revoked_at is None


def test_rotating_leads_to_the_token_that_replaces_it(token, admin, browse, audited):
    """Old and new stay valid for a while."""
    response = browse(admin).post(page(token, "rotate"))
    token.refresh_from_db()
    assert response["Location"] == page(token.replaced_by)
    assert token.expires_at is not None
    assert audited("token.rotated")[0][0] == "done"


def test_revoking_and_installing(token, admin, browse, queued, audited):
    """Both reach every server."""
    client = browse(admin)
    client.post(page(token, "install"))
    client.post(page(token, "revoke"))
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert len(queued()) == 4
    assert audited("token.install_requested")[0][0] == "done"
    text = client.get(page(token)).text
    assert "revoked: " in text
    assert 'value="Rotate"' not in text
    assert 'value="Revoke"' not in text


def test_a_revoked_token_can_be_sent_again_until_every_server_forgot_it(
        token, admin, browse, queued):
    """A server that was down must hear of it; afterwards there is nothing to press any more."""
    client = browse(admin)
    client.post(page(token, "revoke"))
    assert 'value="Install on servers"' in client.get(page(token)).text
    before = len(queued())
    response = client.post(page(token, "install"), follow=True)
    assert "Its servers are being told again." in response.text
    assert len(queued()) == before + 2

    token.installs.update(state="removed")
    assert 'value="Install on servers"' not in client.get(page(token)).text


def test_times_are_those_of_the_configured_zone(token, admin, browse, settings):
    """As everywhere else on the page."""
    settings.TIME_ZONE = "Pacific/Auckland"
    evening = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
    Token.objects.update(issued_at=evening, last_refused_at=evening, last_refused_why="clock")
    text = browse(admin).get(page(token)).text
    assert "25 Nov 2026 by " in text
    assert "25 Nov 09:30: clock" in text


def test_an_expired_token_says_so_and_what_servers_still_hold(token, admin, browse):
    """In the list, where one looks for it."""
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired: web-1 still pending" in browse(admin).get(listing(Token)).text
    token.installs.update(state="removed")
    assert "expired: forgotten by web-1 ✓" in browse(admin).get(listing(Token)).text


@pytest.mark.parametrize("button", ["rotate", "revoke", "install"])
def test_opening_a_buttons_address_does_nothing(button, token, admin, browse):
    """GET is 405, a missing token 404."""
    assert browse(admin).get(page(token, button)).status_code == 405
    url = page(token, button).replace(f"/{token.pk}/", "/4711/")
    assert browse(admin).post(url).status_code == 404


def test_the_list_says_where_a_token_is_installed(token, admin, browse):
    """`installed on web-1 ✓`, and never the key."""
    text = browse(admin).get(listing(Token)).text
    assert "installed on web-1 ✓" in text
    assert KEY not in text
    assert KEY not in browse(admin).get(page(token)).text
