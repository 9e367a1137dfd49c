"""The self-test before each use: it passes on our endpoint, and names the guard that is gone."""

import pytest

from deployments.remote import http
from deployments.remote.endpoint_check import NOWHERE, self_test, stranger_of
from deployments.remote.faults import DoorRefused, DoorUnusable
from tests.integration.php.site import KEY, LONG_AGO, TOKEN

# A guard taken out of endpoint.php, and what the self-test says is no longer refused.
HOLES = {
    "a wrong token": (
        "return hash_equals($expected, sent('SIGNATURE')) ? null : 'signature';",
        "return null;",
    ),
    "an old request": ("abs($difference) > CLOCK_TOLERANCE_S", "false"),
    "a replay": ("throw new Refused(file_exists($file) ? 'replay' : 'nonces_unwritable');", ""),
    "a right token from outside its networks": (
        "if (!is_within($_SERVER['REMOTE_ADDR'], $token['networks'])) {",
        "if (false) {",
    ),
    "a forged X-Forwarded-For": (
        "is_within($_SERVER['REMOTE_ADDR'], $token['networks'])",
        "is_within($_SERVER['HTTP_X_FORWARDED_FOR'] ?? $_SERVER['REMOTE_ADDR'], "
        "$token['networks'])",
    ),
}


@pytest.fixture
def call(site):
    """An endpoint whose keys hold the token and its stranger, as pipeline/endpoints.py writes."""
    stranger, key = stranger_of(TOKEN["id"], KEY)
    site.write_keys(TOKEN, {**TOKEN, "id": stranger, "key": key, "networks": [NOWHERE]})
    return http.HttpCall(site=f"http://127.0.0.1:{site.port}", server="web-1")


def test_our_endpoint_passes_and_names_its_sapi(call):
    """One line tells what was refused; each wrong way was really tried."""
    [line] = self_test(call, "/door", TOKEN["id"], KEY)

    assert "answers as fpm-fcgi" in line
    assert all(name in line for name in HOLES)


@pytest.mark.parametrize("name", HOLES)
def test_each_guard_that_is_gone_is_named(site, call, name):
    """The endpoint with one hole: the self-test finds exactly that one."""
    guard, hole = HOLES[name]
    text = (site.ours / "endpoint.php").read_text()
    assert guard in text
    site.add(".releasemgr/endpoint.php", text.replace(guard, hole), modified_at=LONG_AGO + 1)
    site.fpm.stop()
    site.fpm.start()

    with pytest.raises(DoorUnusable, match=f"does not refuse {name}"):
        self_test(call, "/door", TOKEN["id"], KEY)


def test_a_token_the_server_does_not_know_is_refused_at_once(call):
    """The right way is tried first, so the log's last line is about our own token."""
    with pytest.raises(DoorRefused):
        self_test(call, "/door", "tok-2", KEY)
