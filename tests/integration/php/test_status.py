"""What control.php tells about the PHP it runs in."""

import socket
import subprocess
from pathlib import Path

import pytest

from deployments.remote.faults import DoorUnusable
from tests.sandbox.fpm import Pool

NEEDS_OPCACHE = ["reset", "warm", "scripts", "keys"]


def test_status_names_the_worker_the_pool_and_the_counters(site):
    """Everything that strategies and the doctor decide by, with the real values."""
    answer = site.door().ask("status", deadline_s=60)
    assert answer["pid"] in site.fpm.workers()
    assert (answer["sapi"], answer["host"]) == ("fpm-fcgi", socket.gethostname())
    assert answer["root"] == str(site.root)
    assert answer["problem"] is None
    cache = answer["opcache"]
    assert cache["enabled"] is True
    assert (cache["restart_pending"], cache["manual_restarts"]) == (False, 0)
    assert cache["used"] > 0
    assert cache["scripts"] <= cache["keys"] < cache["max_keys"]
    assert answer["ini"]["validate_timestamps"] == "0"
    assert answer["ini"]["realpath_cache_ttl"] == "120"
    assert answer["ini"]["restrict_api"] == ""
    assert set(answer["ini"]) == {
        "validate_timestamps", "revalidate_freq", "revalidate_path", "preload", "file_cache",
        "file_cache_only", "restrict_api", "file_update_protection", "force_restart_timeout",
        "realpath_cache_size", "realpath_cache_ttl", "open_basedir", "enable",
        "memory_consumption", "max_accelerated_files", "max_execution_time", "enable_cli",
        "use_cwd", "jit", "jit_buffer_size", "interned_strings_buffer", "max_wasted_percentage",
        "disable_functions",
    }
    assert answer["ini_file"] == str(site.fpm.folder / "php.ini")


def test_the_scoreboard_lists_every_worker_of_this_pool(make_site):
    """The proof goes by this list of pids; the other pool's workers are not on it."""
    site = make_site(pools=[Pool("www", max_children=3), Pool("api", pm="dynamic")])
    pool = site.door("www").ask("status", deadline_s=60)["pool"]
    assert (pool["name"], pool["manager"], pool["total"]) == ("www", "static", 3)
    assert sorted(proc["pid"] for proc in pool["procs"]) == sorted(site.fpm.workers("www"))
    states = sorted(proc["state"] for proc in pool["procs"])
    assert states == ["Idle", "Idle", "Running"]
    (running,) = (proc for proc in pool["procs"] if proc["state"] == "Running")
    assert running["script"] == str(site.control)
    assert 0 <= running["age_s"] < 5


@pytest.mark.parametrize(
    "how",
    [
        {"ini": {"opcache.enable": "0"}},
        {"pools": [Pool(ini={"opcache.enable": "0"})]},
        {"extensions": ()},
    ],
)
def test_a_pool_without_opcache_says_so_and_refuses_what_needs_it(make_site, how):
    """Switched off for the server, for one pool, or not installed: a sentence, never a crash."""
    site = make_site(**how)
    answer = site.door().ask("status", deadline_s=60)
    assert answer["opcache"] == {"enabled": False}
    assert "OPcache is" in answer["problem"]
    for act in NEEDS_OPCACHE:
        with pytest.raises(DoorUnusable, match=r"OPcache is (not loaded|switched off)"):
            site.door().ask(act, deadline_s=60)


def test_restrict_api_is_named(make_site):
    """OPcache's functions then refuse this file; only the setting tells why."""
    site = make_site(ini={"opcache.restrict_api": "/nowhere/allowed"})
    answer = site.door().ask("status", deadline_s=60)
    assert "/nowhere/allowed" in answer["problem"]
    assert answer["ini"]["restrict_api"] == "/nowhere/allowed"
    for act in NEEDS_OPCACHE:
        with pytest.raises(DoorUnusable, match="restrict_api lets only scripts below /nowhere"):
            site.door().ask(act, deadline_s=60)


def test_restrict_api_that_allows_our_folder_is_no_problem(make_site):
    """Administrators may open OPcache's functions for exactly our files."""
    site = make_site(ini={"opcache.restrict_api": "/tmp/php-"})
    assert site.door().ask("reset", deadline_s=60)["reset"] is True


def test_control_does_not_answer_visitors(site):
    """Over HTTP, whatever headers or query it carries: nothing but 404."""
    for extra in ([], ["-H", "RELEASEMGR_DIRECT: 1", "-H", "Releasemgr-Direct: 1"]):
        url = f"http://127.0.0.1:{site.port}/control?RELEASEMGR_DIRECT=1"
        sent = ["-d", '{"act":"status"}', "-w", "%{http_code}", *extra, url]
        ended = subprocess.run(["curl", "-s", *sent], capture_output=True, check=True)
        assert ended.stdout == b"404"


@pytest.mark.parametrize("act", ["", "phpinfo", "identity", "system"])
def test_an_unknown_act_is_refused(site, act):
    """Only the six acts can be named: no other function of the file, nor of PHP."""
    with pytest.raises(DoorUnusable, match="known acts"):
        site.door().ask(act, deadline_s=60)


def test_a_path_that_is_not_utf8_does_not_spoil_the_answer(site):
    """File names are bytes; JSON is UTF-8. The odd character is replaced, the rest is listed."""
    name = b"caf\xe9.php".decode("utf-8", "surrogateescape")
    file = site.add(f"releases/r1/{name}", "<?php return 'r1';")
    door = site.door()
    assert Path(file).exists()
    door.control_path = file
    with pytest.raises(DoorUnusable):
        door.ask("status", deadline_s=60)  # runs the odd file itself, so OPcache holds it
    files = site.door().ask("scripts", below=site.path("releases/r1"), deadline_s=60)["files"]
    assert files == ["caf\N{REPLACEMENT CHARACTER}.php"]
