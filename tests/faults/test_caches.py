"""PHP and the guarded endpoint not as they should be: what each fault ends in, and its words."""

import json
import threading

import pytest
from django.db import connection

from deployments.models import ServerCommand, Token
from tests import stage
from tests.sandbox.neighbour import Neighbour
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed, left_to_a_person, live
from .moments import at

ANSWERS = {
    "403": ("<?php http_response_code(403);", "closed by the web server"),
    "404": ("<?php http_response_code(404);", "does not exist (404)"),
    "500": ("<?php http_response_code(500);", "fails with status 500"),
    "html": ("<?php echo '<html>welcome</html>';", "not our endpoint's"),
    "empty": ("<?php", "answers with nothing; let the web server run endpoint.php there."),
    "redirect": ("<?php header('Location: http://127.0.0.1:1/');", "redirects to"),
    "drip": ("<?php while (true) { echo ' '; @ob_flush(); flush(); usleep(200000); }",
             "did not answer completely within"),
}


def _replace_endpoint(server, php):
    """Put another file in the endpoint's place; PHP starts anew, as its old one is cached."""
    (server.host.root / ".releasemgr/endpoint.php").write_text(php)
    server.host.stop_fpm()
    server.host.start_fpm()


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_endpoint_that_does_not_answer_as_ours_is_told_before_anything_changes(
        show, stale, kind):
    """The self-test before each use finds it, whatever it answers."""
    php, words = ANSWERS[kind]
    _replace_endpoint(stale, php)

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, stale, "web-2", words)
    assert_no_reason_is_made_up(deployment)


def assert_no_reason_is_made_up(deployment):
    """The log's lines are about the self-tests of the release before, not about this one."""
    assert "Its log says" not in deployment.result
    assert Token.objects.get().last_refused_at is None


def test_a_web_server_that_closes_the_endpoint_is_not_taken_for_the_endpoint(show, stale):
    """An `allow`/`deny` in front of it: the endpoint never saw the request and wrote nothing."""
    nginx = stale.host.nginx
    opening = "location = /_releasemgr/www {"
    assert nginx.servers[0].count(opening) == 1
    nginx.servers[0] = nginx.servers[0].replace(opening, f"{opening} deny all;")
    nginx.reload(patience_s=60)

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, stale, "is closed by the web server itself (status 403")
    assert_no_reason_is_made_up(deployment)


SPOILT = {
    "network": lambda row: {**row, "networks": ["10.9.9.9/32"]},
    "expired": lambda row: {**row, "not_after": 1},
    "unknown_token": lambda row: {**row, "id": "0123456789abcdef"},
    "signature": lambda row: {**row, "key": "5ec7e7ab" * 8},
}


@pytest.mark.parametrize("reason", SPOILT)
def test_a_refused_token_is_told_with_the_reason_from_the_servers_own_log(show, stale, reason):
    """The 404 says nothing; the private log does, and the token keeps it for its page."""
    keys = stale.host.root / ".releasemgr/door/keys.json"
    content, token = json.loads(keys.read_text()), Token.objects.get()
    content["tokens"] = [SPOILT[reason](row) if row["id"] == token.public_id else row
                         for row in content["tokens"]]
    keys.write_text(json.dumps(content))

    deployment = show.release("v2.0")

    told = f"Its log says: {reason}, from 127.0.0.1, clock difference "
    assert_refused_before_anything_changed(
        deployment, stale, "refuses our token; the server's refusal log names the reason.", told)
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_refused_why.startswith(told)


def test_what_else_stands_in_the_log_is_no_reason_and_no_hindrance(show, stale):
    """The site's own PHP may write there, and somebody else's requests are refused too."""
    keys = stale.host.root / ".releasemgr/door/keys.json"
    keys.write_text(keys.read_text().replace("127.0.0.1/32", "10.9.9.9/32"))
    other = {"reason": "clock", "token": Token.objects.get().public_id, "request": "0" * 16,
             "address": "127.0.0.1", "clock_difference": 99}
    log = stale.host.root / ".releasemgr/door/refusals.log"
    log.write_text("\n".join(["{}", "[]", "7", "", "{", "\0", json.dumps(other), ""]))

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, stale, "Its log says: network, from ")


def test_fpm_that_is_down_is_told_before_anything_changes(show, realpath):
    """A pool out of reach is named before the server is touched."""
    realpath.host.stop_fpm()

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, realpath, "web-1", "PHP pool www")


def test_fpm_that_goes_down_after_the_switch_needs_a_person_who_can_finish(show, realpath,
                                                                           monkeypatch):
    """Nothing can be proved without PHP, so nobody calls it failed or live; then it is decided."""
    at(monkeypatch, "after switch", lambda ctx: realpath.host.stop_fpm())
    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert deployment.words == "Needs a decision"
    assert "web-1" in deployment.result
    monkeypatch.undo()
    realpath.host.start_fpm()
    decided = show.decide(deployment, "finish")
    assert decided.status == "succeeded", story(decided)
    assert (realpath.host.root / "current").readlink().name == deployment.release.name


def test_what_needs_a_person_can_be_put_back(show, stale, monkeypatch):
    """After PHP is back, the decision puts the old release back and proves it."""
    deployment = left_to_a_person(show, stale, monkeypatch)

    decided = show.decide(deployment, "put_back")

    assert decided.status == "failed", story(decided)
    assert decided.words == "Went back to v1.0"
    assert stale.look()[0] == stale.before[0]


@pytest.mark.parametrize(("ini", "words"), [
    ({"opcache.enable": "0"}, "OPcache"),
    ({"opcache.restrict_api": "/nowhere"}, "opcache.restrict_api"),
])
def test_a_reset_that_php_would_not_do_is_told_before_the_switch(show, ini, words):
    """OPcache off or closed to us: no strategy would work."""
    with WebHost("web-3", kind="stale", ini=ini) as host:
        first = show.on(host).release("v1.0")

        assert first.status == "failed", story(first)
        assert words in first.result
        assert not (host.root / "current").is_symlink()


def test_a_stale_host_called_realpath_is_refused_before_the_switch(show):
    """The web server hands PHP `current/…`: the strategy would leave the old version running."""
    with WebHost("web-4", kind="stale") as host:
        server = live(show, host, strategy="reset", php_door="fastcgi")
        show.environment.installations.update(strategy="realpath")

        deployment = show.release("v2.0")

        assert_refused_before_anything_changed(deployment, server, "$realpath_root")


def test_a_release_whose_page_answers_500_goes_back_by_itself(show, stale, site_repository):
    """A check page that fails after the switch is never live."""
    site_repository.add_variant("broken-page")
    stage.tasks.read_source(show.project.pk)

    deployment = show.release("broken-page")

    assert deployment.status == "failed", story(deployment)
    assert deployment.words == "Went back to v1.0 by itself"
    assert "answered 500" in deployment.result
    assert stale.look()[0] == stale.before[0]
    assert deployment.targets.get().status == "reverted"
    assert not stale.sessions()


def test_a_first_release_that_fails_takes_its_link_away_again(show, site_repository):
    """There is nothing to go back to, so nothing stays."""
    site_repository.add_variant("broken-page")
    stage.tasks.read_source(show.project.pk)
    with WebHost("web-5", kind="realpath") as host:
        deployment = show.on(host).release("broken-page")

        assert deployment.status == "failed", story(deployment)
        assert not (host.root / "current").is_symlink()
        assert "taken off again" in deployment.result


def test_a_marker_that_names_another_release_is_not_proved(show, stale):
    """An answer from the wrong release counts as failed and goes back."""
    ServerCommand.objects.create(
        project=show.project, moment="before",
        command="echo \"<?php return 'another';\" > .releasemgr/marker.php")

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert " still answers from another." in deployment.result
    assert stale.look()[0] == stale.before[0]


def test_two_sites_on_one_fpm_master_released_at_once_both_end_right(show):
    """Their resets would spoil each other's proof; the lock of the master puts them in line."""
    with WebHost("web-6", kind="stale") as host, Neighbour(host) as second:
        sites = []
        for place, slug in ((host, "production"), (second, "neighbour")):
            show.on(place, slug=slug, name=slug, php_door="fastcgi")
            sites.append(show.environment)
            first = show.release("v1.0")
            assert first.status == "succeeded", story(first)
        release = show.build("v2.0")
        deployments = []
        for show.environment in sites:
            deployments.append(show.ask(release))
        threads = [threading.Thread(target=_run_apart, args=(row,)) for row in deployments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        links = {(place.root / "current").readlink().name for place in (host, second)}

    for deployment in deployments:
        deployment.refresh_from_db()
        assert deployment.status == "succeeded", story(deployment)
    assert links == {release.name}


def _run_apart(deployment):
    stage.run(deployment)
    connection.close()
