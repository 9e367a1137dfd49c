"""Reloading and restarting PHP-FPM as a release does it: from the click to the proof, and back."""

import time
import uuid
from contextlib import ExitStack, contextmanager

from deployments import tasks
from deployments.models import Server
from deployments.services.deployments import request_restart
from deployments.services.noticed import noticed
from deployments.sudoers import sudoers_lines
from tests import stage
from tests.sandbox.services import services_of
from tests.sandbox.traffic import Traffic
from tests.sandbox.webhost import WebHost
from tests.show import story

COMMANDS = (("reload", "php-fpm"), ("restart", "php-fpm"))


@contextmanager
def served(*names):
    """Hosts on which the release manager may reload and restart PHP-FPM: (host, services) each."""
    with ExitStack() as stack:
        pairs = []
        for name in names:
            host = stack.enter_context(WebHost(
                name, kind="stale", fpm_settings={"process_control_timeout": "10"}))
            services = stack.enter_context(services_of(host))
            services.allow(sudoers_lines(host.ssh_user, str(services.program), COMMANDS))
            pairs.append((host, services))
        yield pairs


def on(show, pairs, **over):
    show.on(*[host for host, _ in pairs], **over)
    for host, services in pairs:
        Server.objects.filter(name=host.name).update(service_manager=str(services.program))


def evidence_of(deployment):
    return {row.server_name: row.evidence for row in deployment.targets.all()}


def test_a_release_by_reload_is_proved_and_a_broken_one_goes_back_by_reload(
        show, site_repository):
    """Visitors get nothing failed, old or mixed once it is done; the way back is the same."""
    site_repository.add_variant("broken-page")
    tasks.read_source(show.project.pk)
    with served("web-1") as pairs, Traffic([pairs[0][0]]) as traffic:
        host, services = pairs[0]
        on(show, pairs, strategy="fpm-reload", php_door="fastcgi")
        first = show.release("v1.0")
        assert first.status == "succeeded", story(first)
        traffic.mark(host.name, first.release.name)
        time.sleep(0.3)
        traffic.unmark(host.name)
        before = traffic.counts()

        second = show.release("v2.0")

        assert second.status == "succeeded", story(second)
        traffic.mark(host.name, second.release.name)
        traffic.wait_for(30)
        counts = traffic.counts()
        assert (counts.failed - before.failed, counts.stale, counts.mixed) == (0, 0, 0)
        row = evidence_of(second)["web-1"]
        assert (row["strategy"], row["cache"]["php-fpm"]["workers"]) == ("fpm-reload", 6)
        assert [pool["proved"] for pool in row["pools"]] == [4, 2]

        third = show.release("broken-page")

        assert (third.status, third.words) == ("failed", "Went back to v2.0 by itself"), \
            story(third)
    assert services.calls == [("reload", "php-fpm")] * 4  # there twice, there and back


def test_a_reload_that_would_cut_requests_off_stops_before_the_switch(show):
    """Nothing has changed, and the sentence says what to change where."""
    with WebHost("web-1", kind="stale") as host, services_of(host) as services:
        services.allow(sudoers_lines(host.ssh_user, str(services.program), COMMANDS))
        on(show, [(host, services)], strategy="fpm-reload", php_door="fastcgi")
        deployment = show.release("v1.0")
        assert deployment.status == "failed", story(deployment)
        assert "process_control_timeout of php-fpm is 0: a reload kills every request" in \
            deployment.result
        assert "Put this below [global] in " in deployment.result
        assert "quiet hour: “process_control_timeout = 10s”" in deployment.result
        assert not (host.root / "current").exists()


def test_servers_are_restarted_one_after_the_other_and_the_pause_is_kept(show):
    """By the button's service on one server, by a release on all: never two at a time."""
    with served("web-1", "web-2") as pairs:
        on(show, pairs, strategy="fpm-restart", php_door="fastcgi")
        spans = [_slowly(host, services) for host, services in pairs]
        deployment = show.release("v1.0")
        assert deployment.status == "succeeded", story(deployment)
        (one_began, one_ended), (other_began, other_ended) = (span[0] for span in spans)
        assert one_ended <= other_began or other_ended <= one_began
        for row in evidence_of(deployment).values():
            assert row["cache"]["php-fpm"]["outage_s"] >= 0.4
        told = noticed("deploy", show.environment)
        assert len(told) == 2
        assert all(" visitors may see errors for about " in sentence for sentence in told)


def _slowly(host, services):
    """Its PHP-FPM takes half a second to come back; returns the list of (began, ended)."""
    spans = []

    def restart():
        began = time.monotonic()
        host.stop_fpm()
        time.sleep(0.5)
        host.start_fpm()
        spans.append((began, time.monotonic()))

    services.add("php-fpm", reload=restart, restart=restart)
    return spans


def test_restarting_php_by_hand_is_proved_like_a_release(show):
    """Whatever the installation's own strategy is; all its workers are new and answer."""
    with served("web-1") as pairs:
        host, services = pairs[0]
        on(show, pairs)
        assert show.release("v1.0").status == "succeeded"
        old = set(host.fpm.workers())
        place = show.environment.installations.get()

        deployment = stage.run(request_restart(
            show.releaser, place, request_key=uuid.uuid4().hex))

        assert deployment.status == "succeeded", story(deployment)
        assert services.calls == [("restart", "php-fpm")]
        assert old.isdisjoint(host.fpm.workers())
        row = evidence_of(deployment)["web-1"]
        assert row["strategy"] == "fpm-restart"
        assert sum(pool["proved"] for pool in row["pools"]) == 6
        assert "Restart PHP of tidewater" in story(deployment)
