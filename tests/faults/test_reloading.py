"""*Make PHP reload* does what it says, whatever the strategy, and takes nothing away."""

import shutil

from tests.show import story

from .conftest import assert_refused_before_anything_changed


def test_php_is_made_to_reload_where_the_web_server_resolves_the_link_too(show, realpath):
    """A file edited by hand stays old in OPcache there as well: whoever asks wants it gone."""
    deployment = show.reload()

    assert deployment.status == "succeeded", story(deployment)
    evidence = deployment.targets.get().evidence
    cache = evidence["cache"]["php-fpm"]
    assert cache["manual_restarts"] == cache["manual_restarts_before"] + 1
    assert {row["pool"] for row in evidence["pools"]} == {"www", "api"}


def test_a_reload_that_fails_takes_no_release_away(show, realpath):
    """The link was changed by hand, and the release it should name has lost its marker."""
    root = realpath.host.root
    name = (root / "current").readlink().name
    (root / "releases/by-hand/public").mkdir(parents=True)
    (root / "current").unlink()
    (root / "current").symlink_to("releases/by-hand")
    (root / "releases" / name / ".releasemgr/marker.php").unlink()
    if realpath.host.account:
        shutil.chown(root / "releases/by-hand", realpath.host.ssh_user)
    realpath.remember()

    deployment = show.reload()

    assert_refused_before_anything_changed(deployment, realpath, "current names releases/by-hand")


def test_a_version_that_is_gone_everywhere_is_named(show, realpath):
    """Its folder was pruned and its archive removed: going back to it needs a new build."""
    from deployments.pipeline.contexts import store

    first = show.project.releases.get()
    second = show.release("v2.0")
    assert second.status == "succeeded", story(second)
    store().path(show.project.slug, first.name).unlink()
    for path in (realpath.host.root / "releases" / first.name).rglob("marker.php"):
        path.unlink()

    deployment = show.go_back(release=first)

    assert deployment.status == "failed", story(deployment)
    assert "Build that commit again" in deployment.result
    assert (realpath.host.root / "current").readlink().name == second.release.name
