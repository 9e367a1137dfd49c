"""The guarded endpoint stops answering as ours after the switch: back, or a person decides."""

import shutil

import pytest

from tests.integration.remote.raw_server import RawServer, page
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed, live
from .moments import at

BAD = {
    "401": (page(b"", status="401 Unauthorized"), "closed by the web server itself (status 401)"),
    "500": (page(b"oh", status="500 Internal Server Error"), "fails with status 500"),
    "JSON": (page(b'{"reset": true}'), "a page that is not our endpoint's"),
    "nothing": (page(b""), "answers with nothing"),
    "redirect": (page(b"", status="307 Temporary Redirect", headers={"Location": "http://o/"}),
                 "redirects to http://o/, which we do not follow"),
}
DOOR = "location = /_releasemgr/www {"


class Detour:
    """Leads the endpoint's address to another web server, and back again."""

    def __init__(self, nginx, port):
        self._nginx, self._kept = nginx, nginx.servers[0]
        self._away = self._kept.replace(
            DOOR, f"{DOOR} proxy_pass http://127.0.0.1:{port}; proxy_buffering off; }}\n"
            "location = /_releasemgr/kept {")
        assert self._away != self._kept

    def begin(self, _ctx=None):
        self._lead(self._away)

    def end(self, _ctx=None):
        self._lead(self._kept)

    def _lead(self, server):
        self._nginx.servers[0] = server
        self._nginx.reload(patience_s=60)


def test_whatever_the_endpoint_answers_after_the_switch_everything_goes_back(
        show, stale, monkeypatch):
    """For a moment something else stands there: never taken for a reset, told in its own words."""
    for kind, (answer, words) in BAD.items():
        with RawServer(lambda request, answer=answer: answer) as other, \
                monkeypatch.context() as patch:
            detour = Detour(stale.host.nginx, other.port)
            at(patch, "before cohere", detour.begin)
            at(patch, "before touch", detour.end)
            deployment = show.release("v2.0")

        assert deployment.words == "Went back to v1.0 by itself", (kind, story(deployment))
        assert words in deployment.result, (kind, story(deployment))
        assert deployment.targets.get().status == "reverted"
        assert stale.look()[0] == stale.before[0]
        assert other.requests


def test_an_endpoint_that_drips_after_the_switch_is_given_up(show, stale, monkeypatch, settings):
    """One byte now and then keeps no deadline open; it stays so, and a person must look."""
    settings.PROOF_LIMIT_S = 3
    with RawServer(lambda request: iter([b" "] * 1000), pause_s=0.2) as other:
        detour = Detour(stale.host.nginx, other.port)
        at(monkeypatch, "before cohere", detour.begin)
        deployment = show.release("v2.0")
        detour.end()

    assert deployment.status == "needs_attention", story(deployment)
    assert stale.look()[0] == stale.before[0]
    assert show.decide(deployment, "put_back").words == "Went back to v1.0"


@pytest.fixture
def secure(show, settings):
    """A site with HTTPS alone, its certificate from a private authority."""
    with WebHost("web-2", kind="stale", https=True) as host:
        settings.SITE_CA_FILE = str(host.ca)
        yield live(show, host, ask_address=host.https_address, is_https=True)


def _expire(server):
    certificate = server.host.certificate
    shutil.copy(certificate.expired, certificate.certificate)
    server.host.nginx.reload(patience_s=60)


def test_a_certificate_that_has_expired_is_told_before_anything_changes(show, secure):
    """Whoever answers there does not prove who it is any more."""
    _expire(secure)

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, secure, "web-2", "certificate", "expired")


def test_a_certificate_that_expires_after_the_switch_ends_no_release_unproved(
        show, secure, monkeypatch):
    """What an endpoint without a valid certificate says is not asked for."""
    at(monkeypatch, "before cohere", lambda ctx: _expire(secure))

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert "expired" in deployment.result
    assert secure.look()[0] == secure.before[0]
