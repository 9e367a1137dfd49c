"""DeployPaths: where everything lies on a server, and names that are refused."""

import pytest

from deployments.paths import DeployPaths

ROOT = "/srv/-shop 'x' $(id)\n"


def test_each_path_lies_below_the_root():
    """The layout that scripts, PHP files and documentation describe."""
    paths = DeployPaths(ROOT)
    assert paths.current == f"{ROOT}/current"
    assert paths.releases == f"{ROOT}/releases"
    assert paths.release("R-1") == f"{ROOT}/releases/R-1"
    assert paths.shared == f"{ROOT}/shared"
    assert paths.ours == f"{ROOT}/.releasemgr"
    assert paths.control("control-1.php") == f"{ROOT}/.releasemgr/control-1.php"
    assert paths.endpoint == f"{ROOT}/.releasemgr/endpoint.php"
    assert paths.incoming("R-1", 7) == f"{ROOT}/.releasemgr/incoming/R-1.7"
    assert paths.trash == f"{ROOT}/.releasemgr/trash"
    assert paths.door == f"{ROOT}/.releasemgr/door"
    assert paths.keys == f"{ROOT}/.releasemgr/door/keys.json"
    assert paths.refusals == f"{ROOT}/.releasemgr/door/refusals.log"


def test_a_slash_at_the_end_changes_nothing():
    """Two spellings of one folder are one root."""
    assert DeployPaths("/srv/shop/") == DeployPaths("/srv/shop")


@pytest.mark.parametrize("root", ["", "/", "//", "srv/shop", "~/shop"])
def test_a_root_that_is_no_folder_of_its_own_is_refused(root):
    """Neither relative nor the whole disk."""
    with pytest.raises(ValueError, match="absolute"):
        DeployPaths(root)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "/x", "a\0b"])
def test_a_name_that_is_a_path_is_refused(name):
    """It would lead out of its folder."""
    paths = DeployPaths("/srv/shop")
    for make in (paths.release, paths.control,
                 lambda each: paths.incoming(each, 1)):
        with pytest.raises(ValueError, match="plain"):
            make(name)
