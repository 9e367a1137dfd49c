"""Waves on two real servers: the first one alone, a pause, then the other; or all back."""

import threading
import time

import pytest
from django.db import connection

from deployments.models import Deployment, Environment, Project
from deployments.services.stopping import stop, turn_back
from tests.sandbox.traffic import Traffic
from tests.sandbox.webhost import WebHost
from tests.show import story

PAUSE_S = 3


@pytest.fixture
def hosts():
    with WebHost("web-1", kind="stale") as first, WebHost("web-2", kind="realpath") as second:
        yield first, second


@pytest.fixture
def waves(show, hosts):
    """v1.0 is live on both; from now on web-1 goes first, and visitors have it for a while."""
    show.on(*hosts)
    assert show.release("v1.0").status == "succeeded"
    Environment.objects.update(canary_servers=1, wave_pause_s=PAUSE_S)
    show.environment.refresh_from_db()
    return show


@pytest.fixture
def in_the_pause():
    """A function that calls `act(deployment)` once, while the run waits between two waves."""
    threads, results = [], []

    def watch(act):
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                row = Deployment.objects.filter(
                    log__text__startswith="Waiting", status="running").first()
                if row:
                    results.append(act(row))
                    return
                time.sleep(0.05)
        finally:
            connection.close()

    def begin(act):
        threads.append(threading.Thread(target=watch, args=(act,)))
        threads[-1].start()
        return results

    yield begin
    for thread in threads:
        thread.join(60)


def live_on(hosts):
    return [(host.root / "current").readlink().name for host in hosts]


def test_the_first_server_is_live_and_proved_before_the_next_follows(waves, hosts, in_the_pause):
    """Nobody gets an error or a mixture, and both end on the new version."""
    old = live_on(hosts)[0]
    version = waves.build("v2.0")
    seen = in_the_pause(lambda row: (
        live_on(hosts), list(row.targets.values_list("server_name", "status"))))
    with Traffic(hosts) as traffic:
        traffic.wait_for(100)
        row = waves.release(version)
        for host in hosts:
            traffic.mark(host.name, version.name)
        traffic.wait_for(200)
    assert row.status == "succeeded", story(row)
    assert seen == [([version.name, old], [("web-1", "proved"), ("web-2", "prepared")])]
    assert live_on(hosts) == [version.name] * 2
    lines = [line.text for line in row.log.all()]
    assert f"Waves: First web-1 alone, then web-2, {PAUSE_S} s in between" in lines
    assert [text for text in lines if text.startswith("Wave ")] == [
        "Wave 1 of 2: web-1", "Wave 2 of 2: web-2"]
    counts = traffic.counts()
    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), traffic.troubles


def test_turning_back_in_the_pause_puts_back_what_was_switched(waves, hosts, in_the_pause):
    """The server that was not reached stays as it was, and who waits in line has its turn."""
    Project.objects.update(when_busy=Project.WAIT)
    before, next_one = live_on(hosts), waves.build("v2.0")
    version = waves.build("v2.0")

    def act(row):
        waves.environment.refresh_from_db()
        waiting = waves.ask(next_one)
        turn_back(waves.releaser, row)
        return waiting

    results = in_the_pause(act)
    row = waves.release(version)
    assert row.status == "failed", story(row)
    assert row.words == f"Went back to {row.previous.title}"
    assert "releaser" in row.result
    assert live_on(hosts) == before
    assert dict(row.targets.values_list("server_name", "status")) == {
        "web-1": "reverted", "web-2": "skipped"}
    waiting = results[0]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.previous) == ("queued", row.previous)
    stop(waves.releaser, waiting)


def test_a_failure_in_a_later_wave_puts_the_first_one_back(waves, hosts, in_the_pause):
    """Somebody else put something on web-2 that is no site: nothing stays half done."""
    before = live_on(hosts)

    def act(row):
        other = hosts[1].root / "releases" / "by-hand"
        other.mkdir()
        link = hosts[1].root / "by-hand.new"
        link.symlink_to("releases/by-hand")
        link.rename(hosts[1].root / "current")

    in_the_pause(act)
    row = waves.release(waves.build("v2.0"))
    assert (row.status, row.words) == (
        "failed", f"Went back to {row.previous.title} by itself"), story(row)
    assert live_on(hosts) == [before[0], "by-hand"]
    assert row.targets.get(server_name="web-1").status == "reverted"
