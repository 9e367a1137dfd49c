"""A version that lies on a server and was edited there does not go live again unseen."""

import pytest

from deployments import tasks
from deployments.models import ServerCommand
from deployments.services import drift
from tests.sandbox.webhost import WebHost
from tests.show import story


@pytest.fixture
def host():
    with WebHost("web-1", kind="realpath") as host:
        yield host


def test_an_edited_version_is_refused_before_the_switch_and_built_again_goes_live(show, host):
    """Going back and releasing it again; each says which file it was, and what to do."""
    show.on(host)
    first, second = show.release("v1.0"), show.release("v2.0")
    assert second.status == "succeeded", story(second)
    folder = host.root / "releases" / first.release.name
    (folder / "src/Api.php").write_text("<?php evil();")
    (folder / "public/evil.php").write_text("<?php evil();")

    back, again = show.go_back(), show.release(first.release)

    for refused in (back, again):
        assert refused.status == "failed", story(refused)
        assert refused.cause == (
            f"web-1: {first.release.name} is there already, but was changed since: public/evil.php "
            "was added: a hand edit, or an intruder’s file. src/Api.php was changed. Build that "
            "version again and release the new build: it gets a folder of its own.")
    assert (host.root / "current").resolve().name == second.release.name
    fresh = show.release(show.build("v1.0"))
    assert fresh.status == "succeeded", story(fresh)
    assert fresh.release.name != first.release.name
    assert not (host.root / "current/public/evil.php").exists()


def test_what_commands_of_the_project_may_have_changed_is_said_and_goes_on(show, host):
    """Until a look of the drift watch has seen the version whole after they had run."""
    ServerCommand.objects.create(project=show.project, moment="before", limit_s=20,
                                 command="echo '// built here' >> src/Api.php")
    show.on(host)
    first, second = show.release("v1.0"), show.release("v2.0")
    assert second.status == "succeeded", story(second)

    back = show.go_back()

    assert back.status == "succeeded", story(back)
    assert "src/Api.php was changed. Commands of the project may have done it, so it goes on" in \
        story(back)

    ServerCommand.objects.update(command="true")
    fresh = [show.release(show.build(ref)) for ref in ("v1.0", "v2.0")]
    drift.ask(show.admin, show.environment)
    tasks.look_for_drift(show.environment.pk)
    (host.root / "releases" / fresh[0].release.name / "src/Api.php").unlink()
    refused = show.go_back()
    assert (refused.status, "src/Api.php is missing." in refused.cause) == ("failed", True), \
        story(refused)
    assert first.release.name != fresh[0].release.name
