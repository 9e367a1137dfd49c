"""HTTP with one total deadline, to the address we chose and the name we check."""

import ssl
import time
from socket import create_connection

import pytest

from deployments.remote.faults import TimedOut, Unreachable, WrongAnswer
from deployments.remote.http import HttpCall, ask
from tests.integration.remote.raw_server import RawServer, page
from tests.sandbox.daemons import free_port
from tests.sandbox.nginx import make_certificate

SITE = "shop.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Valid for shop.example alone, signed by an authority of our own."""
    return make_certificate(tmp_path_factory.mktemp("tls"), names=[SITE])


@pytest.fixture
def context(certificate):
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate.certificate, certificate.key)
    return made


def call_to(server: RawServer, **changes) -> HttpCall:
    settings = {"site": f"http://{SITE}", "address": f"127.0.0.1:{server.port}", "server": "web-1"}
    return HttpCall(**{**settings, **changes})


def hello(request):
    return page(b"hello", headers={"X-Kind": "test"})


def test_the_address_is_ours_and_the_name_is_the_sites():
    """The Host header carries the site's name although we connect to 127.0.0.1."""
    with RawServer(hello) as server:
        answer = ask(
            call_to(server, path="/a?b=c", method="POST", body=b"xyz", headers={"X-A": "1"})
        )
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"hello", "test")
    assert answer.elapsed_ms > 0
    request = server.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/a?b=c", b"xyz")
    assert request.headers["host"] == SITE
    assert request.headers["x-a"] == "1"


def test_a_connection_can_come_from_a_tunnel():
    """dial() decides where the bytes go; nothing is looked up."""
    with RawServer(hello) as server:
        dial = lambda: create_connection(("127.0.0.1", server.port))  # noqa: E731
        answer = ask(HttpCall(f"http://{SITE}", dial=dial))
    assert answer.body == b"hello"


def test_paths_are_sent_as_they_were_written():
    """What a person entered is what the server sees: dots and slashes are not tidied up."""
    paths = ["/a%2Fb", "/a/../b", "/%7Euser", "//double", "/a?x=%20&y=1%2B1", "/'(*)", "/."]
    with RawServer(hello) as server:
        for path in paths:
            ask(call_to(server, path=path))
    assert [request.path for request in server.requests] == paths


def test_certificates_are_checked_against_the_sites_name(certificate, context):
    """SNI and certificate are the site's, also at 127.0.0.1 and through a tunnel."""
    ca = str(certificate.ca)
    with RawServer(hello, context=context) as server:
        secure = {"site": f"https://{SITE}", "ca_bundle": ca}
        assert ask(call_to(server, **secure)).body == b"hello"
        dial = lambda: create_connection(("127.0.0.1", server.port))  # noqa: E731
        assert ask(call_to(server, dial=dial, **secure)).body == b"hello"
        assert server.names == [SITE, SITE]
        with pytest.raises(Unreachable, match=r"not valid for 'other.example'"):
            ask(call_to(server, site="https://other.example", ca_bundle=ca))
        with pytest.raises(Unreachable, match="certificate"):
            ask(call_to(server, site=f"https://{SITE}"))
    assert len(server.requests) == 2


def test_nothing_is_taken_from_the_environment(certificate, context, monkeypatch, tmp_path):
    """Neither proxies nor certificates nor logins come from environment variables."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate.ca))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    (tmp_path / "netrc").write_text(f"machine {SITE} login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with RawServer(hello, context=context) as server, pytest.raises(Unreachable, match="certific"):
        ask(call_to(server, site=f"https://{SITE}"))
    with RawServer(hello) as server:
        assert ask(call_to(server)).body == b"hello"
        assert server.requests[0].path == "/"
        assert "authorization" not in server.requests[0].headers


def test_redirects_are_answers_and_not_followed():
    """A header with a signature is never carried to another place."""
    with RawServer(hello) as other:
        target = {"Location": f"http://127.0.0.1:{other.port}/"}
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            moved = page(b"", status=status, headers=target)
            with RawServer(lambda request, moved=moved: moved) as server:
                assert ask(call_to(server)).status == int(status[:3])
    assert other.requests == []


@pytest.mark.parametrize(
    "drip",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000,
        page(b"x" * 1000),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 1000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 500,
        b"",
    ],
    ids=["headers", "body", "until-close", "chunked", "silence"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_slow_drip_cannot_extend_the_deadline(drip, scheme, certificate, context):
    """Whatever part of the answer drips, the whole call ends in time."""
    blocks = [drip[at : at + 1] for at in range(len(drip))] or [b""] * 1000
    tls = {"site": f"https://{SITE}", "ca_bundle": str(certificate.ca)} if scheme == "https" else {}
    settings = {"context": context} if tls else {}
    with RawServer(lambda request: blocks, pause_s=0.1, **settings) as server:
        started_at = time.monotonic()
        with pytest.raises(TimedOut, match=r"web-1 .* within 1 s"):
            ask(call_to(server, deadline_s=1, **tls))
    assert time.monotonic() - started_at < 30  # a whole answer takes more than a minute


def test_a_silent_tls_handshake_ends_at_the_deadline(certificate):
    """A port that accepts and never shakes hands is not waited for."""
    with RawServer(lambda request: b"") as server:  # waits for a request line in plain text
        started_at = time.monotonic()
        with pytest.raises((TimedOut, Unreachable)):
            ask(call_to(server, site=f"https://{SITE}", deadline_s=1))
    assert time.monotonic() - started_at < 30


def test_more_than_the_cap_is_refused_at_once():
    """An endless body costs neither memory nor the whole deadline."""

    def endless(request):
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b"x" * 65536

    with RawServer(endless) as server:
        started_at = time.monotonic()
        with pytest.raises(WrongAnswer, match="more than 100000 bytes"):
            ask(call_to(server, max_bytes=100_000, deadline_s=120))
    assert time.monotonic() - started_at < 30


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 abc\r\n\r\n",
    ],
    ids=["hang-up", "ssh", "short", "chunk-cut", "no-status"],
)
def test_what_is_no_complete_http_is_a_wrong_answer(broken):
    """Half a page is never taken for a whole one."""
    with (
        RawServer(lambda request: broken) as server,
        pytest.raises(WrongAnswer, match="no complete HTTP answer"),
    ):
        ask(call_to(server))


def test_a_closed_port_and_an_unknown_name_are_unreachable():
    """The sentence says what was tried."""
    closed = HttpCall(f"http://{SITE}", address=f"127.0.0.1:{free_port()}", server="web-1")
    with pytest.raises(Unreachable, match=r"^web-1 .* cannot be reached: Connection refused\.$"):
        ask(closed)
    with pytest.raises(Unreachable, match="cannot be reached"):
        ask(HttpCall("http://no-such-host.invalid"))


def test_faults_of_the_tunnel_pass_through():
    """Whoever dials knows best why it failed."""

    def dial():
        raise Unreachable("the tunnel is closed", server="web-7")

    with pytest.raises(Unreachable, match="the tunnel is closed"):
        ask(HttpCall(f"http://{SITE}", dial=dial))


@pytest.mark.parametrize(
    ("site", "path"),
    [
        ("ftp://shop.example", "/"),
        ("http://user:pass@shop.example", "/"),
        ("http://shop.example/a", "/"),
        ("http://shop.example\\@evil", "/"),
        ("http://shop.example", "no-slash"),
        ("http://shop.example", "/a b"),
        ("http://shop.example", "/a\r\nX-Evil: 1"),
        ("http://shop.example", "/ü"),
    ],
)
def test_addresses_that_could_mean_something_else_are_refused(site, path):
    """No login in a URL, no header through a newline, no other protocol."""
    with pytest.raises(ValueError, match="site must be"):
        HttpCall(site, path)


def test_nothing_secret_is_shown():
    """Neither repr nor a fault's text carries headers or body."""
    with RawServer(lambda request: b"") as server:
        call = call_to(server, headers={"X-Key": "CANARY"}, body=b"CANARY", method="POST")
        with pytest.raises(WrongAnswer) as caught:
            ask(call)
    assert "CANARY" not in repr(call) + repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
