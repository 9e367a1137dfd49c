"""A project's branches, tags and commits as rows: what is gone is gone, readings may meet."""

from datetime import UTC, datetime

import pytest

from deployments.artifacts.mirror import Commit, Ref
from deployments.artifacts.touched import Touched
from deployments.models import Project
from deployments.pipeline import sources

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def refs(*names):
    return [Ref(name, "branch", f"{number:040x}", NOW) for number, name in enumerate(names)]


def commits():
    return [Commit(f"{number:040x}", (), "Ada", NOW, "Change") for number in range(300)]


def files():
    return {f"{number:040x}": Touched(("M a.php",), 7) for number in range(300)}


def test_a_reading_replaces_what_the_one_before_found(shop):
    """A branch that is gone there is gone here; commits stay, deployments name them."""
    sources._write(shop, refs("main", "gone"), commits(), files())
    sources._write(shop, refs("main", "new"), commits()[:1], {})
    assert set(shop.refs.values_list("name", flat=True)) == {"main", "new"}
    assert shop.commits.filter(files=["M a.php"], files_count=7).count() == 300


def test_two_readings_at_once_are_written_one_after_the_other(shop, at_once):
    """A page was opened just when the schedule came round."""
    def read():
        sources._write(Project.objects.get(pk=shop.pk), refs("main", "v1.0"), commits(), files())
        return "written"

    for _ in range(5):
        assert at_once(read, read, read) == ["written"] * 3
    assert sorted(shop.refs.values_list("name", flat=True)) == ["main", "v1.0"]
