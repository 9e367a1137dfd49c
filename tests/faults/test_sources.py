"""Refs and builds that go wrong: the deployment that waited for them ends, in one sentence."""

import pytest

from deployments import tasks
from deployments.errors import Refused
from deployments.models import AuditEntry, Deployment, Project, Release
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
    ("failing-build", {}, "exit"),
    ("hanging-build", {"build_limit_s": 3}, "3 s"),
    ("hanging-build", {"build_silence_s": 2}, "2 s"),
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


def _ask_unbuilt(show, ref):
    from deployments.services import deployments as verbs

    deployment = verbs.request_deployment(
        show.releaser, show.environment, ref=ref, request_key=f"ask {ref}")
    assert deployment.status == "waiting_for_build"
    tasks.build_release(deployment.release_id)
    deployment.refresh_from_db()
    deployment.release.refresh_from_db()
    return deployment.release, deployment
