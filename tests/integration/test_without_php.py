"""A site without PHP: proved by its link, its checked content and its pages."""

from deployments.models import Project
from tests.faults.moments import at
from tests.sandbox.webhost import WebHost
from tests.show import story


def _static(show, host):
    show.on(host, php_door="none", strategy="none")
    # The sandbox's web server runs PHP all the same; a file is what such a site would be asked for.
    show.project.check_pages.create(path="/build/manifest.json")
    Project.objects.update(asset_folders="")
    return show


def test_a_site_without_php_is_live_when_its_link_names_the_release(show):
    """The page says that no PHP worker exists to ask."""
    with WebHost("web-1", kind="realpath") as host:
        deployment = _static(show, host).release("v1.0")
        link = (host.root / "current").readlink()

    assert deployment.status == "succeeded", story(deployment)
    assert "No PHP worker exists there to ask" in deployment.result
    assert deployment.targets.get().evidence["link"] == str(link)
    assert deployment.targets.get().commands <= 8


def test_a_link_that_was_changed_meanwhile_is_not_proved(show, monkeypatch):
    """Somebody points `current` elsewhere after our switch: never called live."""
    with WebHost("web-1", kind="realpath") as host:
        first = _static(show, host).release("v1.0")

        def meddle(ctx):
            (host.root / "current").unlink()
            (host.root / "current").symlink_to(f"releases/{first.release.name}")

        at(monkeypatch, "after switch", meddle)
        deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert "web-1" in deployment.result
