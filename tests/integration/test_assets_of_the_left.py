"""Going back: pages of the left version that are still open find their styles and scripts."""

import re
import urllib.error
import urllib.request

import pytest

from deployments import tasks
from deployments.errors import StepFailed
from deployments.models import Environment, WitnessRecord
from deployments.pipeline.steps.prove import Prove
from deployments.services import drift
from deployments.witness_words import totals
from tests.sandbox.webhost import WebHost
from tests.show import story


@pytest.fixture(scope="module")
def restyled(site_repository):
    """The tag of a version whose style sheet has a name of its own."""
    site_repository.add_version("7.1", style="main { padding-top: 71px }\n")
    return "v7.1"


@pytest.fixture
def host():
    with WebHost("web-1", kind="realpath") as host:
        yield host


def status(host, path):
    try:
        with urllib.request.urlopen(host.url + path, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def assets_of(folder):
    """Paths that only this version's pages name."""
    return {f"build/{path.name}" for path in (folder / "public/build").iterdir()}


def own_findings(show, title):
    """What the drift watch finds now in the folder of the version."""
    drift.ask(show.admin, show.environment)
    tasks.look_for_drift(show.environment.pk)
    row = drift.answered(show.environment.installations.get()).first()
    assert row.problem == "", row.problem
    return [found["text"] for found in row.findings if found["release"] == title]


def test_pages_of_the_left_version_lose_nothing_and_the_drift_watch_knows_why(
        restyled, show, host):
    """What somebody put there is not taken along, and the witness saw no failure."""
    show.on(host)
    folders = [host.root / "releases" / show.release(ref).release.name
               for ref in ("v2.0", restyled)]
    named = assets_of(folders[1]) - assets_of(folders[0])
    assert named
    (folders[1] / "public/build/evil.css").write_text("evil")
    Environment.objects.update(witness_rate=10, witness_settle_s=1)
    show.environment.refresh_from_db()

    done = show.go_back()

    assert done.status == "succeeded", story(done)
    counts = totals([vars(row) for row in WitnessRecord.objects.filter(target__deployment=done)])
    assert (counts["failed"], counts["old"], counts["mixed"]) == (0, 0, 0), counts
    assert {status(host, path) for path in named} == {200}
    assert status(host, "build/evil.css") == 404
    assert re.search(r"\d+ assets of \S+ are kept for pages that are still open", story(done))
    assert own_findings(show, "v2.0") == []

    (folders[0] / "public" / min(named)).write_text("edited")
    assert len(own_findings(show, "v2.0")) == 1


def test_a_version_that_is_put_back_keeps_the_assets_of_the_one_that_failed(
        restyled, show, host, monkeypatch):
    """Visitors had its pages until then."""
    show.on(host)
    before = host.root / "releases" / show.release("v2.0").release.name
    prove = Prove.run

    def fail(self, ctx):
        if "went_back_to" not in ctx.evidence:
            raise StepFailed("not proved")
        return prove(self, ctx)

    monkeypatch.setattr(Prove, "run", fail)
    failed = show.release(restyled)

    assert (failed.status, (host.root / "current").resolve()) == ("failed", before), story(failed)
    failed_had = assets_of(host.root / "releases" / failed.release.name)
    assert failed_had <= assets_of(before)
    assert any((before / "public" / path).stat().st_nlink == 2 for path in failed_had)
    assert own_findings(show, "v2.0") == []
