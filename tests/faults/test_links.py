"""`current` and release folders that somebody changed by hand, before and in mid-release."""

import shutil

import pytest

from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed
from .moments import at


def _point(server, target):
    """Let `current` name something else, as a person with `ln` would."""
    current = server.host.root / "current"
    current.unlink()
    current.symlink_to(target)


def _folder(server, name):
    return server.host.root / "releases" / name


def _remove(server, name):
    shutil.rmtree(_folder(server, name))


def test_no_link_at_all_is_a_first_release(show):
    """`current` is missing: there is nothing to go back to, and that is said."""
    with WebHost("web-1", kind="realpath") as host:
        deployment = show.on(host).release("v1.0")

        assert deployment.status == "succeeded", story(deployment)
        assert "First release here" in story(deployment)


@pytest.mark.parametrize("target", ["releases/gone", "current"], ids=["dangling", "loop"])
def test_a_link_that_leads_nowhere_is_told_before_the_switch(show, realpath, target):
    """There would be no way back; once the link is gone it is a first release."""
    _point(realpath, target)
    realpath.remember()

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert f"web-1: {realpath.host.root}/current names {target}, where no version lies" \
        in deployment.result
    assert realpath.is_untouched(), realpath.look()
    (realpath.host.root / "current").unlink()
    assert show.release("v2.0").status == "succeeded"


def test_an_absolute_link_is_released_over_and_put_back_as_it_was(show, realpath, site_repository):
    """Other tools make such links; going back restores it to the letter."""
    from deployments import tasks

    site_repository.add_variant("broken-page")
    tasks.read_source(show.project.pk)
    live = realpath.before[0].name
    _point(realpath, _folder(realpath, live))
    realpath.remember()

    failed = show.release("broken-page")

    assert failed.status == "failed", story(failed)
    assert failed.targets.get().status == "reverted"
    assert realpath.look()[0] == realpath.before[0]
    assert show.release("v2.0").status == "succeeded"


def test_a_version_removed_by_hand_before_the_switch_is_told(show, realpath, monkeypatch):
    """The folder that was copied a moment ago is gone: the link stays where it is."""
    at(monkeypatch, "before switch", lambda ctx: _remove(realpath, ctx.release.name))

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert "There is no folder" in deployment.result
    assert realpath.is_untouched(), realpath.look()


def test_a_version_removed_by_hand_after_the_switch_is_put_back(show, realpath, monkeypatch):
    """The link goes back at once; that no worker kept the lost version is proved when asked."""
    at(monkeypatch, "after switch", lambda ctx: _remove(realpath, ctx.release.name))

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert realpath.look()[0] == realpath.before[0]
    decided = show.decide(deployment, "put_back")
    assert decided.words == "Went back to v1.0", story(decided)
    assert realpath.is_untouched(), realpath.look()


def test_a_way_back_that_was_removed_by_hand_needs_a_person(show, realpath, monkeypatch):
    """The new version fails and the one before is gone: nobody calls that failed or live."""
    live = realpath.before[0].name

    def and_spoil(ctx):
        _remove(realpath, live)
        (_folder(realpath, ctx.release.name) / "public/index.php").unlink()

    at(monkeypatch, "after switch", and_spoil)

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert "There is no folder" in deployment.result
    assert deployment.targets.get().status == "unknown"


def test_a_root_whose_path_is_too_long_is_refused_in_words(show, realpath):
    """Longer than the kernel takes: told before anything is sent."""
    show.environment.installations.update(root=str(realpath.host.root / ("a" * 300)))

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, realpath, "web-1", "File name too long")
