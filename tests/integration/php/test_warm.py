"""Compiling a release before visitors need it, and reading what OPcache holds."""

import time
from pathlib import Path

import pytest

from deployments.remote.faults import DoorUnusable


def warm(site, *files: str) -> dict:
    return site.door().ask("warm", files=[site.path(file) for file in files], deadline_s=60)


def test_warmed_files_are_in_opcache_without_having_run(site):
    """They are cached under their real path, and nothing in them was executed."""
    trace = site.folder / "trace"
    site.add("releases/r2/act.php", f"<?php touch('{trace}');")
    answer = warm(site, "releases/r2/act.php", "releases/r2/Shop.php")
    listed = site.door().ask("scripts", below=site.path("releases/r2"), deadline_s=60)["files"]
    assert answer["warmed"] == [site.path(f"releases/r2/{n}") for n in ("act.php", "Shop.php")]
    assert (answer["failed"], answer["uncached"]) == ([], [])
    assert listed == ["Shop.php", "act.php"]
    assert not trace.exists()


def test_files_that_do_not_compile_are_listed_with_the_reason(site):
    """Syntax errors, errors at compile time and missing files stop nothing that comes after."""
    site.add("releases/r2/syntax.php", "<?php functio x( {")
    site.add("releases/r2/twice.php", "<?php function t() {} function t() {}")
    names = ["syntax.php", "twice.php", "missing.php", "Shop.php"]
    answer = warm(site, *(f"releases/r2/{name}" for name in names))
    reasons = {Path(each["file"]).name: each["error"] for each in answer["failed"]}
    assert "syntax error" in reasons["syntax.php"]
    assert "Cannot redeclare t()" in reasons["twice.php"]
    assert "missing" in reasons["missing.php"]
    assert answer["warmed"] == [site.path("releases/r2/Shop.php")]


def test_a_file_that_was_just_written_is_uncached(site):
    """opcache.file_update_protection: PHP says it compiled it, but keeps nothing for 2 s."""
    site.add("releases/r2/fresh.php", "<?php return 1;", modified_at=int(time.time()))
    answer = warm(site, "releases/r2/fresh.php", "releases/r2/Shop.php")
    assert answer["uncached"] == [site.path("releases/r2/fresh.php")]
    assert answer["warmed"] == [site.path("releases/r2/Shop.php")]


def test_files_outside_the_releases_fail_without_being_compiled(site):
    """A list with one foreign path warms the rest and names that one."""
    (site.root / "releases/r2/out.php").symlink_to("/etc/passwd")
    answer = warm(
        site, "releases/r2/out.php", "shared/a.php", "current/../x.php", "releases/r2/Shop.php"
    )
    assert len(answer["failed"]) == 3
    assert len(answer["warmed"]) == 1


def test_keys_are_the_exact_paths_that_were_used(site):
    """A stale host keeps `current/…` as a key; a host that resolves paths never has it."""
    paths = [site.path(f"{folder}/Shop.php") for folder in ("current", "releases/r1")]
    warm(site, "releases/r1/Shop.php")
    real_only = site.door().ask("keys", files=paths, deadline_s=60)["keys"]
    probe = {"marker": site.path("current/.releasemgr/marker.php"), "files": paths[:1]}
    site.door().ask("probe", deadline_s=60, **probe)
    both = site.door().ask("keys", files=paths, deadline_s=60)["keys"]
    assert real_only == paths[1:]
    assert both == paths


@pytest.mark.parametrize("path", [
    "/etc/passwd", "{root}/.releasemgr/keys.php", "{root}/shared/a.php", "{root}/current/../x.php",
    "{root}/.releasemgr/entry/../keys.php", "{root}/.releasemgr/entry", "/tmp/.releasemgr/entry/x",
    "{root}/releases/r2/out.php", ""])
def test_keys_tells_nothing_of_files_that_are_not_the_sites(site, path):
    """Neither that they exist nor that another site's PHP runs them."""
    if not (site.root / "releases/r2/out.php").is_symlink():
        (site.root / "releases/r2/out.php").symlink_to("/etc/passwd")
    with pytest.raises(DoorUnusable, match="Refused"):
        site.door().ask("keys", files=[path.format(root=site.root)], deadline_s=60)


def test_keys_tells_of_the_stable_entry(site):
    """It lies outside the releases; which path PHP is handed is learned from it (learn.py)."""
    path = site.add(".releasemgr/entry/index.php", "<?php return 1;")
    answer = site.door().ask("keys", files=[path], deadline_s=60)
    assert (answer["keys"], answer["hits"]) == ([], {path: -1})


def test_the_scripts_of_current_are_those_of_the_live_release(site):
    """What visitors use now is the list that prewarming starts from."""
    warm(site, "releases/r1/Shop.php", "releases/r2/slow.php")
    listed = site.door().ask("scripts", below=site.path("current"), deadline_s=60)["files"]
    assert listed == ["Shop.php"]


def test_the_scripts_of_a_release_that_is_gone_are_none(site):
    """A folder that was pruned must not make the list the whole cache."""
    warm(site, "releases/r1/Shop.php")
    listed = site.door().ask("scripts", below=site.path("releases/r0"), deadline_s=60)["files"]
    assert listed == []


@pytest.mark.parametrize("below", ["", "/", "/tmp", "ROOT", "ROOT/releases", "ROOT/.releasemgr"])
def test_scripts_of_other_folders_are_not_listed(site, below):
    """Other sites share this OPcache; their files are not this token's business."""
    with pytest.raises(DoorUnusable, match="Refused"):
        site.door().ask("scripts", below=below.replace("ROOT", str(site.root)), deadline_s=60)
