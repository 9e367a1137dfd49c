"""Every refusal of the endpoint is the same 404; its reason is in the private log only."""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.php.caller import STATUS, Answer, Letter, post
from tests.integration.php.site import KEY, TOKEN, PhpSite
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.fpm import Pool

NOT_FOUND = Answer(
    404,
    [
        ("Server", "nginx/VERSION"),
        ("Content-Type", "text/plain;charset=UTF-8"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
    ],
    b"Not found.\n",
)
NOW = time.time


def is_the_404(answer: Answer) -> bool:
    headers = [
        (name, "nginx/VERSION" if name == "Server" else value) for name, value in answer.headers
    ]
    return Answer(answer.status, headers, answer.body) == NOT_FOUND


def without(name: str) -> dict[str, str]:
    return {name: ""}


REFUSED = {
    "GET": ("wrong_method", {}, {"method": "GET"}),
    "PUT": ("wrong_method", {"method": "PUT"}, {}),
    "wrong token": ("unknown_token", {"token": "tok-9"}, {}),
    "no token": ("unknown_token", {}, {"headers": without("X-Releasemgr-Token")}),
    "wrong key": ("signature", {"key": "00" * 32}, {}),
    "no signature": ("signature", {}, {"headers": without("X-Releasemgr-Signature")}),
    "signature of zeros": ("signature", {}, {"headers": {"X-Releasemgr-Signature": "0" * 64}}),
    "changed body": ("signature", {}, {"body": b'{"act":"reset" }'}),
    "no body": ("signature", {}, {"body": b""}),
    "signed for another path": ("signature", {"path": "/door2"}, {"path": "/door"}),
    "signed for another method": ("signature", {"method": "GET"}, {"method": "POST"}),
    "old": ("clock", {"sent_at": int(NOW()) - 40_000}, {}),
    "future": ("clock", {"sent_at": int(NOW()) + 40_000}, {}),
    "changed time": ("signature", {}, {"headers": {"X-Releasemgr-Time": "NOW"}}),
    "no time": ("clock", {}, {"headers": without("X-Releasemgr-Time")}),
    "time in words": ("clock", {}, {"headers": {"X-Releasemgr-Time": "now"}}),
    "endless time": ("clock", {}, {"headers": {"X-Releasemgr-Time": "9" * 30}}),
    "short nonce": ("nonce", {"nonce": "abc"}, {}),
    "nonce that is a path": ("nonce", {"nonce": "../" * 10 + "ab"}, {}),
    "capital nonce": ("nonce", {"nonce": "A" * 32}, {}),
    "outside": ("network", {}, {"source": "127.0.0.9"}),
    "oversized": ("oversized", {"body": b"x" * 1_100_000}, {}),
}


@pytest.fixture(scope="module")
def standing() -> Iterator[PhpSite]:
    with PhpSite(open_folder("php-")) as site:
        yield site


@pytest.fixture
def site(standing) -> PhpSite:
    """One installation for all these tests, with a door as good as new for each."""
    standing.install_door()
    return standing


@pytest.fixture
def appended() -> Iterator[Path]:
    """A file that prints something, readable by the pool's user."""
    folder = open_folder("php-")
    (folder / "append.php").write_text("<?php echo 'appended';")
    yield folder / "append.php"
    remove_folder(folder)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_gets_the_same_404_and_its_reason_is_written_down(site, name):
    """The bytes and headers tell nothing; the log tells all but the secret."""
    reason, signed, changed = REFUSED[name]
    headers = {
        key: str(int(NOW()) + 5) if value == "NOW" else value
        for key, value in changed.get("headers", {}).items()
    }
    answer = post(site.port, Letter(**signed), **{**changed, "headers": headers})
    assert is_the_404(answer), answer
    (line,) = site.refusals()
    assert line["reason"] == reason
    assert line["address"] == changed.get("source", "127.0.0.1")
    assert "opcache" not in answer.body.decode()


@pytest.mark.parametrize(("ahead_s", "status"), [(-45, 404), (-25, 200), (25, 200), (45, 404)])
def test_half_a_minute_of_clock_difference_is_tolerated_and_more_is_named(site, ahead_s, status):
    """The log says by how much, so that a person sees which clock is wrong."""
    answer = post(site.port, Letter(sent_at=int(time.time()) + ahead_s))
    assert answer.status == status
    for line in site.refusals():
        assert (line["reason"], line["token"]) == ("clock", "tok-1")
        assert abs(line["clock_difference"] - ahead_s) <= 2


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ({"not_after": 1}, "expired"),
        ({"not_after": "soon"}, "expired"),
        ({"scope": "read:news"}, "scope"),
        ({"networks": []}, "network"),
        ({"networks": ["nonsense", "127.0.0.1/33"]}, "network"),
        ({"key": ""}, "keys_unreadable"),
        ({"key": "abc"}, "keys_unreadable"),
        ({"key": "not hexadecimal at all, but long enough"}, "keys_unreadable"),
        ({"networks": None}, "internal"),
        ({"scope": ["reset:opcache"]}, "scope"),
    ],
)
def test_a_token_that_is_not_in_order_opens_nothing(site, token, reason):
    """Expired, for something else, for nobody, or written by hand with a mistake."""
    site.write_keys({**TOKEN, **token})
    letter = Letter()
    assert is_the_404(post(site.port, letter))
    assert [line["reason"] for line in site.refusals()] == [reason]


def test_an_empty_key_is_never_accepted_even_when_signed_with_it(site):
    """Anybody can sign with nothing."""
    site.write_keys({**TOKEN, "key": ""})
    assert is_the_404(post(site.port, Letter(key="")))


def test_a_token_that_has_not_expired_is_accepted(site):
    """The end date is the last moment, not the first."""
    site.write_keys({**TOKEN, "not_after": int(time.time()) + 60})
    assert post(site.port, Letter()).status == 200


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "null",
        "[]",
        "7",
        '{"tokens": 7}',
        '{"tokens": [7]}',
        '{"tokens": [{}]}',
        '{"tokens": [{"id": ["tok-1"]}]}',
        '{"control": "x.php"}',
        '{"endpoint_sha256": 7, "tokens": []}',
        "\0\xff",
    ],
)
def test_broken_keys_close_the_door(site, text):
    """Missing, cut off, of another shape: the 404, a reason, and never an error page."""
    keys = site.ours / "door/keys.json"
    keys.unlink() if text is None else site.give(keys, text, mode=0o640)
    assert is_the_404(post(site.port, Letter()))
    assert site.refusals()[0]["reason"] in {"keys_unreadable", "unknown_token", "internal"}


@pytest.mark.parametrize(
    "control",
    [
        None,
        7,
        "",
        "control-000000000000.php",
        "../control-000000000000.php",
        "endpoint.php",
        "door/keys.json",
        "control-000000000000.php\0",
    ],
)
def test_only_a_control_file_beside_the_endpoint_is_run(site, control):
    """keys.json names it; a name of another form, or of no file, is refused."""
    site.write_keys(control=control)
    assert is_the_404(post(site.port, Letter()))
    assert site.refusals()[0]["reason"] == "control_missing"


def test_a_control_file_that_does_not_compile_is_the_same_404(site):
    """Our own broken file tells visitors no more than a wrong token does."""
    site.add(".releasemgr/control-0123456789ab.php", "<?php functio(")
    site.write_keys(control="control-0123456789ab.php")
    assert is_the_404(post(site.port, Letter()))
    assert site.refusals()[0]["reason"] == "internal"


def test_a_nonces_folder_that_cannot_be_written_refuses(site):
    """Without memory of nonces a replay could not be noticed."""
    nonces = site.ours / "door/nonces"
    nonces.chmod(0o500)
    assert is_the_404(post(site.port, Letter()))
    nonces.rmdir()
    assert is_the_404(post(site.port, Letter()))
    assert [line["reason"] for line in site.refusals()] == ["nonces_unwritable"] * 2


@pytest.mark.parametrize("spoil", ["missing", "forbidden", "full disk", "locked"])
def test_a_log_that_cannot_be_written_changes_nothing_for_the_caller(site, spoil):
    """The refusal is the same; nobody waits for ever for the log."""
    log = site.ours / "door/refusals.log"
    with log.open("a") as held:
        if spoil == "forbidden":
            log.chmod(0)
        elif spoil == "locked":
            fcntl.flock(held, fcntl.LOCK_EX)
        else:
            log.unlink()
        if spoil == "full disk":
            log.symlink_to("/dev/full")
        began = time.monotonic()
        assert is_the_404(post(site.port, Letter(token="tok-9")))
        assert time.monotonic() - began < 10
        assert post(site.port, Letter()).status == 200


def test_no_secret_reaches_the_log(site):
    """Not even when somebody puts the key where the token's name belongs."""
    letter = Letter()
    post(site.port, letter, headers={"X-Releasemgr-Token": KEY})
    post(site.port, letter, headers={"X-Releasemgr-Time": "1"})
    post(site.port, letter, body=b"changed")
    text = (site.ours / "door/refusals.log").read_text()
    assert text.count("\n") == 3
    assert KEY[:20] not in text
    assert letter.headers()["X-Releasemgr-Signature"][:20] not in text
    assert letter.nonce not in text


def test_hostile_header_values_cannot_forge_a_log_line(site):
    """Quotes and bytes that are no UTF-8 stay inside their JSON string."""
    post(site.port, Letter(), headers={"X-Releasemgr-Token": 'x","a":"\xff\xfe'})
    (line,) = site.refusals()
    assert set(line) == {"time", "reason", "token", "request", "address", "clock_difference"}


def test_a_full_log_is_cut_to_its_newest_part(site):
    """Rewritten under its lock, in place: the owner and the mode stay."""
    old = '{"reason":"old"}\n' * 16_000
    site.give(site.ours / "door/refusals.log", old, mode=0o660)
    owner = os.stat(site.ours / "door/refusals.log")
    post(site.port, Letter(token="tok-9"))
    now = os.stat(site.ours / "door/refusals.log")
    lines = site.refusals()
    assert now.st_size < len(old) * 0.6
    assert (now.st_ino, now.st_uid, now.st_mode) == (owner.st_ino, owner.st_uid, owner.st_mode)
    assert (lines[0]["reason"], lines[-1]["reason"]) == ("old", "unknown_token")


def test_a_body_beyond_php_post_max_size_is_the_same_404(make_site):
    """PHP drops such a body and warns before our file runs. (With display_errors on it prints the
    warning, which no script can prevent: the web server's own body limit must be the smaller.)"""
    site = make_site(ini={"post_max_size": "64K", "display_errors": "0"})
    assert is_the_404(post(site.port, Letter(body=STATUS + b" " * 200_000, key="11" * 32)))


def test_what_the_servers_own_settings_print_is_not_in_the_404(make_site, appended):
    """display_errors forced on for the pool, and a file appended to every page."""
    forced = {"display_errors": "1", "auto_append_file": str(appended)}
    site = make_site(pools=[Pool(ini=forced)])
    site.write_keys({"id": "tok-1"})
    assert is_the_404(post(site.port, Letter()))
    site.write_keys()
    assert is_the_404(post(site.port, Letter(), method="GET"))
    assert post(site.port, Letter()).json["ok"] is True


def test_random_bytes_never_make_an_error_page(site):
    """A bounded fuzz of every header: always the 404."""
    names = ["Token", "Time", "Nonce", "Signature"]
    for _ in range(60):
        junk = secrets.token_bytes(24).translate(None, b"\r\n\0").decode("latin-1").strip()
        header = {f"X-Releasemgr-{secrets.choice(names)}": junk}
        assert is_the_404(post(site.port, Letter(), headers=header))
