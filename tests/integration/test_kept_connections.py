"""Apache with mod_php whose children visitors' kept connections hold: proved, or told how to."""

import pytest

from deployments.models import Server
from deployments.sudoers import sudoers_line
from tests.sandbox.crowd import Crowd
from tests.sandbox.services import services_of
from tests.sandbox.webhost import WebHost
from tests.show import story

HELD = {"StartServers": 20, "MinSpareServers": 3, "MaxSpareServers": 20, "MaxRequestWorkers": 30,
        "KeepAliveTimeout": 5, "MaxKeepAliveRequests": 100}
VISITORS = 12
"""Each asks once per second over one connection: a child is held for 100 s."""


@pytest.mark.parametrize(("strategy", "status"), [
    ("apache-graceful", "succeeded"), ("reset", "failed")])
def test_children_that_visitors_hold_are_replaced_or_named_before_the_switch(
        show, settings, strategy, status):
    """New children are proved by those that can be met; a reset would have to reach each."""
    settings.PROOF_LIMIT_S = 12
    with WebHost("web-1", kind="stale", server="apache", limits=HELD) as host, \
            services_of(host) as services:
        show.on(host, strategy=strategy)
        manager = str(services.program)
        Server.objects.update(service_manager=manager)
        services.allow([sudoers_line(host.ssh_user, manager, "reload", "apache2")])
        first, second = show.release("v1.0"), show.build("v2.0")
        assert first.status == "succeeded", story(first)
        with Crowd(host, requests_per_s=VISITORS, lanes=VISITORS):
            ended = show.release(second)
        live = (host.root / "current").readlink().name
    assert ended.status == status, story(ended)
    assert live == (second if status == "succeeded" else first.release).name
    if status == "failed":
        assert "children of Apache are held by visitors' connections: set KeepAliveTimeout 1 " in \
            ended.result
