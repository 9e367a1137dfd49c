"""Which paths control.php may compile or execute."""

import shutil
from pathlib import Path

import pytest

from tests.unit.php.cli import SOURCES, call

NASTY = ["plain", "two words", "quo'te\"s", "new\nline", "-dash", "$(id)", "grüße", "a..b", "..c"]


@pytest.fixture
def root(tmp_path) -> Path:
    """An installation whose own folder has an unpleasant name."""
    root = tmp_path / "it's a $(root)\n"
    for folder in (".releasemgr", "releases/r1/public", "releases/r2", "shared", "releases-old/r1"):
        (root / folder).mkdir(parents=True)
    (root / "current").symlink_to("releases/r1")
    shutil.copy(SOURCES / "control.php", root / ".releasemgr/control.php")
    return root


def refusals(root: Path, *paths: str) -> list[str | None]:
    control = root / ".releasemgr/control.php"
    return call(control, "Releasemgr\\refusal", cases=[[path] for path in paths])


def test_files_of_a_release_are_accepted_by_real_path_and_through_current(root):
    """Both spellings are needed: a probe uses the one that the web server hands to PHP."""
    paths = [
        f"{root}/{start}/public/{name}.php"
        for start in ("current", "releases/r1")
        for name in NASTY
    ]
    for path in paths[len(NASTY) :]:
        Path(path).write_text("<?php")
    assert refusals(root, *paths) == [None] * len(paths)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "relative/current/a.php",
        "/etc/passwd",
        "ROOT/shared/a.php",
        "ROOT/.releasemgr/control.php",
        "ROOT/releases",
        "ROOT/releases-old/r1/a.php",
        "ROOT/currently/a.php",
        "ROOT/current/../releases/r1/a.php",
        "ROOT/current/./a.php",
        "ROOT/current//a.php",
        "ROOT/current/public/..",
        "ROOT/releases/../shared/a.php",
        "ROOT/releases/r1/a.php\0.txt",
        "ROOT/releases/r1/\0",
        "phar://ROOT/releases/r1/a.phar",
        "/elsewhere/current/a.php",
        "/elsewhere/releases/r1/a.php",
    ],
)
def test_other_paths_are_refused_with_the_root_named(root, path):
    """Refused without looking at the file: what is not ours is not even opened."""
    (why,) = refusals(root, path.replace("ROOT", str(root)))
    assert str(root) in why


def test_another_installation_is_refused(root, tmp_path):
    """One control file serves one root, even when the other has the same shape."""
    other = tmp_path / "other"
    (other / "releases/r1").mkdir(parents=True)
    (other / "releases/r1/a.php").write_text("<?php")
    (other / "current").symlink_to("releases/r1")
    assert all(refusals(root, f"{other}/releases/r1/a.php", f"{other}/current/a.php"))


def test_a_link_that_leaves_the_releases_is_refused(root, tmp_path):
    """Uploads in shared/ must never be executed by a probe, nor anything outside."""
    (tmp_path / "evil.php").write_text("<?php")
    (root / "shared/upload.php").write_text("<?php")
    release = root / "releases/r1"
    (release / "out.php").symlink_to(tmp_path / "evil.php")
    (release / "uploads").symlink_to("../../shared")
    (root / "releases/linked").symlink_to(tmp_path)
    paths = [
        "releases/r1/out.php",
        "current/out.php",
        "current/uploads/upload.php",
        "releases/linked/evil.php",
    ]
    assert all("leads it out" in why for why in refusals(root, *(f"{root}/{p}" for p in paths)))


def test_a_link_between_releases_is_accepted(root):
    """Links inside the releases stay inside."""
    (root / "releases/r2/a.php").write_text("<?php")
    (root / "releases/r1/b.php").symlink_to("../r2/a.php")
    assert refusals(root, f"{root}/current/b.php") == [None]


def test_a_root_that_is_reached_through_a_link_is_accepted(root, tmp_path):
    """/var/www is often a link to the disk that holds the site."""
    (tmp_path / "www").symlink_to(root)
    (root / "releases/r1/a.php").write_text("<?php")
    paths = [f"{tmp_path}/www/current/a.php", f"{tmp_path}/www/releases/r1/a.php"]
    assert refusals(root, *paths) == [None, None]


def test_a_current_that_lies_elsewhere_is_accepted(root, tmp_path):
    """Sites brought aboard may have an absolute `current`."""
    (tmp_path / "old site").mkdir()
    (tmp_path / "old site/a.php").write_text("<?php")
    (root / "current").unlink()
    (root / "current").symlink_to(tmp_path / "old site")
    assert refusals(root, f"{root}/current/a.php", f"{tmp_path}/old site/a.php")[0] is None
    assert refusals(root, f"{tmp_path}/old site/a.php")[0] is not None
    control = root / ".releasemgr/control.php"
    places = call(control, "Releasemgr\\place", cases=[[f"{root}/current/a.php"]])
    assert places == [f"{tmp_path}/old site/a.php"]


def test_without_current_only_releases_are_accepted(root):
    """Before the first release, and when `current` is a real folder."""
    (root / "current").unlink()
    (root / "releases/r1/a.php").write_text("<?php")
    first = refusals(root, f"{root}/current/a.php", f"{root}/releases/r1/a.php")
    (root / "current").mkdir()
    (root / "current/a.php").write_text("<?php")
    assert first[0] is not None
    assert first[1] is None
    assert refusals(root, f"{root}/current/a.php")[0] is not None
