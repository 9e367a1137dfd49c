"""*Make PHP reload* does what it says, whatever the strategy, and takes nothing away."""

import shutil

from deployments.errors import NotConfirmed
from deployments.pages.evidence import evidence_of
from deployments.pipeline.flows import RELOAD
from tests.show import story


def test_php_is_made_to_reload_where_the_web_server_resolves_the_link_too(show, realpath):
    """A file edited by hand stays old in OPcache there as well: whoever asks wants it gone."""
    deployment = show.reload()

    assert deployment.status == "succeeded", story(deployment)
    evidence = deployment.targets.get().evidence
    cache = evidence["cache"]["php-fpm"]
    assert cache["manual_restarts"] == cache["manual_restarts_before"] + 1
    assert {row["pool"] for row in evidence["pools"]} == {"www", "api"}
    assert deployment.targets.get().status == "proved"
    (shown,) = evidence_of(deployment)
    assert "6 of 6 PHP workers run it (www 4 of 4, api 2 of 2)" in shown["facts"]


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

    assert deployment.words == "Failed - nothing was changed", story(deployment)
    assert "current names releases/by-hand" in deployment.result
    assert deployment.result.endswith("Nothing was changed.")
    assert realpath.is_untouched(), realpath.look()
    assert not realpath.sessions()


def test_a_reload_that_is_not_proved_says_only_what_is_known(show, stale, monkeypatch):
    """Nobody knows which version PHP runs then: no page may say that visitors see this one."""
    monkeypatch.setattr(RELOAD[-1], "run", _not_proved)

    deployment = show.reload()

    assert deployment.words == "Failed - PHP was not proved to follow", story(deployment)
    assert deployment.result == (
        "web-2: no worker answers. No file was changed; PHP on web-2 may still run an older "
        "version.")
    assert stale.is_untouched(), stale.look()


def _not_proved(ctx):
    raise NotConfirmed("web-2: no worker answers.")


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
