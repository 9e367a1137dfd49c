"""The doctor on real hosts, one trap at a time: what it finds, what it advises, what it refuses.

One nginx and one PHP-FPM are kept and changed by reloading, as an administrator changes them.
"""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from deployments.coherence.pool import Pool
from deployments.plan import PoolPlan
from deployments.remote.doors import FastCgiDoor
from deployments.services.kept import Kept
from tests.integration.coherence.conftest import NEW, OLD, _dial
from tests.integration.coherence.ward import Ward, finding
from tests.sandbox.fpm import FpmMaster
from tests.sandbox.fpm import Pool as FpmPool
from tests.sandbox.services import services_of
from tests.sandbox.webhost import WebHost


@pytest.fixture(scope="module")
def ward(site_repository):
    """A site that is handed current/…, as most are."""
    with WebHost("web-9", kind="stale") as host, services_of(host) as services:
        yield Ward(host, site_repository, services)


def test_the_link_is_recognised_and_the_better_lines_are_told(ward):
    """The usual host: a reset is right, and two lines would make even that unnecessary."""
    facts, found = ward.look()
    assert {pool.handed for pool in facts.pools} == {"current"}
    assert found.choice == "reset"
    row = finding(found, "handed-current")
    assert row.level == "warns"
    assert "fastcgi_param DOCUMENT_ROOT $realpath_root;" in row.lines
    assert [row.title for row in found.findings if row.level == "blocks"] == []


def test_the_lines_that_are_told_bring_realpath(ward):
    """They are pasted, and the doctor advises what needs nothing after the switch."""
    with ward.changed(swap=("$document_root", "$realpath_root")):
        facts, found = ward.look()
    assert {pool.handed for pool in facts.pools} == {"release"}
    assert found.choice == "realpath"
    assert not [row for row in found.findings if row.level != "fine"]


def test_an_entry_outside_is_recognised(ward):
    """Also by who may not ask it what it runs, as an examination may not."""
    entry = ward.host.root / ".releasemgr/entry/public"
    entry.mkdir(parents=True, exist_ok=True)
    (entry / "index.php").write_text(
        "<?php $folder = readlink('" + str(ward.host.root) + "/current');"
        "chdir('" + str(ward.host.root) + "'); require \"$folder/public/index.php\";")
    with ward.changed(swap=("$document_root$fastcgi_script_name", f"{entry}/index.php")):
        facts, found = ward.look()
    assert facts.pools[0].handed == "entry"
    assert found.verdicts["realpath"].sort == "fails"


BESIDE = {
    "jit": {"opcache.jit": "tracing", "opcache.jit_buffer_size": "4M"},
    "file-update-protection": {"opcache.file_update_protection": "60"},
    "revalidate-path": {"opcache.revalidate_path": "1"},
    "realpath-ttl": {"realpath_cache_ttl": "0"},
    "force-restart-timeout": {"opcache.force_restart_timeout": "5"},
    "use-cwd": {"opcache.use_cwd": "0"},
    "memory": {"opcache.memory_consumption": "10"},
    "open-basedir": {"open_basedir": "/tmp:/usr"},
}


def test_settings_that_cost_something_are_told_and_a_reset_stays_right(ward):
    """Several at once, as they come: each a finding of its own, with PHP's own file to change."""
    ini = {name: value for each in BESIDE.values() for name, value in each.items()}
    with ward.changed(ini=ini):
        _, found = ward.look()
    assert found.choice == "reset"
    php_ini = str(ward.host.fpm.folder / "php.ini")
    for code in BESIDE:
        row = finding(found, code)
        assert (row.level, code == "open-basedir" or php_ini in row.todo) == ("warns", True)


BLOCKING = {
    "opcache-off": {"opcache.enable": "0"},
    "disabled-functions": {"disable_functions": "opcache_reset,exec"},
    "file-cache": {"opcache.file_cache": "/tmp", "opcache.file_cache_only": "1"},
}


@pytest.mark.parametrize("code", BLOCKING)
def test_a_setting_that_leaves_no_strategy_blocks(ward, code):
    """On a site that is handed the link, nothing but OPcache's reset would do."""
    with ward.changed(ini=BLOCKING[code]):
        _, found = ward.look()
    assert (finding(found, code).level, found.choice) == ("blocks", "")
    assert "No strategy is known to be safe here" in finding(found, "no-strategy").title


def test_timestamps_and_a_cache_on_disk_are_no_cure_and_no_harm(ward):
    """Many look at files again, or keep compiled ones: a switch is not seen by it."""
    ini = {"opcache.validate_timestamps": "1", "realpath_cache_size": "0",
           "opcache.file_cache": "/tmp"}
    with ward.changed(ini=ini):
        _, found = ward.look()
    assert found.choice == "reset"
    levels = [finding(found, code).level for code in (
        "timestamps", "file-cache", "no-realpath-cache")]
    assert levels == ["fine", "fine", "warns"]


def test_the_line_for_restrict_api_lets_us_in(ward):
    """What the doctor says to paste is right: afterwards there is nothing to say."""
    with ward.changed(ini={"opcache.restrict_api": "/elsewhere"}):
        _, found = ward.look()
    name, _, value = finding(found, "restrict-api").lines[0].partition(" = ")
    with ward.changed(ini={name: value.strip('"')}):
        _, found = ward.look()
    assert found.choice == "reset"


def test_an_open_basedir_that_leaves_releases_out_blocks(ward):
    """PHP answers us and shows the page, and would refuse the next version."""
    root = str(ward.host.root)
    narrow = f"{root}/current:{root}/.releasemgr:{root}/releases/{OLD}:{root}/shared"
    with ward.changed(ini={"open_basedir": narrow}):
        _, found = ward.look()
    assert finding(found, "open-basedir").level == "blocks"


@contextmanager
def preloading(ward, *, timeout=""):
    """The site preloads a class through the link, as frameworks tell people to."""
    for release in (OLD, NEW):
        folder = ward.host.root / "releases" / release
        (folder / "preload.php").write_text("<?php opcache_compile_file(__DIR__.'/src/Pot.php');")
    ini = {"opcache.preload": f"{ward.host.root}/current/preload.php",
           "opcache.preload_user": "www-data"} if os.getuid() == 0 else {
               "opcache.preload": f"{ward.host.root}/current/preload.php"}
    settings = {"process_control_timeout": timeout} if timeout else {}
    with ward.changed(ini=ini, settings=settings):
        yield


def test_preloading_blocks_until_a_reload_is_possible(ward):
    """Everything but a reload mixes versions, and with the default a reload cuts requests off."""
    with preloading(ward):
        _, found = ward.look()
    assert found.choice == ""
    assert finding(found, "preload").level == "blocks"
    assert finding(found, "control-timeout").lines == ("process_control_timeout = 10s",)
    assert finding(found, "sudo").lines == tuple(ward.may("php-fpm"))
    for name in ("realpath", "reset", "front-controller", "web-config"):
        assert "mix" in found.verdicts[name].why


def test_preloading_is_fine_with_a_reload_that_waits_and_that_we_may_ask_for(ward):
    """The lines of the doctor are followed, and it advises the only strategy that works."""
    ward.services.allow(ward.may("php-fpm"))
    try:
        with preloading(ward, timeout="10s"):
            _, found = ward.look()
        assert found.choice == "fpm-reload"
        assert finding(found, "preload").level == "fine"
        with preloading(ward, timeout="10s"), \
                ward.changed(swap=("$document_root", "$realpath_root")):
            _, found = ward.look()
        assert found.choice == ""
        assert "would mix versions" in found.verdicts["fpm-reload"].why
    finally:
        ward.services.forbid()


def test_a_reload_shorter_than_the_longest_request_is_refused(ward):
    """12 s were seen by an earlier deployment; 10 s would cut such a request off."""
    ward.services.allow(ward.may("php-fpm"))
    try:
        with ward.changed(settings={"process_control_timeout": "10s"}):
            _, found = ward.look(strategy="fpm-reload", kept=Kept(longest_request_s=12))
        assert "a request of 12.0 s was seen" in found.verdicts["fpm-reload"].why
        assert finding(found, "control-timeout").lines == ("process_control_timeout = 17s",)
        assert finding(found, "strategy").level == "blocks"
    finally:
        ward.services.forbid()


def test_long_requests_are_told_where_a_reset_waits_for_them(ward):
    """OPcache is off meanwhile, for everybody."""
    _, found = ward.look(kept=Kept(longest_request_s=40))
    assert finding(found, "long-requests").level == "warns"
    assert found.choice == "reset"


def test_a_restart_is_never_advised(ward):
    """Chosen by hand it is named as such, with something better."""
    _, found = ward.look(strategy="fpm-restart")
    assert found.choice == "reset"
    assert "was chosen by hand" in finding(found, "strategy").title


def test_one_name_for_two_services_blocks_the_reset(ward):
    """A second PHP-FPM whose pool was entered under the first one's name."""
    folder = ward.host.folder / "second-fpm"
    with FpmMaster(folder, pools=[FpmPool("api", max_children=2)]) as second:
        plan = PoolPlan("api", "php-fpm", second.address("api"), "/api/", "")
        door = FastCgiDoor(partial(_dial, second.address("api")),
                           f"{ward.rig.root}/.releasemgr/{ward.name}", server="web-9")
        pool = Pool(plan, door, server="web-9")
        pool.identity = ""
        _, found = ward.look(pools=[ward.rig.pools[0], pool])
    row = finding(found, "two-masters")
    assert row.level == "blocks"
    assert found.verdicts["reset"].why.startswith("“php-fpm” is more than one PHP-FPM service")
    assert found.choice == ""


def test_two_names_for_one_service_are_warned_of(ward):
    """Its OPcache would be reset twice, which proves no less, and sites on it would not wait."""
    pools = [Pool(replace(pool.plan, master=master), pool._door, server="web-9")
             for pool, master in zip(ward.rig.pools, ("php-fpm", "php8.2-fpm"), strict=True)]
    _, found = ward.look(pools=pools)
    assert finding(found, "one-master").level == "warns"


def test_a_pool_with_one_worker_is_told(ward):
    """It is seen all the same, by OPcache's keys."""
    api = replace(ward.host.fpm.pools[1], max_children=1)
    with ward.changed(pools=[ward.host.fpm.pools[0], api]):
        _, found = ward.look()
    assert finding(found, "one-worker").lines == ("pm.max_children = 2",)


def test_a_web_server_that_keeps_files_open_is_seen_by_what_it_serves(ward):
    """No configuration is read for it, and nothing is left behind in the live version."""
    with ward.changed(http="\nopen_file_cache max=100 inactive=60s;\n"
                           "open_file_cache_valid 60s;\n"):
        facts, found = ward.look()
    assert facts.is_file_cached is True
    assert finding(found, "open-file-cache").lines == ("open_file_cache off;",)
    assert ward.look()[0].is_file_cached is False
    assert not list(ward.host.root.rglob("releasemgr-check-*"))


def test_programs_that_run_on_are_named(ward):
    """A queue worker keeps the version that it was started with."""
    worker = subprocess.Popen(
        ["php", "-r", "sleep(60);", f"{ward.host.root}/current/bin/queue"])
    try:
        _, found = ward.look()
    finally:
        worker.kill()
        worker.wait()
    assert "bin/queue" in finding(found, "left-running").why
