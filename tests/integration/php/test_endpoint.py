"""The guarded HTTP door lets a signed request in, and nothing else."""

import hashlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from deployments.remote.doors import EndpointDoor
from deployments.remote.faults import DoorRefused, DoorUnusable
from deployments.remote.http import HttpCall
from tests.integration.php.caller import Letter, post
from tests.integration.php.site import KEY, TOKEN
from tests.sandbox.fpm import Pool

NEW_KEY = "ab" * 32


def test_a_signed_request_is_answered_by_control(site):
    """The answer is control.php's, from the web SAPI, with our signature on it."""
    letter = Letter()
    answer = post(site.port, letter)
    signed = letter.sign(f"{letter.nonce}\n{hashlib.sha256(answer.body).hexdigest()}")
    assert answer.status == 200
    assert ("X-Releasemgr-Answer", signed) in answer.headers
    assert (answer.json["ok"], answer.json["sapi"]) == (True, "fpm-fcgi")
    assert site.refusals() == []


def test_the_products_own_door_gets_through_with_every_act(site):
    """Both sides speak the same protocol: signed question, verified answer."""
    call = HttpCall(site=f"http://127.0.0.1:{site.port}", address=f"127.0.0.1:{site.port}")
    door = EndpointDoor(call, "/door", "tok-1", KEY)
    marker, shop = site.path("current/.releasemgr/marker.php"), site.path("releases/r1/Shop.php")
    assert door.ask("warm", files=[shop], deadline_s=60)["warmed"] == [shop]
    assert door.ask("keys", files=[shop], deadline_s=60)["keys"] == [shop]
    below = site.path("current")
    assert door.ask("scripts", below=below, deadline_s=60)["files"] == ["Shop.php"]
    assert door.ask("probe", marker=marker, deadline_s=60)["release"] == "r1"
    assert door.ask("reset", deadline_s=60)["reset"] is True
    door.ask("status", deadline_s=60)
    assert door.ask("status", deadline_s=60)["opcache"]["manual_restarts"] == 1
    with pytest.raises(DoorUnusable, match="Refused"):
        door.ask("probe", marker="/etc/passwd", deadline_s=60)


def test_an_error_after_the_door_is_signed_too(site):
    """A file that ends PHP must not make a trusted answer look forged."""
    site.add("releases/r1/end.php", "<?php function t() {} function t() {}")
    files = {"marker": site.path("current/end.php")}
    letter = Letter(body=json.dumps({"act": "probe", **files}).encode())
    answer = post(site.port, letter)
    signed = letter.sign(f"{letter.nonce}\n{hashlib.sha256(answer.body).hexdigest()}")
    assert ("X-Releasemgr-Answer", signed) in answer.headers
    assert "Cannot redeclare" in answer.json["error"]


def test_of_twelve_uses_of_one_nonce_exactly_one_is_answered(make_site):
    """Twelve at the same moment: a race must not let a captured request in a second time."""
    site = make_site(pools=[Pool(max_children=8)])
    letter = Letter()
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: post(site.port, letter), range(12)))
    assert sorted(answer.status for answer in answers) == [200] + [404] * 11
    assert [line["reason"] for line in site.refusals()] == ["replay"] * 11


@pytest.mark.parametrize(
    "forged",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Remote-Addr": "127.0.0.1"},
    ],
)
def test_a_forged_address_does_not_let_a_stranger_in(site, forged):
    """Right token, right signature, from outside its networks: the socket's peer decides."""
    answer = post(site.port, Letter(), headers=forged, source="127.0.0.9")
    assert answer.status == 404
    (line,) = site.refusals()
    assert (line["reason"], line["address"]) == ("network", "127.0.0.9")


def test_a_request_for_one_pool_cannot_be_sent_to_another(site):
    """Each pool has its own address for the same file, and the address is signed."""
    assert post(site.port, Letter(path="/other-door")).status == 200
    assert post(site.port, Letter(path="/door"), path="/other-door").status == 404
    assert post(site.port, Letter(path="/door"), path="/door?pool=1").status == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP"])
def test_a_forged_address_does_not_shut_the_owner_out(site, header):
    """Forwarded headers are ignored in both directions."""
    assert post(site.port, Letter(), headers={header: "203.0.113.7"}).status == 200


def test_a_peer_that_the_web_server_shows_as_ipv6_mapped_is_recognised(site):
    """A dual-stack listener hands PHP ::ffff:127.0.0.1 for an IPv4 peer."""
    assert post(site.mapped_port, Letter()).status == 200
    post(site.mapped_port, Letter(), source="127.0.0.9")
    assert site.refusals()[0]["address"] == "::ffff:127.0.0.9"


def test_while_a_token_is_rotated_both_keys_of_its_id_are_accepted(site):
    """Old and new both work for a while; a third does not."""
    site.write_keys(TOKEN, {**TOKEN, "key": NEW_KEY})
    assert post(site.port, Letter(key=KEY)).status == 200
    assert post(site.port, Letter(key=NEW_KEY)).status == 200
    assert post(site.port, Letter(key="cd" * 32)).status == 404


def test_a_revoked_token_is_refused_at_once(site):
    """keys.json is read for each request; no cache keeps the old one."""
    assert post(site.port, Letter()).status == 200
    site.write_keys({**TOKEN, "id": "tok-2"})
    assert post(site.port, Letter()).status == 404
    assert post(site.port, Letter(token="tok-2")).status == 200


def test_old_nonces_are_swept_and_young_ones_stay(site):
    """The folder stays small; a nonce outlives the time in which its request would be accepted."""
    nonces = site.ours / "door/nonces"
    now = time.time()
    for age_s, name in ((130, "a" * 32), (70, "b" * 32), (130, "endpoint-x")):
        (nonces / name).touch()
        os.utime(nonces / name, (now - age_s, now - age_s))
    assert post(site.port, Letter()).status == 200
    left = {path.name for path in nonces.iterdir()}
    assert "a" * 32 not in left
    assert {"b" * 32, "endpoint-x"} < left


def test_an_updated_endpoint_runs_from_the_next_request_on(site):
    """validate_timestamps=0 keeps the old code under the fixed name; keys.json tells of the new.
    It is compiled again once, not for each request: that would fill OPcache with waste."""
    endpoint = site.ours / "endpoint.php"
    assert post(site.port, Letter()).status == 200
    text = endpoint.read_text().replace("Not found.", "Nothing here.")
    site.write_keys(endpoint_sha256=hashlib.sha256(text.encode()).hexdigest())
    too_early = post(site.port, Letter(), method="GET")
    site.give(endpoint, text, mode=0o644)
    os.utime(endpoint, (1_700_000_001, 1_700_000_001))
    last_of_old = post(site.port, Letter(), method="GET")
    first_of_new = post(site.port, Letter(), method="GET")
    wasted = [post(site.port, Letter()).json["opcache"]["wasted"] for _ in range(4)]
    assert (too_early.body, last_of_old.body) == (b"Not found.\n", b"Not found.\n")
    assert first_of_new.body == b"Nothing here.\n"
    assert len(set(wasted)) == 1


def test_the_products_door_reports_a_refusal_as_such(site):
    """A 404 at the door is a refusal of the token, told apart from a server in trouble."""
    call = HttpCall(site=f"http://127.0.0.1:{site.port}", address=f"127.0.0.1:{site.port}")
    with pytest.raises(DoorRefused):
        EndpointDoor(call, "/door", "tok-9", KEY).ask("status", deadline_s=60)


def test_a_line_tells_a_token_from_its_stranger_and_never_holds_a_key(site):
    """Both ids are kept whole; what is longer than an id is cut, and that is shown."""
    ids = ["0123456789abcdef", "0123456789abcdef-stranger", "ab" * 16]
    for name in ids:
        post(site.port, Letter(token=name))
    kept = [line["token"] for line in site.refusals()]
    assert kept == [*ids[:2], "abababababababab..."]


def test_a_line_can_be_found_by_who_sent_the_request(site):
    """By a hash of its nonce, which others who can read the log cannot send again."""
    mine, other = Letter(token="tok-9"), Letter(token="tok-9")
    post(site.port, mine)
    post(site.port, other)
    named = [line["request"] for line in site.refusals()]
    assert named == [
        hashlib.sha256(letter.nonce.encode()).hexdigest()[:16] for letter in (mine, other)]
