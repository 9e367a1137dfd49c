"""Strategy `fpm-restart` on real PHP-FPM: what visitors pay is measured, and told next time."""

import time
from contextlib import contextmanager

import pytest

from deployments.coherence import fpm_reload, fpm_restart, proof
from deployments.errors import StepFailed
from deployments.services.kept import Kept
from tests.sandbox.fpm import Pool as FpmPool
from tests.sandbox.services import services_of
from tests.sandbox.traffic import Traffic
from tests.sandbox.traps import TRAPS
from tests.stand import on_stand

from .conftest import NEW, OLD, served, visiting


@contextmanager
def away(it, *, seconds):
    """The host's services, where a restart leaves visitors without PHP-FPM so long."""
    def restart():
        it.host.stop_fpm()
        time.sleep(seconds)
        it.host.start_fpm()

    with services_of(it.host) as services:
        services.add("php-fpm", reload=restart, restart=restart)
        services.allow([f"{it.host.ssh_user} ALL=(root) NOPASSWD: {services.program} restart "
                        "php-fpm"])
        yield services


def test_it_is_refused_without_the_right_to_restart(rig):
    """The right to reload is another one."""
    with rig(kind="stale") as it, served(it, verb="reload") as services, \
            pytest.raises(StepFailed, match=r"add this line: .* NOPASSWD: .* restart php-fpm"):
        fpm_restart.check(it.ctx(services=services))
    assert services.calls == []


@pytest.mark.parametrize("strategy", [fpm_restart, fpm_reload])
def test_php_inside_apache_is_called_so(site_repository, strategy):
    """Neither a right that would be missing nor a container: there is no PHP-FPM to tell."""
    with on_stand(TRAPS["mod_php_entry"].host(), site_repository) as stand:
        ctx = stand.open("fpm-restart", NEW)
        with pytest.raises(StepFailed, match=r"inside Apache \(mod_php\), so there is no PHP-FPM"):
            strategy.check(ctx)


def test_it_measures_how_long_visitors_met_errors(rig):
    """As long as PHP-FPM is away, by requests of ours; and every worker is new afterwards."""
    with rig(kind="stale") as it, away(it, seconds=0.8) as services:
        old = set(it.host.fpm.workers())
        counters = fpm_restart.act(it.ctx(services=services))["php-fpm"]
        assert old.isdisjoint(it.host.fpm.workers())
    assert services.calls == [("restart", "php-fpm")]
    assert 0.7 < counters["outage_s"] < 5
    assert counters["failed"] >= 3
    assert counters["asked"] > counters["failed"]
    assert "visitors may see errors for a few seconds (not measured here yet)" in it.said[0]


def test_what_was_measured_last_time_is_told_before_the_next_time(rig):
    """By master: another PHP-FPM on the server says nothing about this one."""
    with rig(kind="stale") as it, served(it, verb="restart") as services:
        kept = Kept(outage_s={"php-fpm": 1.234, "php7.4-fpm": 9})
        fpm_restart.act(it.ctx(services=services, kept=kept))
    assert it.said[0] == "Restarting php-fpm: visitors may see errors for about 1.2 s"


def test_a_request_that_runs_is_cut_off(rig):
    """What the sentence on the page warns of."""
    with rig(kind="stale") as it, served(it, verb="restart") as services, \
            visiting(it, OLD, seconds=5) as answers:
        fpm_restart.act(it.ctx(services=services))
    assert answers == [502]


def test_php_that_does_not_come_back_fails(rig):
    """The service manager says so, in its own words."""
    with rig(kind="stale") as it, services_of(it.host) as services:
        def restart():
            it.host.stop_fpm()
            raise RuntimeError("start request repeated too quickly")

        services.add("php-fpm", reload=restart, restart=restart)
        services.allow([f"{it.host.ssh_user} ALL=(root) NOPASSWD: {services.program} restart "
                        "php-fpm"])
        with pytest.raises(StepFailed, match="Job for php-fpm failed: start request repeated"):
            fpm_restart.act(it.ctx(services=services, limit_s=2))


def test_under_load_nothing_old_or_mixed_comes_after_it(rig):
    """Requests fail meanwhile: that is what this strategy costs; it is counted, not hidden."""
    pools = (FpmPool("www", max_children=8), FpmPool("api"))
    with rig(kind="stale", pools=pools) as it, away(it, seconds=0.3) as services:
        proof.learn(it.site, it.pools, it.root)
        with Traffic([it.host], requests_per_s=100, lanes=6) as traffic:
            traffic.wait_for(50)
            failed = 0
            for release in (NEW, OLD, NEW):
                traffic.unmark(it.host.name)
                it.switch(release)
                failed += fpm_restart.act(it.ctx(services=services))["php-fpm"]["failed"]
                traffic.mark(it.host.name, release)
                traffic.wait_for(60)
        counts = traffic.counts()
    assert (counts.stale, counts.mixed) == (0, 0), list(traffic.troubles)[:5]
    assert failed > 0
