"""Strategy `fpm-reload` on real PHP-FPM: when it is refused, what it waits for, who notices."""

import os
import time

import pytest

from deployments.coherence import fpm, fpm_reload, proof
from deployments.errors import NotConfirmed, StepFailed
from deployments.sudoers import sudoers_line, sudoers_lines
from tests.sandbox.daemons import kill
from tests.sandbox.fpm import Pool as FpmPool
from tests.sandbox.services import services_of
from tests.sandbox.traffic import Traffic

from .conftest import NEW, OLD, served, visiting

PATIENT = {"process_control_timeout": "10s"}


def test_it_is_refused_where_it_would_cut_off_what_runs(rig):
    """process_control_timeout is 0 unless somebody set it: the sentence says where and to what."""
    with rig(kind="stale") as it, served(it) as services, pytest.raises(StepFailed) as refused:
        fpm_reload.check(it.ctx(services=services))
    assert str(refused.value) == (
        "web-9: a reload of php-fpm would cut off every request that runs, because its "
        "process_control_timeout is 0: set process_control_timeout = 10s below [global] in "
        f"{it.host.fpm.folder}/fpm.conf, then restart php-fpm once.")
    assert services.calls == []


def test_it_is_refused_without_the_right_to_reload(rig):
    """Before anything is switched, with the line to paste."""
    with rig(kind="stale", fpm_settings=PATIENT) as it, \
            served(it, allowed=False) as services, \
            pytest.raises(StepFailed, match=r"add this line: .* NOPASSWD: .* reload php-fpm"):
        fpm_reload.check(it.ctx(services=services))


def test_a_longer_request_than_php_fpm_waits_for_is_refused(rig):
    """Seen now, or in earlier deployments; a request that has ended counts as well."""
    with rig(kind="stale", fpm_settings={"process_control_timeout": "1"}) as it, \
            served(it) as services:
        fpm_reload.check(it.ctx(services=services))
        with visiting(it, OLD, seconds=1.3):
            pass
        ctx = it.ctx(services=services)
        with pytest.raises(StepFailed, match=r"after 1 s, and one has taken 1\.[3-9] s: set"):
            fpm_reload.check(ctx)
        assert ctx.evidence["longest_request_s"] >= 1.3
        kept = type(ctx.kept)(longest_request_s=7.5)
        with pytest.raises(StepFailed, match=r"taken 7\.5 s: set process_control_timeout = 13s"):
            fpm_reload.check(it.ctx(services=services, kept=kept))


def test_what_php_fpm_reads_is_read_as_it_reads_it(rig):
    """Included files, the section they stand in, the last line of several, comments and units."""
    with rig(kind="stale", fpm_settings=PATIENT) as it:
        conf = it.host.fpm.folder / "fpm.conf"
        included = it.host.fpm.folder / "more"
        included.mkdir()
        (included / "a.conf").write_text("; process_control_timeout = 99\nlog_limit = 4096\n"
                                         "process_control_timeout = \"2m\" ; patience\n")
        (included / "b.conf").write_text("[other]\nprocess_control_timeout = 5\n")
        text = conf.read_text().replace("[global]\n", f"[global]\n include = {included}/a*.conf\n")
        ctx = it.ctx()
        for body, seconds, file in (
                (text, 10, conf), (text.replace("process_control_timeout = 10s\n", ""), 120,
                                   included / "a.conf"),
                (text + f"include={included}/b.conf\n[global]\nprocess_control_timeout=3\n", 3,
                 conf)):
            conf.write_text(body)
            master, _ = fpm.look(ctx, [it.www], until=time.monotonic() + 5)
            assert (master.timeout_s, master.timeout_file) == (seconds, str(file))
        assert master.pid == it.host.fpm.pid
        assert {pool for _, _, pool in master.workers} == {"www", "api"}
        assert {int(pid) for pid, _, _ in master.workers} == set(it.host.fpm.workers())


def test_a_file_that_was_edited_after_it_was_read_tells_nothing(rig):
    """What counts is what the running master has: it says when it must be restarted first."""
    with rig(kind="stale") as it, served(it) as services:
        conf = it.host.fpm.folder / "fpm.conf"
        conf.write_text(conf.read_text().replace(
            "[global]\n", "[global]\nprocess_control_timeout = 10\n"))
        os.utime(conf, (time.time() + 5, time.time() + 5))
        with pytest.raises(StepFailed, match="was changed after php-fpm had read it"):
            fpm_reload.check(it.ctx(services=services))


def test_a_configuration_that_cannot_be_read_is_told(rig):
    """A guess would be worth nothing."""
    with rig(kind="stale", fpm_settings=PATIENT) as it, served(it) as services:
        (it.host.fpm.folder / "fpm.conf").chmod(0o600)
        with pytest.raises(StepFailed, match=r"fpm\.conf of php-fpm's configuration cannot be"):
            fpm_reload.check(it.ctx(services=services))


def test_it_waits_for_all_workers_of_all_pools_and_says_how_long_visitors_wait(rig):
    """A long request ends whole; the other pool's workers are new as well, although not asked."""
    with rig(kind="stale", fpm_settings=PATIENT) as it, served(it) as services:
        ctx = it.ctx(services=services, pools=[it.www])
        old = set(it.host.fpm.workers())
        with visiting(it, OLD, seconds=1.5) as answers:
            counters = fpm_reload.act(ctx)["php-fpm"]
            assert old.isdisjoint(it.host.fpm.workers())
    assert answers == [b"whole"]
    assert services.calls == [("reload", "php-fpm")]
    assert (counters["workers_before"], counters["workers"]) == (6, 6)
    assert counters["waited_ms"] >= 900
    assert any("visitors may wait up to " in line for line in it.said)
    assert it.said[-1].startswith("php-fpm reloaded: all 6 workers of its pools are new after ")


@pytest.mark.parametrize(("kills", "left"), [("", "www"), ("www", "api")])
def test_a_reload_that_does_not_happen_is_not_confirmed(rig, monkeypatch, kills, left):
    """The manager said yes, and nothing came of it, or not in all pools: also one that is not
    the site's may share the cache."""
    monkeypatch.setattr(fpm, "QUESTION_S", 0)
    with rig(kind="stale") as it, services_of(it.host) as services:
        def reload():
            kill(it.host.fpm.workers(kills) if kills else ())

        services.add("php-fpm", reload=reload, restart=reload)
        services.allow([sudoers_line(it.host.ssh_user, str(services.program), "reload",
                                     "php-fpm")])
        with pytest.raises(NotConfirmed, match=rf"are still there \(pools {left}\)"):
            fpm_reload.act(it.ctx(services=services, limit_s=1, pools=[it.www]))


def preload(it):
    """Let PHP preload all glaze classes from `current`, as an administrator would set it up."""
    for release in (OLD, NEW):
        (it.host.root / "releases" / release / "preload.php").write_text(
            "<?php require __DIR__ . '/src/autoload.php';\n"
            "array_map('class_exists', Tidewater\\Glazes::classes());\n")
    it.host.fpm.ini |= {"opcache.preload": f"{it.root}/current/preload.php",
                        "opcache.preload_user": "www-data"}
    it.host.stop_fpm()
    it.host.start_fpm()


def test_preloaded_classes_want_paths_through_current(rig):
    """With the real folder every page between switch and reload would mix two versions."""
    with rig(kind="realpath", fpm_settings=PATIENT) as it, served(it) as services:
        preload(it)
        proof.learn(it.site, it.pools, it.root)
        with pytest.raises(StepFailed, match=r"would mix two versions\. Use \$document_root"):
            fpm_reload.check(it.ctx(services=services))
        fpm_reload.check(it.ctx(services=services, kind="reload"))  # nothing is switched


def test_a_version_whose_preloading_would_keep_php_from_starting_is_refused(rig):
    """PHP-FPM ends at such a reload, and the whole site with it."""
    with rig(kind="stale", fpm_settings=PATIENT) as it, served(it) as services:
        preload(it)
        file = it.host.root / "releases" / NEW / "preload.php"
        file.write_text("<?php functio x( {")
        proof.learn(it.site, it.pools, it.root)
        words = rf"preload\.php of each version, and that of {NEW} would keep PHP from starting: "
        with pytest.raises(StepFailed, match=words + "syntax error"):
            fpm_reload.check(it.ctx(services=services))
        file.unlink()
        with pytest.raises(StepFailed, match=words + ".*missing"):
            fpm_reload.check(it.ctx(services=services))


def test_php_that_its_new_version_has_ended_is_started_again_on_the_way_back(rig):
    """What ends it shows only when it runs. A reload starts nothing; the right to restart does."""
    with rig(kind="stale", fpm_settings=PATIENT) as it, served(it) as services:
        preload(it)
        services.allow(sudoers_lines(it.host.ssh_user, str(services.program), [
            ("reload", "php-fpm"), ("restart", "php-fpm")]))
        file = it.host.root / "releases" / NEW / "preload.php"
        file.write_text("<?php there_is_no_such_function();")
        proof.learn(it.site, it.pools, it.root)
        fpm_reload.check(it.ctx(services=services))
        it.switch(NEW)
        with pytest.raises(StepFailed):
            fpm_reload.act(it.ctx(services=services, limit_s=2))
        it.switch(OLD)
        counters = fpm_reload.act(it.ctx(services=services, limit_s=10))
        assert counters["php-fpm"]["was_down"] is True
        assert counters["php-fpm"]["workers"] == 6
        assert it.site.get("/").status == 200
    assert services.calls == [("reload", "php-fpm"), ("restart", "php-fpm")]


BRIEF = {"process_control_timeout": "1"}


def wait_until_it_is_too_long(it):
    """Until the request that runs is older than PHP-FPM would wait for it."""
    until = time.monotonic() + 10
    while fpm.running_s(it.www.status(until=until)) <= 1:
        assert time.monotonic() < until, "no request runs that long"
        time.sleep(0.05)


def test_a_request_that_began_after_the_check_and_is_too_long_is_waited_for(rig):
    """It would be cut off after a second: its visitor gets the whole page, then PHP is reloaded."""
    with rig(kind="stale", fpm_settings=BRIEF) as it, served(it) as services:
        ctx = it.ctx(services=services)
        fpm_reload.check(ctx)
        with visiting(it, OLD, seconds=4) as answers:
            wait_until_it_is_too_long(it)
            fpm_reload.act(ctx)
    assert answers == [b"whole"]
    assert services.calls == [("reload", "php-fpm")]
    assert any("public/long.php" in line and "longer than process_control_timeout (1 s)" in line
               for line in it.said), it.said


@pytest.mark.parametrize(("back", "calls"), [({}, []), ({"went_back_to": OLD}, ["reload"])])
def test_one_that_outlasts_the_limit_is_not_cut_off_but_on_the_way_back(
        rig, monkeypatch, back, calls):
    """Not confirmed, and nothing was told to PHP; going back helps all the other visitors."""
    monkeypatch.setattr(fpm, "QUESTION_S", 1)
    with rig(kind="stale", fpm_settings=BRIEF) as it, served(it) as services, \
            visiting(it, OLD, seconds=6):
        wait_until_it_is_too_long(it)
        ctx = it.ctx(services=services, limit_s=2)
        ctx.evidence |= back
        if back:
            fpm_reload.act(ctx)
        else:
            with pytest.raises(NotConfirmed, match="php-fpm was not reloaded, because that might"):
                fpm_reload.act(ctx)
    assert [verb for verb, _ in services.calls] == calls


@pytest.mark.parametrize("is_preloading", [False, True])
def test_under_load_nothing_fails_and_nothing_old_or_mixed_comes_after_it(rig, is_preloading):
    """Three switches with quick and slow requests; what the facts say of a reload that waits."""
    pools = (FpmPool("www", max_children=8), FpmPool("api"))
    with rig(kind="stale", pools=pools, fpm_settings=PATIENT) as it, served(it) as services:
        if is_preloading:
            preload(it)
        proof.learn(it.site, it.pools, it.root)
        fpm_reload.check(it.ctx(services=services))
        with Traffic([it.host], requests_per_s=100, lanes=6) as traffic:
            traffic.wait_for(50)
            for release in (NEW, OLD, NEW):
                traffic.unmark(it.host.name)
                it.switch(release)
                fpm_reload.act(it.ctx(services=services))
                traffic.mark(it.host.name, release)
                traffic.wait_for(60)
        counts = traffic.counts()
    assert counts.requests > 200
    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), list(traffic.troubles)[:5]
