"""The whole build's time: whatever uses it up, it ends in one sentence and leaves nothing."""

import time

import pytest

from deployments.artifacts.build import Build, Recipe
from deployments.artifacts.deadline import Deadline
from deployments.artifacts.export import export_tree
from deployments.artifacts.faults import BuildTooLong
from deployments.artifacts.making import ending_with
from deployments.errors import TakenOver

from .conftest import RELEASE

SITE = {"public/index.php": "<?php echo 1;"}
SENTENCE = "took longer than 10 s in all: make its commands faster, or raise BUILD_LIMIT_S"


def test_commands_that_keep_their_own_limits_do_not_outlast_the_whole_build(workshop):
    """Each may take 60 s, all of them together not: the one under way is ended."""
    lines, began = [], time.monotonic()
    with pytest.raises(BuildTooLong, match=SENTENCE):
        workshop.make(SITE, "sleep 1", "sleep 86431.1", "echo never", lines=lines, limit_s=60,
                      total_s=10)
    assert time.monotonic() - began < 50
    assert lines[-1] == "$ sleep 86431.1"
    assert workshop.leftovers() == []
    left = workshop.connection.run(["pgrep", "-xf", "sleep 86431.1"], timeout_s=10)
    assert left.lines == ()


def test_a_build_without_any_time_left_begins_nothing(workshop):
    """Fetching counts too: it used up everything."""
    lines = []
    with pytest.raises(BuildTooLong):
        workshop.make(SITE, "echo never", lines=lines, total_s=0)
    assert lines == []
    assert workshop.leftovers() == []
    assert not workshop.store.path("shop", RELEASE).exists()


def test_reading_the_result_ends_with_the_time(tmp_path):
    """Packing eight gigabytes takes its time as well."""
    (tmp_path / "result").write_bytes(b"1" * 100)
    deadline = Deadline(2)
    with open(tmp_path / "result", "rb") as stream:
        watched = deadline.watch(stream)
        assert watched.read(10) == b"1" * 10
        time.sleep(2.1)
        with pytest.raises(BuildTooLong):
            watched.read(10)


def test_a_source_that_hangs_is_no_reason_to_go_on_for_ever(mirror):
    """What failed because the time was over says that, and not what it was waiting for."""
    with pytest.raises(BuildTooLong), ending_with(Deadline(0)):
        mirror.keep("-x")


def test_a_build_that_another_worker_has_begins_nothing_and_removes_nothing(
        workshop, tmp_path):
    """The other one works in the same folders: its tree and its processes must not be ended."""
    sha = workshop.repository.commit(SITE)
    workshop.mirror.refresh()
    held, lines = [True], []
    deadline = Deadline(60, is_held=lambda: bool(held))
    recipe = Recipe(sha=sha, ref="main", release=RELEASE, commands=("echo never",))
    build = Build(workshop.connection, folder=workshop.folder, recipe=recipe, deadline=deadline,
                  on_line=lines.append)
    with open(tmp_path / "tree", "w+b") as tree:
        export_tree(workshop.mirror, sha, to=tree, deadline=deadline)
        tree.seek(0)
        build.unpack(tree)
        held.clear()
        for begin in (build.run_commands, lambda: build.unpack(tree),
                      lambda: build.collect(to=tree),
                      lambda: export_tree(workshop.mirror, sha, to=tree, deadline=deadline)):
            with pytest.raises(TakenOver):
                begin()
    build.remove()
    assert "never" not in lines
    assert workshop.leftovers() == [RELEASE, RELEASE]
