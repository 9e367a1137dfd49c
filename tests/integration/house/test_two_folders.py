"""Two machines that share the database and not the folder of releases: who goes on, and when."""

import time

import pytest

from tests.show import story

from .gates import again, ended, live_names, said
from .processes import House, cut_power, wait_until

LEASE_S, REAP_S, MORE_S = 3, 1, 12
"""`MORE_S`: for a busy machine; all of them are well below the half minute of `lost.WAKE_S`."""


@pytest.fixture
def elsewhere(house, tmp_path_factory):
    """A machine that has none of the releases that were built here."""
    return House(tmp_path_factory.mktemp("elsewhere"), LEASE_S=str(LEASE_S), HEARTBEAT_S="1",
                 REAP_S=str(REAP_S), DATA_DIR=str(tmp_path_factory.mktemp("data")))


def test_once_it_is_switched_a_machine_without_the_release_goes_on(
        elsewhere, start, gates, hosts):
    """It lies on every server: nobody waits for the machine that was lost with its archive."""
    worker, deployment = start("after")
    with elsewhere.worker() as other:
        assert "works with another data folder than this worker" in other.log()
        cut_power(worker)
        lost_at = time.monotonic()
        wait_until(lambda: "goes on (attempt 2 of 3)" in said(deployment), limit_s=30,
                   story=lambda: story(again(deployment)))
        assert time.monotonic() - lost_at < LEASE_S + REAP_S + MORE_S
        gates["after"].open()
        assert ended(deployment).status == "succeeded", story(again(deployment))
    assert gates["after"].starts == 1
    assert live_names(hosts) == {deployment.release.name}
