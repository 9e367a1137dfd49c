"""The witness on real servers: it sees what visitors get, and tells the version by itself."""

import re

import pytest

from deployments import tasks
from deployments.coherence import reset
from deployments.models import Environment, ServerCommand, WitnessRecord
from deployments.pipeline import witnesses
from deployments.witness_words import NEW, OLD, STALE, sentence, totals
from tests.sandbox.webhost import WebHost
from tests.show import story


@pytest.fixture(scope="module")
def restyled(site_repository):
    """The tag of a version whose style sheet has a name of its own."""
    site_repository.add_version("7.0", style="main { padding-top: 7px }\n")
    return "v7.0"


@pytest.fixture
def watched(show):
    """A function that releases with a witness around the switch: `watched(ref)`."""
    def release(ref, **wanted):
        Environment.objects.update(**{"witness_rate": 10, "witness_settle_s": 1} | wanted)
        show.environment.refresh_from_db()
        return show.release(ref)

    return release


def records(deployment):
    return list(WitnessRecord.objects.filter(target__deployment=deployment)
                .order_by("target__server_name"))


def test_a_good_switch_is_seen_as_one_and_each_page_tells_its_version(restyled, show, watched):
    """By the scripts and styles that it names; through SSH, on a server that follows at once and
    on one that must be reset."""
    with WebHost("web-1", kind="realpath") as quick, WebHost("web-2", kind="stale") as stale:
        show.on(quick, stale)
        assert show.release("v2.0").status == "succeeded"

        ended = watched(restyled)

        kept = records(ended)
        assert ended.status == "succeeded", story(ended)
        good = "Every test visit got a good page while it was switched: "
        assert f" {good}" in ended.result
        counts = totals([vars(record) for record in kept])
        assert sentence(counts).startswith(good), sentence(counts)
        assert [record.target.server_name for record in kept] == ["web-1", "web-2"]
        assert (counts["untold"], counts["excused"]) == (0, 0)
        for record in kept:
            before = {s[3] for s in record.samples if s[0] < record.moments["switch"]}
            after = {s[3] for s in record.samples if s[0] > record.moments["coherent"]}
            assert OLD in before, record.samples
            assert NEW not in before
            assert NEW in after
            assert OLD not in after
            assert list(record.moments) == ["switch", "act", "coherent", "proved"]
            assert record.moments["proved"] <= record.ended_ms
            assert "asset" in {place["sort"] for place in record.paths}


def _not_done(self):
    """What goes by opcache_reset()'s answer sees no more than this."""
    return {"manual_restarts_before": 0, "manual_restarts": 0, "waited_ms": 0}


def test_old_pages_after_php_was_said_to_follow_break_the_budget(show, watched, monkeypatch):
    """The reset never happens, and nobody asks the workers: the witness sees it by itself, and
    the release goes back with its sentence."""
    monkeypatch.setattr(reset._Reset, "wait", _not_done)
    monkeypatch.setattr("deployments.pipeline.steps.prove.Prove.run", lambda self, ctx: None)
    with WebHost("web-2", kind="stale") as host:
        show.on(host)
        assert show.release("v1.0").status == "succeeded"

        ended = watched("v2.0", witness_mark="Shop-Release")

    record = records(ended)[0]
    assert record.old > 0
    assert record.old == sum(sample[5] == STALE for sample in record.samples)
    assert re.match(r"Visitors got \d+ old answers? \(0 are allowed\)\. First ", ended.cause)
    assert "web-2: / came from the old version." in ended.cause
    assert {"back", "back_coherent"} <= set(record.moments)
    assert ended.status == "failed"
    assert record.target.status == "reverted"


def test_a_lost_folder_of_assets_breaks_pages_that_were_loaded_before(
        restyled, show, watched):
    """The project did not say that older files of it stay: it is told to."""
    type(show.project).objects.update(asset_folders="")
    with WebHost("web-1", kind="realpath") as host:
        show.on(host)
        assert show.release("v2.0").status == "succeeded"

        ended = watched(restyled)

    assert ended.cause.startswith("Visitors got "), story(ended)
    assert "failed answer" in ended.cause
    assert "/build/shop." in ended.cause
    assert "add its folder to the project's asset folders" in ended.cause
    assert (host.name, ended.status) == ("web-1", "failed")


def test_a_page_that_hangs_since_the_switch_turns_it_back(
        site_repository, show, watched, monkeypatch):
    """No check page, so nothing else asks for it: no answer in time is a failed one."""
    monkeypatch.setattr(witnesses, "DEADLINE_S", 3)
    site_repository.add_variant("hanging-page")
    tasks.read_source(show.project.pk)
    with WebHost("web-1", kind="realpath") as host:
        show.on(host)
        assert show.release("v2.0").status == "succeeded"

        ended = watched("hanging-page", witness_rate=1, witness_paths="/\n/delivery.php")

    assert "failed answer" in ended.cause, story(ended)
    assert "/delivery.php gave no answer (too late)" in ended.cause
    assert (host.name, ended.status) == ("web-1", "failed")


def test_commands_after_the_switch_that_break_the_site_turn_it_back(show, watched):
    """They run after the proof: visitors are asked about until the end."""
    ServerCommand.objects.create(
        project=show.project, moment="after", command="chmod 000 public && sleep 4")
    with WebHost("web-1", kind="realpath") as host:
        show.on(host)
        ended = watched("v2.0")

    assert "failed answer" in ended.cause, story(ended)
    assert (host.name, ended.status) == ("web-1", "failed")
