"""The files of two built versions, compared."""

import pytest

from deployments.artifacts.manifest import Manifest
from deployments.models import BuiltFiles
from deployments.services import built_files
from tests import factories

pytestmark = pytest.mark.django_db


def manifest(files, **links):
    made = Manifest()
    made.add_folder("src")
    for path, number in files.items():
        made.add_file(path, sha256=f"{number:064x}"[::-1], executable=False)
    for path, target in links.items():
        made.add_link(path, target=target)
    return made.content()


def built(shop, files, **links):
    release = factories.make_release(shop)
    built_files.keep(release, manifest(files, **links))
    return release


def test_what_differs_between_two_builds_is_told_by_name(shop):
    """Files and links; a name that is no text is shown all the same, and spaces are no end."""
    old = built(shop, {"same": 1, "a b.php": 2, "gone\udcff": 3}, link="x y", stays="//z")
    new = built(shop, {"same": 1, "a b.php": 4, "neu ü": 5}, link="elsewhere", stays="//z")
    found = built_files.between(old, new)
    assert found.rows == (("a b.php", "M"), ("gone?", "D"), ("link", "M"), ("neu ü", "A"))
    assert (found.added, found.changed, found.removed, found.is_complete) == (1, 2, 1, True)
    assert built_files.between(old, old).rows == ()


def test_nothing_is_told_of_what_is_not_kept(shop):
    """No comparison is better than a wrong one."""
    old, new = built(shop, {"a": 1}), factories.make_release(shop)
    assert built_files.between(old, new) is None
    assert built_files.between(new, old) is None


def test_only_the_newest_are_kept(shop, monkeypatch):
    """Of each project; building one again replaces its files."""
    monkeypatch.setattr(built_files, "KEPT", 2)
    other = built(factories.make_project(), {"a": 1})
    rows = [built(shop, {"a": number}) for number in range(3)]
    built_files.keep(rows[2], manifest({"b": 1}))
    assert set(BuiltFiles.objects.values_list("release", flat=True)) == {
        rows[1].pk, rows[2].pk, other.pk}
    assert built_files.between(rows[1], rows[2]).rows == (("a", "D"), ("b", "A"))
