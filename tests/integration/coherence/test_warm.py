"""Compiling ahead on real OPcache: room is measured, made where it can be, or told missing."""

import os
import shutil
import time

import pytest

from deployments.coherence import warm
from deployments.coherence.room import footprint_of
from deployments.services.kept import Kept

from .conftest import NEW, OLD, visiting

SMALL = {"opcache.memory_consumption": "24", "opcache.interned_strings_buffer": "4"}


def files_of(it, release):
    """All PHP files of a release, relative."""
    folder = it.host.root / "releases" / release
    return tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*.php")
                        if ".releasemgr" not in path.parts))


def age(it, release):
    """As old as files of a release that was built a while ago."""
    for path in (it.host.root / "releases" / release).rglob("*.php"):
        os.utime(path, (time.time() - 60, time.time() - 60))


def compiled(it, release):
    return len(it.www.ask("scripts", below=f"{it.root}/releases/{release}")["files"])


def compile_all(it, release):
    """Fill OPcache with a release, as its visitors did."""
    age(it, release)
    names = [f"{it.root}/releases/{release}/{name}" for name in files_of(it, release)]
    for at in range(0, len(names), 40):
        it.www.ask("warm", files=names[at:at + 40])


def old_releases(it, count):
    """Earlier releases that lie on the server and in OPcache; returns their names."""
    names = [f"20250101T00000{number}Z-{number}" for number in range(count)]
    for name in names:
        shutil.copytree(it.host.root / "releases" / OLD, it.host.root / "releases" / name,
                        symlinks=True)
        compile_all(it, name)
    return tuple(names)


def test_what_visitors_use_now_is_compiled_ahead_and_measured(rig):
    """What it took in OPcache is kept, for the next time."""
    with rig(kind="realpath") as it:
        compile_all(it, OLD)
        age(it, NEW)
        row = warm.prepare(it.ctx(php_files=files_of(it, NEW)))["php-fpm"]
        assert compiled(it, NEW) == row["warmed"] == row["wanted"] > 120
        assert 1_000 < row["used_bytes"] / row["warmed"] < 100_000
        again = warm.prepare(it.ctx(php_files=files_of(it, NEW)))["php-fpm"]
        assert again["warmed"] == row["warmed"]
        assert "used_bytes" not in again  # it was there already: that measures nothing


def test_files_that_are_too_young_for_opcache_are_compiled_again(rig):
    """opcache.file_update_protection: PHP says that it compiled them, and keeps none."""
    with rig(kind="realpath") as it:
        age(it, NEW)
        page = it.host.root / "releases" / NEW / "public/index.php"
        os.utime(page)
        row = warm.prepare(it.ctx())["php-fpm"]
        assert (row["warmed"], row["wanted"]) == (1, 1)
        assert compiled(it, NEW) == 1


@pytest.mark.parametrize(("cache", "footprint", "words"), [
    ({"free": 16_000}, (100_000, 100), ""),
    ({"free": 14_000}, (100_000, 100), "OPcache has 13 KB left for 10 files"),
    ({"free": 16_000}, (200_000, 100), "OPcache has 15 KB left for 10 files"),
    ({"free": 31_000}, (200_000, 100), ""),
    ({"keys": 991}, (100, 1), "OPcache has no keys left for 10 files"),
    ({"keys": 990}, (100, 1), ""),
])
def test_room_is_one_and_a_half_times_what_the_last_release_took(cache, footprint, words):
    """And a key for each file."""
    full = {"used": 100_000, "scripts": 100, "free": 10**6, "keys": 0, "max_keys": 1000} | cache
    assert warm.shortage(full, 10, footprint) == words


@pytest.mark.parametrize(("scripts", "footprint"), [
    (100, (14 * 2**20, 100)), (1, (30 * 1024, 1)), (0, (30 * 1024, 1))])
def test_where_nothing_was_measured_the_average_stands_for_it(scripts, footprint):
    """Of few files it is what OPcache takes for itself: then a usual size of one file."""
    assert footprint_of({"used": 14 * 2**20, "scripts": scripts}) == footprint


def test_the_first_release_on_a_full_opcache_is_compiled_after_the_reset(rig):
    """Nothing was measured yet: the average is the one from before the cache became empty."""
    with rig(kind="realpath", ini=SMALL | {"opcache.memory_consumption": "9"}) as it:
        old_releases(it, 3)
        compile_all(it, OLD)
        age(it, NEW)
        names = files_of(it, NEW)
        cache = it.www.status()["opcache"]
        assert warm.shortage(cache, 130, footprint_of(cache)), cache
        row = warm.prepare(it.ctx(php_files=names))["php-fpm"]
    assert row["reset_before"] is True
    assert row["warmed"] == row["wanted"] > 120


def test_room_is_made_by_what_goes_anyway_and_by_one_reset_in_a_quiet_moment(rig):
    """Releases about to be deleted first; their memory is only wasted, so the reset follows."""
    with rig(kind="realpath", ini=SMALL) as it:
        doomed = old_releases(it, 3)
        compile_all(it, OLD)
        age(it, NEW)
        names = files_of(it, NEW)
        free = it.www.status()["opcache"]["free"]
        kept = Kept(footprint={"php-fpm": ((free + 500_000) / 1.5, len(names))})
        ctx = it.ctx(php_files=names, doomed=doomed, kept=kept)
        row = warm.prepare(ctx)["php-fpm"]
        assert row["invalidated"] > 300
        assert row["reset_before"] is True
        assert row["warmed"] == row["wanted"] > 120
        assert compiled(it, NEW) == row["wanted"]
        assert any("resetting it before the switch" in line for line in it.said)


def test_without_a_quiet_moment_the_release_goes_on_uncompiled_and_says_why(rig, monkeypatch):
    """A reset would turn OPcache off for everybody until the long request has ended."""
    monkeypatch.setattr(warm, "QUIET_LIMIT_S", 1)
    with rig(kind="realpath", ini=SMALL) as it:
        compile_all(it, OLD)
        kept = Kept(footprint={"php-fpm": (10**9, 10)})
        with visiting(it, OLD, seconds=5):
            time.sleep(1)
            ctx = it.ctx(php_files=files_of(it, NEW), kept=kept)
            row = warm.prepare(ctx)["php-fpm"]
        assert row["warmed"] == 0
        assert "left no quiet moment to reset it" in row["skipped"]
        assert it.said[-1].startswith("PHP pool www on web-9: not prepared, OPcache has ")
        assert it.www.status()["opcache"]["manual_restarts"] == 0


def test_a_release_that_is_too_large_for_opcache_is_not_compiled(rig):
    """Not even after the reset: then the first visitors compile it, as before."""
    with rig(kind="realpath", ini=SMALL) as it:
        compile_all(it, OLD)
        kept = Kept(footprint={"php-fpm": (10**9, 10)})
        row = warm.prepare(it.ctx(php_files=files_of(it, NEW), kept=kept))["php-fpm"]
        assert (row["warmed"], row["reset_before"]) == (0, True)
        assert "KB left for" in row["skipped"]
