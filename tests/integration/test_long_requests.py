"""A request that runs across the switch: never called live too early, and the page names it."""

import time
from contextlib import nullcontext

import pytest

from deployments.coherence import fpm, service
from tests.integration.long_requests import LongRequest
from tests.integration.test_web_servers import staged
from tests.sandbox.services import services_of
from tests.sandbox.traffic import Traffic
from tests.show import story

LONG_S = 10
LIMIT_S = 4
NAMED = "the request for public/long.php, which has been running for "
FPM = {"process_control_timeout": "20"}
QUICK = {"process_control_timeout": "1"}


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


@pytest.fixture
def impatient(settings, monkeypatch):
    """Four seconds for everything that is waited for."""
    settings.PROOF_LIMIT_S = LIMIT_S
    monkeypatch.setattr(fpm, "QUESTION_S", LIMIT_S)
    monkeypatch.setattr(service, "RESTART_S", LIMIT_S)


@pytest.mark.parametrize(("server", "kind", "strategy", "seconds", "cause"), [
    ("nginx", "realpath", "", 7, f"could not be asked within {LIMIT_S} s: worker "),
    ("nginx", "stale", "reset", 7, "requests still running keep it from happening"),
    ("nginx", "stale", "fpm-reload", 0, "workers of php-fpm from before are still there"),
    ("nginx", "stale", "fpm-restart", 0, "workers of php-fpm from before are still there"),
    ("nginx", "web-config", "", 0, "workers of nginx from before the reload still serve"),
    ("apache", "stale", "apache-graceful", 8, "of Apache from before the reload still serve"),
])
def test_what_is_not_proved_in_time_is_not_confirmed_and_goes_back(
        show, impatient, server, kind, strategy, seconds, cause):
    """A request outlasts the limit, or (0 s) the service manager says yes and does nothing."""
    with staged(show, kind=kind, server=server, strategy=strategy,
                **({} if server == "apache" else {"fpm_settings": QUICK})) as (host, services):
        first = show.release("v1.0")
        assert first.status == "succeeded", story(first)
        second = show.build("v2.0")
        if not seconds:
            _do_nothing_once(services, host)
        with LongRequest(show, host, seconds) if seconds else nullcontext():
            ended = show.release(second)
        live = (host.root / "current").readlink().name
    assert (ended.status, ended.words) == ("failed", "Went back to v1.0 by itself"), story(ended)
    assert cause in ended.cause
    assert live == first.release.name


def _do_nothing_once(services, host):
    """The next reload or restart is said to have been done; later ones are."""
    real = services_of(host)._known
    done = []

    def once(name, verb):
        def act():
            done.append(name)
            if len(done) > 1:
                real[name][verb]()

        return act

    for name in ("php-fpm", "nginx"):
        services.add(name, reload=once(name, "reload"), restart=once(name, "restart"))
