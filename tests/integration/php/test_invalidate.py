"""Taking a release out of OPcache: only one that nobody needs."""

import pytest

from deployments.remote.faults import DoorUnusable


def warm(site, *files):
    return site.door().ask("warm", files=[site.path(file) for file in files], deadline_s=60)


def invalidate(site, below, keep="releases/r1"):
    return site.door().ask("invalidate", below=site.path(below), keep=site.path(keep),
                           deadline_s=60)


def listed(site, release):
    below = site.path(f"releases/{release}")
    return site.door().ask("scripts", below=below, deadline_s=60)["files"]


def test_a_release_that_nobody_needs_leaves_opcache(site):
    """Its files are compiled anew when somebody asks for them; others stay."""
    warm(site, "releases/r2/Shop.php", "releases/r1/Shop.php")
    assert invalidate(site, "releases/r2")["invalidated"] == 1
    assert (listed(site, "r2"), listed(site, "r1")) == ([], ["Shop.php"])
    assert warm(site, "releases/r2/Shop.php")["warmed"]
    assert listed(site, "r2") == ["Shop.php"]


def test_the_live_release_and_the_one_that_comes_stay(site):
    """`current` names r1; r2 is about to be switched to."""
    warm(site, "releases/r2/Shop.php", "releases/r1/Shop.php")
    for below, keep in (("releases/r1", "releases/r2"), ("releases/r2", "releases/r2"),
                        ("current", "releases/r2")):
        with pytest.raises(DoorUnusable, match="it is no release, or is needed"):
            invalidate(site, below, keep)
    assert (listed(site, "r2"), listed(site, "r1")) == (["Shop.php"], ["Shop.php"])


@pytest.mark.parametrize("below", [
    "releases", ".", ".releasemgr", "releases/gone", "shared", "releases/r2/../r1",
    "releases/r2/public", "/etc"])
def test_nothing_but_a_whole_release_is_taken_out(site, below):
    """A part of one, all of them, other folders and other sites' files: refused."""
    warm(site, "releases/r1/Shop.php")
    path = below if below.startswith("/") else site.path(below)
    with pytest.raises(DoorUnusable, match="Refused"):
        site.door().ask("invalidate", below=path, keep=site.path("releases/r1"), deadline_s=60)
    assert listed(site, "r1") == ["Shop.php"]
