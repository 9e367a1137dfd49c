"""A request that runs across the switch: never called live too early, and the page names it."""

import time

import pytest

from tests.integration.long_requests import LongRequest
from tests.integration.test_web_servers import staged
from tests.sandbox.traffic import Traffic
from tests.show import story

LONG_S = 6
NAMED = "the request for public/long.php, which has been running for "
FPM = {"process_control_timeout": "20"}


@pytest.mark.parametrize(("server", "kind", "strategy", "words"), [
    ("nginx", "stale", "reset", f"Waiting for the reset of php-fpm, held up by {NAMED}"),
    ("nginx", "stale", "fpm-reload", f"of php-fpm to end requests, the longest known: {NAMED}"),
    ("nginx", "web-config", "web-config", f"Waiting for PHP pool www: {NAMED}"),
    ("apache-fpm", "web-config", "web-config", NAMED),
    ("apache", "stale", "apache-graceful", "Waiting for 1 old worker of Apache to end requests"),
])
def test_it_is_waited_for_and_the_page_says_so(show, server, kind, strategy, words):
    """Live comes after its end, no visitor gets an old page after that, and it is not cut off."""
    with staged(show, kind=kind, server=server, strategy=strategy,
                **({} if server == "apache" else {"fpm_settings": FPM})) as (host, _):
        assert show.release("v1.0").status == "succeeded"
        second = show.build("v2.0")
        with Traffic([host], requests_per_s=20, slow_paths=()) as traffic, \
                LongRequest(show, host, LONG_S) as request:
            ended = show.release(second)
            ended_at = time.monotonic()
            traffic.mark(host.name, second.name)
            traffic.wait_for(20)
    assert ended.status == "succeeded", story(ended)
    assert (request.answer, request.ended_at < ended_at) == ("whole", True), story(ended)
    assert any(words in sentence for sentence in request.waits()), (request.said, story(ended))
    counts = traffic.counts()
    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), list(traffic.troubles)[:5]
