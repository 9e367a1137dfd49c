"""Where artifacts are kept."""

import pytest

from deployments.artifacts.faults import ContentRefused
from deployments.artifacts.store import ArtifactStore

from .trees import EPOCH, special, tar

RELEASE = "20261123T202645Z-17"


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "artifacts")


def test_other_accounts_cannot_read_artifacts(store):
    """The next build, as another account, must not read or change what was approved."""
    contents = store.save("shop", RELEASE, tar(("a", "1")), epoch=EPOCH)
    assert store.path("shop", RELEASE).stat().st_size == contents.archive_bytes
    assert store.path("shop", RELEASE).stat().st_mode & 0o777 == 0o600
    assert store.path("shop", RELEASE).parent.stat().st_mode & 0o777 == 0o700


def test_a_refused_tree_leaves_nothing_in_the_store(store):
    """Half an artifact must not be found by a later deployment."""
    with pytest.raises(ContentRefused):
        store.save("shop", RELEASE, tar(("a", "1"), special("./p", b"6")), epoch=EPOCH)
    assert list(store.path("shop", RELEASE).parent.iterdir()) == []


@pytest.mark.parametrize(
    ("project", "release"),
    [("../x", RELEASE), ("", RELEASE), ("shop", "../../x"), ("shop", "latest"), ("a/b", RELEASE)],
)
def test_names_of_another_form_never_become_paths(store, project, release):
    """Names come from rows, rows come from people."""
    with pytest.raises(ValueError, match="no project and release name"):
        store.path(project, release)
