"""Disks that are full, out of inodes, read-only or not ours: told in words, nothing changed."""

import os
import shutil

import pytest

from deployments.errors import StepFailed
from tests.sandbox.disks import small_disk
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed, live
from .moments import at

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")


@pytest.fixture
def disk(show):
    """A server whose site lies on a small disk of its own, with version 1.0 live."""
    with WebHost("web-1", kind="realpath") as host, small_disk(host.root) as small:
        small.server = live(show, host)
        yield small


def test_a_disk_that_gets_full_in_the_middle_of_the_copy_changes_nothing(show, disk, monkeypatch):
    """There was room when it was asked for; the half-copied version is taken away again."""
    at(monkeypatch, "after inspect", lambda ctx: disk.fill(leave_kb=200))

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, disk.server, "web-1", "No space left")


def test_inodes_that_run_out_in_the_middle_of_the_copy_change_nothing(show, disk, monkeypatch):
    """Many small files fill a disk that has room."""
    at(monkeypatch, "after inspect", lambda ctx: disk.use_up_inodes(leave=20))

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, disk.server, "web-1", "No space left")


def test_too_few_inodes_are_told_before_anything_is_copied(show):
    """Asked for before the copy, as room is."""
    with WebHost("web-1", kind="realpath") as host, small_disk(host.root, inodes=90):
        deployment = show.on(host).release("v1.0")
        left = list((host.root / "releases").glob("*"))

    assert deployment.status == "failed", story(deployment)
    assert "web-1: Too few inodes for" in deployment.result
    assert left == []


def test_a_switch_that_finds_no_inode_leaves_the_old_version_live(show, disk, monkeypatch):
    """The new link cannot be made: visitors keep what they have, and that is proved."""
    at(monkeypatch, "before switch", lambda ctx: disk.use_up_inodes())

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert disk.server.look()[0] == disk.server.before[0]


def test_a_read_only_disk_is_told_before_anything_changes(show, disk):
    """As a disk with errors is remounted by the kernel."""
    disk.make_read_only()

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, disk.server, "web-1", "Read-only file system")


def test_a_disk_that_turns_read_only_after_the_switch_needs_a_person(show, disk, monkeypatch):
    """It can neither be proved nor put back by us; once it is writable again, it can."""
    def spoil(ctx):
        disk.make_read_only()
        raise StepFailed("web-1: the site is not as it should be.")

    at(monkeypatch, "after switch", spoil)

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert "Read-only file system" in deployment.result
    disk.make_writable()
    decided = show.decide(deployment, "put_back")
    assert decided.targets.get().status == "reverted", story(decided)
    assert disk.server.look()[0] == disk.server.before[0]


def test_a_folder_we_may_not_write_in_is_told_with_our_account(show, realpath):
    """Somebody worked there as root."""
    releases = realpath.host.root / "releases"
    shutil.chown(releases, "root", "root")

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, realpath, f"as {realpath.host.ssh_user}", "Permission denied")
