"""Refs and builds that go wrong: the deployment that waited for them ends, in one sentence."""

import pytest
from django.conf import settings

from deployments import tasks
from deployments.errors import Refused
from deployments.models import AuditEntry, Deployment, Project, Release
from deployments.services import deployments as verbs
from tests.sandbox.daemons import free_port
from tests.sandbox.site import run_git
from tests.show import story


@pytest.mark.parametrize(("ref", "words"), [
    ("v9.9", "has no version “v9.9”"),
    ("--upload-pack=x", "cannot be a version's name"),
    ("$(id)", "cannot be a version's name"),
    ("a b", "cannot be a version's name"),
])
def test_a_ref_that_names_nothing_is_refused_and_recorded(show, realpath, ref, words):
    """The refusal is kept, although what it undid is gone."""
    before = Release.objects.count(), Deployment.objects.count()

    with pytest.raises(Refused, match="version"):
        show.build(ref)

    assert (Release.objects.count(), Deployment.objects.count()) == before
    entry = AuditEntry.objects.first()
    assert entry.outcome == "refused"
    assert words in entry.sentence


@pytest.mark.parametrize(("variant", "limits", "words"), [
    ("failing-build", {}, "see the end of its output"),
    ("hanging-build", {"build_limit_s": 3}, "did not finish within 3 s"),
    ("hanging-build", {"build_silence_s": 2}, "printed nothing for 2 s"),
    ("lfs-pointer", {}, "public/catalogue.pdf"),
])
def test_a_build_that_fails_ends_the_deployment_that_waits_for_it(
        show, realpath, site_repository, variant, limits, words):
    """One sentence names what went wrong; no server was touched."""
    site_repository.add_variant(variant)
    Project.objects.update(**limits)
    tasks.read_source(show.project.pk)

    release, deployment = _ask_unbuilt(show, variant)

    assert release.status == "failed", release.problem
    assert words in release.problem
    assert deployment.status == "failed", story(deployment)
    assert "could not be built" in deployment.result
    assert deployment.words == "Failed - visitors still see v1.0"
    assert realpath.is_untouched()


def test_a_build_that_prints_a_gigabyte_is_cut_in_the_log_and_built(
        show, realpath, site_repository):
    """Output is no reason to fail, and none to fill the database."""
    site_repository.add_variant("noisy-build")
    tasks.read_source(show.project.pk)

    release, deployment = _ask_unbuilt(show, "noisy-build")

    size = sum(len(line.text) for line in release.log.all())
    assert release.status == "ready", release.problem
    assert size < 6_000_000
    assert deployment.status == "queued"


def test_a_build_that_prints_no_text_at_all_is_logged_as_text(show, realpath, site_repository):
    """NUL, broken UTF-8 and what terminals obey: nothing of it reaches the log's page."""
    site_repository.add_variant("binary-build")
    tasks.read_source(show.project.pk)

    release, deployment = _ask_unbuilt(show, "binary-build")

    text = "\n".join(line.text for line in release.log.all())
    assert release.status == "ready", release.problem
    assert "before" in text
    assert "red" in text
    assert not set(text) & set("\0\x1b\x07\r\u202e")
    assert deployment.status == "queued"


def test_a_branch_that_was_moved_after_the_click_changes_nothing(show, realpath, site_repository):
    """The commit was resolved when it was asked for: that one is built, whatever is pushed."""
    asked = site_repository.commit_of("v1.0")
    run_git("branch", "--force", "moving", asked, cwd=site_repository.path)
    tasks.read_source(show.project.pk)
    deployment = _ask(show, "moving")
    run_git("branch", "--force", "moving", "v2.0", cwd=site_repository.path)

    release, deployment = _build(deployment)

    assert release.commit_sha == asked
    assert release.status == "ready", release.problem
    assert deployment.status == "queued"


def _take_the_git_host_away():
    Project.objects.update(repository_url=f"https://127.0.0.1:{free_port()}/team/site.git")


def test_a_git_host_that_is_down_does_not_stop_what_was_read_already(show, realpath):
    """The commit is here since it was read; the project's page tells that the host is down."""
    _take_the_git_host_away()

    release, deployment = _build(_ask(show, "v2.0"))
    tasks.read_source(show.project.pk)

    assert release.status == "ready", release.problem
    assert deployment.status == "queued"
    show.project.refresh_from_db()
    assert "could not be reached" in show.project.source_problem


def test_a_git_host_that_is_down_when_it_is_needed_ends_the_deployment(
        show, realpath, monkeypatch, tmp_path):
    """Nothing is kept here and nothing answers there: not built, and the live one stays."""
    deployment = _ask(show, "v2.0")
    _take_the_git_host_away()
    monkeypatch.setattr(settings, "PRIVATE_ROOT", tmp_path)

    release, deployment = _build(deployment)

    assert release.status == "failed"
    assert release.problem.startswith("The source https://127.0.0.1:")
    assert "could not be reached" in release.problem
    assert deployment.status == "failed", story(deployment)
    assert "could not be built" in deployment.result
    assert realpath.is_untouched()


def _ask(show, ref):
    deployment = verbs.request_deployment(
        show.releaser, show.environment, ref=ref, request_key=f"ask {ref}")
    assert deployment.status == "waiting_for_build"
    return deployment


def _build(deployment):
    tasks.build_release(deployment.release_id)
    deployment.refresh_from_db()
    deployment.release.refresh_from_db()
    return deployment.release, deployment


def _ask_unbuilt(show, ref):
    return _build(_ask(show, ref))
