"""PHP asked through the guarded endpoint: signed questions, verified answers, clear refusals."""

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.pipeline.steps.connect import refusal_reason
from deployments.remote.doors import EndpointDoor
from deployments.remote.faults import DoorRefused, DoorUnusable, TimedOut, WrongAnswer
from deployments.remote.host import Credentials, Host
from deployments.remote.http import HttpCall
from deployments.remote.ssh import Connection
from tests.integration.remote.raw_server import RawServer, page
from tests.sandbox.webhost import WebHost

PHP = Path(__file__).parents[3] / "deployments/remote/php"
KEY = "00112233445566778899aabbccddeeff" * 2
PATH = "/_releasemgr/www"


def sign(text: str) -> str:
    return hmac.new(bytes.fromhex(KEY), text.encode(), hashlib.sha256).hexdigest()


def answered(request, body: bytes, *, nonce: str | None = None, status: str = "200 OK") -> bytes:
    """Return `body` signed as endpoint.php signs it, for this request's nonce or another."""
    nonce = nonce or request.headers["x-releasemgr-nonce"]
    signature = sign(f"{nonce}\n{hashlib.sha256(body).hexdigest()}")
    return page(body, status=status, headers={"X-Releasemgr-Answer": signature})


def good(request):
    return answered(request, b'{"ok":true,"sapi":"fpm-fcgi"}')


def door_to(server: RawServer, *, path: str = PATH, **settings) -> EndpointDoor:
    call = HttpCall("http://shop.example", address=f"127.0.0.1:{server.port}", server="web-1")
    return EndpointDoor(call, path, "tok-1", KEY, **settings)


def refusal(answer, kind, *, deadline_s: float = 5) -> str:
    """Return the sentence of the fault that this answer must end in."""
    with RawServer(answer, pause_s=0.1) as server, pytest.raises(kind) as caught:
        door_to(server).ask("status", deadline_s=deadline_s)
    sentence = str(caught.value)
    assert type(caught.value) is kind
    assert "web-1" in sentence
    assert "\n" not in sentence
    assert KEY not in sentence + repr(caught.value)
    return sentence


def test_a_question_is_signed_as_the_endpoint_checks_it():
    """HMAC-SHA256 with the key's bytes over method, path, time, nonce and the body's hash."""
    with RawServer(good) as server:
        door = door_to(server, clock=lambda: 1_700_000_000.9)
        assert door.ask("warm", files=["/srv/ü"], deadline_s=60)["ok"]
        door.ask("status", deadline_s=60)
    first, second = server.requests
    assert json.loads(first.body) == {"act": "warm", "files": ["/srv/ü"]}
    nonce, body_hash = first.headers["x-releasemgr-nonce"], hashlib.sha256(first.body).hexdigest()
    assert len(bytes.fromhex(nonce)) == 16
    text = f"POST\n{PATH}\n1700000000\n{nonce}\n{body_hash}"
    assert first.headers["x-releasemgr-signature"] == sign(text)
    assert first.headers["x-releasemgr-time"] == "1700000000"
    assert first.headers["x-releasemgr-token"] == "tok-1"
    assert (first.method, first.path) == ("POST", PATH)
    assert nonce != second.headers["x-releasemgr-nonce"]


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (page(b"Not found.\n", status="404 Not Found"), DoorRefused, "refuses our token"),
        (page(b"<html>", status="404 Not Found"), DoorUnusable, "does not exist (404)"),
        (page(b"<html>", status="403 Forbidden"), DoorRefused, "closed by the web server"),
        (page(b"<html>", status="401 Unauthorized"), DoorRefused, "closed by the web server"),
        (page(b"", status="500 Oops"), DoorUnusable, "fails with status 500"),
        (page(b"", status="502 Bad Gateway"), DoorUnusable, "fails with status 502"),
        (page(b"", status="405 Not Allowed"), DoorUnusable, "fails with status 405"),
        (page(b"<html>hello</html>"), DoorUnusable, "a page that is not our endpoint's"),
        (page(b""), DoorUnusable, "answers with nothing"),
        (page(b'{"ok":true,"sapi":"fpm-fcgi"}'), DoorUnusable, "not our endpoint's"),
        (b"", DoorUnusable, "no complete HTTP answer"),
        (
            page(b"", status="302 Found", headers={"Location": "https://www.shop.example/"}),
            DoorUnusable,
            "redirects to https://www.shop.example/, which we do not follow",
        ),
    ],
)
def test_every_bad_answer_is_one_sentence(answer, kind, told):
    """What the web server, a proxy or a wrong address may send, each with what to do."""
    assert told in refusal(lambda request: answer, kind)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{broken", "instead of control.php's answer"),
        (b"", "instead of control.php's answer"),
        (b'"ok"', "instead of control.php's answer"),
        (b'{"ok":true,"sapi":"cli"}', "answers from the SAPI cli"),
        (b'{"ok":true,"sapi":"cli-server"}', "answers from the SAPI cli-server"),
        (b'{"ok":false,"error":"OPcache is off."}', "says no: OPcache is off."),
    ],
)
def test_signed_answers_are_still_read_with_care(body, told):
    """A right signature does not make a wrong answer right."""
    assert told in refusal(lambda request: answered(request, body), DoorUnusable)


def test_an_answer_to_another_question_is_not_believed():
    """A replayed or changed answer carries a signature, but not ours for this nonce and body."""
    body = b'{"ok":true,"sapi":"fpm-fcgi"}'
    replayed = lambda request: answered(request, body, nonce="0" * 32)  # noqa: E731
    assert "does not belong to our question" in refusal(replayed, WrongAnswer)
    changed = lambda request: answered(request, body).replace(b"fcgi", b"FCGI")  # noqa: E731
    refusal(changed, WrongAnswer)
    forged = page(body, headers={"X-Releasemgr-Answer": "ü"})
    refusal(lambda request: forged, WrongAnswer)


def test_a_slow_drip_ends_at_the_deadline():
    """One byte at a time is not an answer."""
    drip = [b"H"] + [b"x"] * 100
    started_at = time.monotonic()
    assert "within 1 s" in refusal(lambda request: drip, TimedOut, deadline_s=1)
    assert time.monotonic() - started_at < 3


@pytest.mark.parametrize("path", ["/a?b", "/a b", "/%7Ea", "a", "/ü", ""])
def test_paths_that_might_be_rewritten_on_the_way_are_refused(path):
    """A signature over a path that a proxy writes differently could never match."""
    with pytest.raises(ValueError, match="endpoint's path"):
        EndpointDoor(HttpCall("http://shop.example"), path, "tok-1", KEY)


@pytest.fixture(scope="module")
def web_host():
    """A server with nginx over TLS, PHP-FPM, sshd, and the door installed by door.sh."""
    with WebHost("web-1", kind="stale", https=True) as host:
        yield host


@pytest.fixture(scope="module")
def connection(web_host):
    credentials = Credentials(web_host.private_key)
    host = Host("web-1", web_host.ssh_host, web_host.ssh_user, web_host.host_key, credentials,
                port=web_host.ssh_port)  # fmt: skip
    with Connection.open(host) as opened:
        control = (PHP / "control.php").read_text()
        name = f"control-{hashlib.sha256(control.encode()).hexdigest()[:12]}.php"
        tokens = [{"id": "tok-1", "key": KEY, "networks": ["127.0.0.1/32"],
                   "scope": "reset:opcache", "not_after": None}]  # fmt: skip
        keys = json.dumps({"control": name, "tokens": tokens})
        endpoint = (PHP / "endpoint.php").read_text()
        result = opened.run_script(
            "door.sh", web_host.root, 1, web_host.web_group, endpoint, keys, name, control,
            timeout_s=60,
        )  # fmt: skip
        assert result.ok, result.last_line
        yield opened


@pytest.fixture
def door(web_host, connection):
    """The real endpoint, asked over TLS through the SSH connection."""
    call = HttpCall(
        f"https://{web_host.site_name}",
        dial=lambda: connection.open_socket(web_host.https_address),
        ca_bundle=str(web_host.ca),
        server="web-1",
    )
    return EndpointDoor(call, PATH, "tok-1", KEY)


def test_the_real_endpoint_answers_through_ssh_and_tls(door, web_host):
    """Signature, nonce, answer's signature, certificate: both sides agree."""
    answer = door.ask("status", deadline_s=60)
    assert answer["sapi"] == "fpm-fcgi"
    assert answer["pool"]["name"] == "www"
    assert answer["root"] == str(web_host.root)
    assert door.ask("reset", deadline_s=60)["reset"] is True


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("signature", {"key": secrets.token_hex(32)}),
        ("unknown_token", {"token": "tok-2"}),
        ("clock", {"clock": lambda: time.time() - 60}),
    ],
)
def test_the_real_endpoint_refuses_and_notes_why(door, connection, web_host, reason, changes):
    """A wrong key, an unknown token and a wrong clock are DoorRefused; the log names each."""
    bad = EndpointDoor(
        door.call, PATH, changes.get("token", "tok-1"), changes.get("key", KEY),
        clock=changes.get("clock", time.time),
    )  # fmt: skip
    with pytest.raises(DoorRefused, match="refusal log"):
        bad.ask("status", deadline_s=60)
    noted = connection.run_script("refusals.sh", web_host.root, 1, timeout_s=60).values["line"]
    assert json.loads(noted)["reason"] == reason


def test_the_reason_of_one_request_is_found_among_those_of_others(door, connection, web_host):
    """By what only we know of it; a request the endpoint never saw has none."""
    def refused(**changes):
        with pytest.raises(DoorRefused) as caught:
            EndpointDoor(door.call, PATH, "tok-1", changes.pop("key", KEY), **changes).ask(
                "status", deadline_s=60)
        return caught.value.request

    def reason(request):
        return refusal_reason(connection, web_host.root, request)

    late = refused(clock=lambda: time.time() - 60)
    forged = [refused(key=secrets.token_hex(32)) for _ in range(3)]
    assert reason(late).startswith("Its log says: clock, from 127.0.0.1, clock difference -")
    assert reason(forged[1]).startswith("Its log says: signature, from 127.0.0.1")
    assert reason("") == reason("0" * 16) == ""


def test_a_real_web_server_without_php_or_endpoint_is_told_apart(door, web_host):
    """A path nobody serves, and PHP stopped behind nginx."""
    elsewhere = EndpointDoor(door.call, "/nothing/here", "tok-1", KEY)
    with pytest.raises(DoorUnusable):
        elsewhere.ask("status", deadline_s=60)
    closed = replace(door.call, dial=None, address="127.0.0.1:1")
    with pytest.raises(DoorUnusable, match="cannot be reached"):
        EndpointDoor(closed, PATH, "tok-1", KEY).ask("status", deadline_s=60)
    web_host.stop_fpm()
    try:
        with pytest.raises(DoorUnusable, match="fails with status 502"):
            door.ask("status", deadline_s=60)
    finally:
        web_host.start_fpm()
