"""Where releases lie: a data folder's identity, and whether another machine has what we lack."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import WorkerCluster
from deployments.services import clusters
from deployments.services.whereabouts import data_folder, folders_apart, kept_elsewhere
from tests import factories


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """A data folder of our own."""
    settings.PRIVATE_ROOT = tmp_path
    return tmp_path


def test_a_data_folder_gets_its_identity_once(folder, at_once):
    """However many processes ask at the same moment, and nothing else is left there."""
    names = at_once(*[data_folder] * 8)
    assert len(set(names)) == 1
    assert len(names[0]) == 36
    assert data_folder() == names[0]
    assert [path.name for path in folder.iterdir()] == ["identity"]


def test_two_folders_have_two_identities(folder, settings):
    """Also on machines that were cloned later: the file is theirs, not the machine's."""
    first = data_folder()
    settings.PRIVATE_ROOT = folder / "other"
    settings.PRIVATE_ROOT.mkdir()
    assert data_folder() != first


@pytest.mark.parametrize(("kept_in", "is_here", "elsewhere"), [
    ("theirs", False, "other:1"), ("theirs", True, ""), ("", False, ""),
    ("ours", False, ""), ("nobody's", False, ""),
])
def test_a_release_is_left_to_another_machine_that_has_it_alone(db, kept_in, is_here, elsewhere):
    """Not when we have it, when it should be here, or when nobody alive has it."""
    clusters.register("other:1", data_folder="theirs")
    release = factories.make_release(
        kept_in=data_folder() if kept_in == "ours" else kept_in)
    assert kept_elsewhere(release, is_here=is_here) == elsewhere


def test_a_machine_that_gave_no_sign_of_life_for_a_while_has_nothing(db):
    """Waiting for it would be waiting for ever."""
    clusters.register("other:1", data_folder="theirs")
    release = factories.make_release(kept_in="theirs")
    WorkerCluster.objects.update(seen_at=timezone.now() - timedelta(seconds=clusters.ALIVE_S + 1))
    assert not kept_elsewhere(release, is_here=False)


def test_who_works_in_another_folder_is_known_by_name(db):
    """Our own machine and those that share our folder are not."""
    clusters.register("us:1", data_folder=data_folder())
    clusters.register("sharing:1", data_folder=data_folder())
    clusters.register("apart:1", data_folder="theirs")
    assert folders_apart("us:1") == ["apart:1"]
