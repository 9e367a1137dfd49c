"""Whole deployments while 300 visitors per second come: proved as on a quiet day, nobody hurt."""

import pytest

from deployments.models import Installation
from tests.integration.test_web_servers import staged
from tests.sandbox.crowd import Crowd
from tests.sandbox.fpm import Pool
from tests.show import story

RATE = 300


@pytest.mark.parametrize(("strategy", "over"), [
    ("reset", {"server": "nginx", "kind": "stale"}),
])
def test_releases_at_300_requests_per_second_are_proved_and_hurt_nobody(show, strategy, over):
    """There and back, on four workers whose lines in the list last for 13 ms each."""
    pools = (Pool("www", max_children=4), Pool("api", max_children=2))
    with staged(show, strategy=strategy, pools=pools, **over) as (host, _):
        Installation.objects.update(php_door="fastcgi")
        versions = [show.build("v1.0"), show.build("v2.0")]
        assert show.release(versions[0]).status == "succeeded"
        with Crowd(host, requests_per_s=RATE) as crowd:
            for version in (versions[1], versions[0]):
                crowd.unmark()
                ended = show.release(version)
                assert ended.status == "succeeded", story(ended)
                crowd.mark(version.name)
    counts = crowd.counts
    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), crowd.troubles[:5]
    assert counts.requests > RATE  # it did come, whatever this machine managed
    www = next(row for row in ended.targets.get().evidence["pools"] if row["pool"] == "www")
    assert (www["proved"], www["workers"]) == (4, 4)
