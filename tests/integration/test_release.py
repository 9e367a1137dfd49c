"""A real release on real daemons: built, copied, switched, reset, proved, audited."""

import pytest

from deployments import audit
from tests.sandbox.traffic import Traffic
from tests.sandbox.webhost import WebHost
from tests.show import story


@pytest.fixture
def stale():
    with WebHost("web-2", kind="stale") as host:
        yield host


@pytest.fixture
def realpath():
    with WebHost("web-1", kind="realpath") as host:
        yield host


def test_a_release_is_live_on_the_server_that_would_have_stayed_stale(show, stale):
    """Through the guarded endpoint: both pools' workers are proved on the second release."""
    show.on(stale)
    first = show.release("v1.0")
    assert first.status == "succeeded", story(first)

    second = show.release("v2.0")

    assert second.status == "succeeded", story(second)
    evidence = second.targets.get().evidence
    assert {row["pool"] for row in evidence["pools"]} == {"www", "api"}
    assert all(row["proved"] == row["workers"] == row["armed"] for row in evidence["pools"])
    cache = evidence["cache"]["php-fpm"]
    assert cache["manual_restarts"] == cache["manual_restarts_before"] + 1
    assert (stale.root / "current").readlink().name == second.release.name
    assert second.targets.get().commands <= 8
    assert audit.verify().first_bad is None


def test_two_servers_switch_and_go_back_without_a_wrong_page(show, stale, realpath):
    """Traffic to both servers all through release, release and going back: nothing wrong."""
    show.on(realpath, stale)
    first = show.release("v1.0")
    assert first.status == "succeeded", story(first)

    with Traffic([realpath, stale]) as traffic:
        traffic.wait_for(100)
        second = show.release("v2.0")
        assert second.status == "succeeded", story(second)
        for host in (realpath, stale):
            traffic.mark(host.name, second.release.name)
        traffic.wait_for(300)
        for host in (realpath, stale):
            traffic.unmark(host.name)
        back = show.go_back()
        assert back.status == "succeeded", story(back)
        for host in (realpath, stale):
            traffic.mark(host.name, first.release.name)
        traffic.wait_for(500)
    counts = traffic.counts()

    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), traffic.troubles
    for host in (realpath, stale):
        assert (host.root / "current").readlink().name == first.release.name
