"""Strategies of the web server on real nginx and Apache: nothing failed, old or mixed."""

from contextlib import contextmanager

import pytest

from deployments import sudoers, tasks
from deployments.models import Installation, Server
from tests.sandbox.services import services_of
from tests.sandbox.traffic import Traffic
from tests.sandbox.webhost import WebHost
from tests.show import story


@contextmanager
def staged(show, *, strategy="", tested=True, **over):
    """A host as an installation, whose services may be reloaded as the printed lines allow it."""
    limits = {"MaxRequestWorkers": 6, "MaxKeepAliveRequests": 4}
    with WebHost("web-1", limits=limits if over["server"] == "apache" else None, **over) as host, \
            services_of(host) as services:
        show.on(host, **({"strategy": strategy} if strategy else {}))
        nginx = host.nginx
        test = ["/usr/sbin/nginx", "-t", "-e", str(nginx.log_path), "-c",
                str(nginx.folder / "nginx.conf")] if nginx else host.apache.test_command
        Server.objects.update(service_manager=str(services.program))
        Installation.objects.update(web_test=" ".join(test))
        lines = [sudoers.sudoers_line(host.ssh_user, str(services.program), *words)
                 for words in (("reload", "nginx"), ("reload", "apache2"), ("reload", "php-fpm"),
                               ("restart", "php-fpm"))]
        services.allow(lines + [sudoers.test_line(host.ssh_user, " ".join(test))] * tested)
        yield host, services


def released(show, host, *, times=2):
    """Release two versions in turn under traffic; return (counts, troubles, the deployments)."""
    versions = [show.build("v1.0"), show.build("v2.0")]
    done = [show.release(versions[0])]
    assert done[0].status == "succeeded", story(done[0])
    with Traffic([host], requests_per_s=60) as traffic:
        traffic.wait_for(30)
        for index in range(times):
            version = versions[(index + 1) % 2]
            traffic.unmark(host.name)
            done.append(show.release(version))
            assert done[-1].status == "succeeded", story(done[-1])
            traffic.mark(host.name, version.name)
            traffic.wait_for(40)
    counts = traffic.counts()
    assert counts.requests > 100
    return counts, list(traffic.troubles)[:5], done[-1]


@pytest.mark.parametrize(("server", "kind", "strategy"), [
    ("apache", "entry", ""), ("nginx", "web-config", ""), ("apache", "web-config", ""),
    ("apache", "stale", "reset"), ("apache", "stale", "apache-graceful"),
])
def test_nothing_is_failed_old_or_mixed_under_traffic(show, server, kind, strategy):
    """There and back; “succeeded” never comes before the last old page. Who answered is counted:
    PHP-FPM's workers by its own list, Apache's children by the server's."""
    with staged(show, kind=kind, server=server, strategy=strategy) as (host, _):
        counts, troubles, last = released(show, host)
    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), troubles
    who = "workers (Apache children) run" if server == "apache" else "workers run"
    assert last.log.filter(text__contains=f" {who} {last.release.name} ").exists()


def test_going_back_writes_the_folder_before_and_proves_it(show, site_repository):
    """A broken front page, found after the switch: Apache serves the old folder again by itself."""
    site_repository.add_variant("broken-page")
    tasks.read_source(show.project.pk)
    with staged(show, kind="web-config", server="apache") as (host, _):
        first = show.release("v1.0")
        ended = show.release("broken-page")
        written = (host.root / ".releasemgr/web.conf").read_text()
    assert (ended.status, "500 instead of" in ended.cause) == ("failed", True), story(ended)
    assert f"releases/{first.release.name}\"" in written
    assert ended.targets.get().status == "reverted"


def test_a_graceful_reload_that_does_not_happen_goes_back(show, settings):
    """Apache said yes, and its old children are still there: that is not confirmed, and nobody
    calls it a success. On the way back nothing needs to be new, but nothing can be shown either."""
    settings.PROOF_LIMIT_S = 4
    with staged(show, kind="stale", server="apache", strategy="apache-graceful") as (_, served):
        assert show.release("v1.0").status == "succeeded"
        served.add("apache2", reload=lambda: None, restart=lambda: None)
        stuck = show.release("v2.0")
    assert stuck.status == "needs_attention", story(stuck)
    assert "of Apache from before the reload still serve visitors" in stuck.cause
