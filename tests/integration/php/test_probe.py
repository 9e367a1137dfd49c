"""Showing which release a worker executes, through exactly the path that was asked for."""

import json
import time

import pytest

from deployments.remote.faults import DoorUnusable
from tests.integration.php.caller import Letter, post
from tests.sandbox.fpm import Pool

MARKER = ".releasemgr/marker.php"


@pytest.fixture
def lone(make_site):
    """A site with a single worker: every answer comes from the same one."""
    return make_site(pools=[Pool(max_children=1)])


def probe(site, folder: str, *files: str, **more) -> dict:
    paths = [site.path(f"{folder}/{file}") for file in files]
    marker = site.path(f"{folder}/{MARKER}")
    return site.door().ask("probe", marker=marker, files=paths, deadline_s=60, **more)


def test_the_path_decides_what_a_stale_worker_shows(lone):
    """The trap: after a switch the same worker runs the old release through `current` and the
    new one through its real path. A probe that chose its own path would prove nothing."""
    armed = probe(lone, "current", "Shop.php")
    lone.switch("r2")
    stale, real = probe(lone, "current", "Shop.php"), probe(lone, "releases/r2", "Shop.php")
    assert (armed["release"], stale["release"], real["release"]) == ("r1", "r1", "r2")
    assert armed["pid"] == stale["pid"] == real["pid"]
    old = lone.path("releases/r1")
    assert list(stale["ran"].values()) == [f"{old}/{MARKER}", f"{old}/Shop.php"]
    assert list(real["ran"]) == list(real["ran"].values())


def test_asking_through_the_real_path_does_not_touch_current(lone):
    """An unarmed `current` must still show the new release: we may not fill the caches that we
    examine. (A realpath() of ours before the switch would make this show the old one.)"""
    probe(lone, "releases/r1", "Shop.php")
    lone.door().ask("warm", files=[lone.path("releases/r1/Shop.php")], deadline_s=60)
    lone.door().ask("scripts", below=lone.path("current"), deadline_s=60)
    lone.switch("r2")
    assert probe(lone, "current")["release"] == "r2"


def test_what_the_files_of_the_site_print_is_not_in_the_answer(site):
    """Output, headers, status and shutdown functions of a site's file leave the answer whole."""
    site.add(
        "releases/r1/loud.php",
        "<?php echo 'loud'; header('X-Loud: 1'); http_response_code(500);"
        "register_shutdown_function(function () { echo 'late'; }); trigger_error('x');",
    )
    asked = {"marker": site.path(f"current/{MARKER}"), "files": [site.path("current/loud.php")]}
    answer = post(site.port, Letter(body=json.dumps({"act": "probe", **asked}).encode()))
    assert (answer.status, answer.json["error"]) == (200, None)
    assert "X-Loud" not in dict(answer.headers)


def test_a_file_that_throws_is_named_and_the_others_still_run(site):
    """A class whose parent is not loaded throws; that the path ran is evidence all the same."""
    site.add("releases/r1/Child.php", "<?php class Child extends Absent {}")
    site.add("releases/r1/broken.php", "<?php functio")
    answer = probe(site, "current", "Child.php", "broken.php", "Shop.php")
    assert "Absent" in answer["error"]
    assert len(answer["ran"]) == 3
    assert answer["release"] == "r1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<?php exit('bye');", "ended the request"),
        ("<?php function twice() {} function twice() {}", "Cannot redeclare"),
        ("<?php $a = str_repeat('x', 1 << 40);", "memory"),
    ],
)
def test_a_file_that_ends_php_gives_an_error_answer(site, text, reason):
    """exit, a compile error and exhausted memory cannot be caught: one JSON answer comes still."""
    site.add("releases/r1/end.php", text)
    with pytest.raises(DoorUnusable, match=reason):
        probe(site, "current", "end.php")


def test_a_missing_file_is_an_error_not_a_refusal(site):
    """The new release may lack a class of the old one."""
    answer = probe(site, "current", "Gone.php")
    assert (answer["release"], list(answer["ran"])) == ("r1", [site.path(f"current/{MARKER}")])
    assert "Gone.php: it is missing" in answer["error"]


@pytest.mark.parametrize("path", ["shared/up.php", "current/../shared/up.php"])
@pytest.mark.parametrize("as_marker", [True, False])
def test_paths_that_are_no_release_are_not_executed(site, path, as_marker):
    """Refused as a whole, as marker and as file; the file would leave a trace."""
    trace = site.folder / "trace"
    site.add("shared/up.php", f"<?php touch('{trace}');")
    marker = site.path(path if as_marker else f"current/{MARKER}")
    with pytest.raises(DoorUnusable, match="Refused"):
        site.door().ask("probe", marker=marker, files=[site.path(path)], deadline_s=60)
    assert not trace.exists()


def test_a_worker_is_held_fifty_milliseconds_at_most(site):
    """A held worker is one that visitors wait for."""
    began = time.monotonic()
    probe(site, "current", hold_ms=40)
    held = time.monotonic()
    probe(site, "current", hold_ms=60_000)
    assert held - began >= 0.04
    assert time.monotonic() - held < 30
