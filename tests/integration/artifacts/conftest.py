"""A repository, its mirror, and a folder that other accounts may enter."""

import tarfile
import tempfile

import pytest

from deployments.artifacts.mirror import Mirror
from tests.integration.artifacts.repositories import Repository
from tests.sandbox.daemons import open_folder, remove_folder


@pytest.fixture
def open_place():
    """A temporary folder that other accounts may enter; pytest's own are closed."""
    folder = open_folder("relmgr-artifacts-")
    yield folder
    remove_folder(folder)


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "site")


@pytest.fixture
def mirror(tmp_path, repository):
    """A mirror of `repository`; nothing is fetched yet."""
    return Mirror(tmp_path / "mirror", url=repository.url)


@pytest.fixture
def exported():
    """A function: the files of an exported commit, path -> content."""

    def export(mirror, sha):
        with tempfile.TemporaryFile() as tree:
            mirror.export(sha, to=tree)
            tree.seek(0)
            with tarfile.open(fileobj=tree, ignore_zeros=True) as archive:
                return {
                    member.name: archive.extractfile(member).read().decode()
                    for member in archive
                    if member.isfile()
                }

    return export
