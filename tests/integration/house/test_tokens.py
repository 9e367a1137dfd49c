"""Tokens on two servers: rotating, revoking, and a server that is not there to hear of it."""

import json
import re

import pytest
from django.urls import reverse
from django_q.models import OrmQ

from deployments import tasks
from deployments.models import AuditEntry, Installation, TokenInstall
from deployments.pipeline import endpoints
from deployments.queue import INSTALL_TOKENS
from deployments.services import tokens
from tests.integration.php.caller import Letter, post
from tests.show import story

DOOR = "/_releasemgr/www"


@pytest.fixture(scope="module")
def show(show):
    """v1.0 is live; both servers are asked through the guarded endpoint."""
    Installation.objects.update(php_door="endpoint")
    tokens.issue(show.admin, show.environment)
    install(show)
    first = show.release("v1.0")
    assert first.status == "succeeded", story(first)
    return show


@pytest.fixture
def token(show, hosts):
    """A token that both servers know; afterwards both are reached again."""
    token = tokens.issue(show.admin, show.environment)
    install(show)
    yield token
    Installation.objects.update(is_active=True)
    for host in hosts:
        if not host.sshd.daemon.running():
            host.sshd.start()


def install(show):
    """What the worker does after each change."""
    for installation in show.environment.installations.all():
        tasks.install_tokens(installation.pk)


def answer(host, token):
    """What the endpoint answers to a right request with this token: status and body."""
    letter = Letter(path=DOOR, token=token.public_id, key=token.key)
    answer = post(host.http_port, letter, headers={"Host": host.site_name})
    return answer.status


def known(host):
    """Names of the tokens that a server holds, without our self-test's strangers."""
    rows = json.loads((host.root / ".releasemgr/door/keys.json").read_text())["tokens"]
    return {row["id"] for row in rows if not row["id"].endswith("-stranger")}


def refusals(host):
    lines = (host.root / ".releasemgr/door/refusals.log").read_text().splitlines()
    return [(row["token"], row["reason"]) for row in map(json.loads, lines)]


def test_for_a_while_the_old_and_the_new_token_are_both_accepted(show, hosts, token):
    """Rotating interrupts nobody; the old one has an end now."""
    new = tokens.rotate(show.admin, token)
    install(show)
    token.refresh_from_db()
    assert token.replaced_by == new
    for host in hosts:
        assert (answer(host, token), answer(host, new)) == (200, 200)
        row = next(row for row in _rows(host) if row["id"] == token.public_id)
        assert row["not_after"] == int(token.expires_at.timestamp())
    assert tokens.state_sentence(new) == "installed on web-1 ✓, installed on web-2 ✓"


def _rows(host):
    return json.loads((host.root / ".releasemgr/door/keys.json").read_text())["tokens"]


def test_a_revoked_token_is_refused_everywhere_and_the_reason_is_kept(show, hosts, token):
    """Done when both servers confirmed; the next release signs with another one."""
    tokens.revoke(show.admin, token)
    install(show)
    assert tokens.state_sentence(token) == "forgotten by web-1 ✓, forgotten by web-2 ✓"
    for host in hosts:
        assert token.public_id not in known(host)
        assert answer(host, token) == 404
        assert refusals(host)[-1] == (token.public_id, "unknown_token")
    after = show.release("v2.0")
    assert after.status == "succeeded", story(after)


def queued():
    """Waiting messages about tokens; they are taken off."""
    messages = [message.task for message in OrmQ.objects.order_by("pk")]
    OrmQ.objects.all().delete()
    return [task["args"][0] for task in messages if task["func"] == INSTALL_TOKENS]


@pytest.fixture
def click(show, client):
    """A function that presses a button of the token's page, as the administrator."""
    client.force_login(show.admin.user)

    def press(token, label):
        page = reverse("admin:deployments_token_change", args=[token.pk])
        form, = re.findall(rf'action="([^"]*)"[^>]*>(?:(?!</form>).)*value="{label}"',
                           client.get(page).text, re.DOTALL)
        assert client.post(form).status_code == 303
        token.refresh_from_db()

    return press


@pytest.mark.parametrize("who", ["a person", "the schedule"])
def test_a_server_that_is_down_keeps_the_revocation_pending(show, hosts, token, click, who):
    """Nobody says done before every server did; it says which one, and why. It is done when the
    server is back: after a click, or by itself."""
    first, second = hosts
    second.sshd.stop()
    click(token, "Revoke")
    install(show)
    state = tokens.state_sentence(token)
    assert state.startswith("forgotten by web-1 ✓, web-2 still pending")
    assert "refuses connections" in state
    stuck = token.installs.get(installation__server__name="web-2")
    assert stuck.state == TokenInstall.INSTALLED
    assert "web-2" in stuck.problem
    assert (answer(first, token), answer(second, token)) == (404, 200)
    newest = AuditEntry.objects.filter(action="token.installed").order_by("-seq").first()
    assert newest.outcome == "failed"
    assert "web-2" in newest.sentence

    second.sshd.start()
    queued()
    if who == "a person":
        click(token, "Install on servers")
    else:
        tasks.send_unfinished_tokens()
    waiting = queued()
    assert stuck.installation_id in waiting
    for pk in waiting:
        tasks.install_tokens(pk)
    assert tokens.state_sentence(token) == "forgotten by web-1 ✓, forgotten by web-2 ✓"
    assert answer(second, token) == 404


@pytest.mark.parametrize("overtaken", ["before it sends", "before it confirms"])
def test_a_task_that_was_overtaken_says_nothing_about_the_server(
        show, hosts, token, monkeypatch, overtaken):
    """It had read the tokens before one of them was revoked; the newer task was faster."""
    place, send = show.environment.installations.get(server__name="web-1"), endpoints._send
    newest = AuditEntry.objects.order_by("-seq").first().seq

    def revoke_meanwhile():
        monkeypatch.setattr(endpoints, "_send", send)
        tokens.revoke(show.admin, token)
        install(show)

    def slow(installation, its_tokens):
        assert token in its_tokens
        if overtaken == "before it sends":
            revoke_meanwhile()
            send(installation, its_tokens)
        else:
            send(installation, its_tokens)
            revoke_meanwhile()

    monkeypatch.setattr(endpoints, "_send", slow)
    tasks.install_tokens(place.pk)

    assert token.public_id not in known(hosts[0])
    assert answer(hosts[0], token) == 404
    assert tokens.state_sentence(token) == "forgotten by web-1 ✓, forgotten by web-2 ✓"
    assert not TokenInstall.objects.exclude(problem="").exists()
    written = AuditEntry.objects.filter(seq__gt=newest, action__startswith="token.install")
    outcomes = list(written.order_by("seq").values_list("action", "outcome"))
    assert outcomes.count(("token.installing", "intended")) == 3
    assert outcomes.count(("token.installed", "done")) == 3
    assert written.order_by("-seq").first().sentence.startswith("Left the endpoint and ")


def test_a_server_that_is_left_out_forgets_a_revoked_token_and_keeps_the_others(
        show, hosts, token):
    """It may come back into use; until then it gets no new token, and nobody asks its PHP."""
    place = show.environment.installations.get(server__name="web-2")
    show.environment.installations.filter(pk=place.pk).update(is_active=False)
    had = known(hosts[1])
    new = tokens.issue(show.admin, show.environment)
    queued()
    tokens.revoke(show.admin, token)
    hosts[1].stop_fpm()
    for pk in queued():
        tasks.install_tokens(pk)
    hosts[1].start_fpm()
    assert tokens.state_sentence(token) == "forgotten by web-1 ✓, forgotten by web-2 ✓"
    assert known(hosts[1]) == had - {token.public_id}
    assert tokens.state_sentence(new) == "installed on web-1 ✓"


def test_a_token_that_is_refused_while_it_is_installed_says_why(show, hosts, token):
    """On its page and in the audit log: here, that its networks are wrong."""
    new = tokens.issue(show.admin, show.environment, networks="10.9.9.9/32")
    install(show)
    new.refresh_from_db()
    assert new.last_refused_why.startswith("Its log says: network, from 127.0.0.1")
    assert "Its log says: network, from 127.0.0.1" in tokens.state_sentence(new)
    newest = AuditEntry.objects.filter(action="token.installed").order_by("-seq").first()
    assert "Its log says: network, from 127.0.0.1" in newest.sentence
    tokens.revoke(show.admin, new)
    install(show)


def test_an_installation_made_anew_is_not_below_what_its_server_remembers(show, hosts, token):
    """Its number begins at the time; so does one from a database restored from a backup."""
    place = show.environment.installations.get(server__name="web-1")
    Installation.objects.filter(pk=place.pk).update(token_generation=0)
    new = tokens.issue(show.admin, show.environment)
    install(show)
    assert new.public_id in known(hosts[0])
    assert tokens.state_sentence(new) == "installed on web-1 ✓, installed on web-2 ✓"


def test_the_keys_are_for_the_ssh_user_and_php_alone(show, hosts, token):
    """Right owner and mode; nothing of the key anywhere else below the site's root."""
    for host in hosts:
        door = host.root / ".releasemgr/door"
        keys = door / "keys.json"
        assert (keys.owner(), keys.group(), oct(keys.stat().st_mode)[-4:]) == (
            host.ssh_user, host.web_group, "0640")
        assert oct(door.stat().st_mode)[-4:] == "0750"
        holders = [path for path in host.root.rglob("*") if path.is_file()
                   and token.key.encode() in path.read_bytes()]
        assert holders == [keys]
