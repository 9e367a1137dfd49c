"""Folders on the server not as they should be: refused in the server's words, nothing changed."""

import re
import subprocess

import pytest

from deployments.models import Installation, Project
from tests.error_sentences import says
from tests.sandbox.placement import place, share, switch
from tests.sandbox.site_variants import UNSHARED_FILE
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed


def test_current_as_a_real_folder_is_refused_with_the_commands_that_convert_it(show):
    """Nothing is converted by us."""
    with WebHost("web-1", kind="realpath") as host:
        (host.root / "current/public").mkdir(parents=True)

        deployment = show.on(host).release("v1.0")

        assert deployment.status == "failed", story(deployment)
        assert "is a real folder, not a link; nothing was changed." in deployment.result
        assert "mv " in deployment.result
        assert "current" in deployment.result
        assert (host.root / "current/public").is_dir()


def test_a_missing_shared_file_is_named_with_its_full_path(show, realpath):
    """A site without its settings file would break for visitors."""
    Project.objects.update(shared_files=f".env\n{UNSHARED_FILE}")

    deployment = show.release("v2.0")

    missing = f"{realpath.host.root}/shared/{UNSHARED_FILE}"
    assert_refused_before_anything_changed(deployment, realpath, missing)


def test_a_disk_without_room_is_told_before_anything_is_copied(show):
    """Room is asked for before the copy, in KB and inodes."""
    with WebHost("web-1", kind="realpath") as host:
        disk = host.root
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0777", "tmpfs", disk],
                       check=True)
        try:
            deployment = show.on(host).release("v1.0")
            left = list((disk / "releases").glob("*"))
        finally:
            subprocess.run(["umount", "-l", disk], check=True)

    assert deployment.status == "failed", story(deployment)
    says("disk", deployment.cause)
    assert re.search(r"web-1: Not enough disk space for .*: \d+ KB are needed, \d+ KB are free.",
                     deployment.result)
    assert left == []


def test_a_server_that_obeys_a_newer_worker_is_left_to_it(show, realpath):
    """It has seen a higher fence than ours, as after our database was set back: never undercut."""
    (realpath.host.root / ".releasemgr/fence").write_text("1000000\n")

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, realpath, "web-1: A newer worker has taken over here (fence 1000000)")


def test_a_site_brought_aboard_keeps_its_release_as_the_way_back(show, site_repository):
    """Capistrano's link becomes the way back: it is proved before, gone back to, never pruned."""
    with WebHost("web-1", kind="stale") as host:
        share(host)
        folder = place(host, repository=site_repository, ref="v1.0", release="20240101120000")
        switch(host, release="20240101120000")
        site_repository.add_variant("broken-page")
        show.on(host, php_door="fastcgi")
        Project.objects.update(keep_releases=1)
        _read(show)

        failed = show.release("broken-page")
        link = (host.root / "current").readlink().name
        first, second = show.release("v1.0"), show.release("v2.0")

        assert failed.status == "failed", story(failed)
        assert link == "20240101120000"
        assert (first.status, second.status) == ("succeeded", "succeeded"), story(second)
        assert folder.is_dir()


def _read(show):
    from deployments import tasks

    tasks.read_source(show.project.pk)


@pytest.mark.parametrize("root", ["a site's $(id) root", "ünï cödé", "-dash"])
def test_a_root_with_an_unkind_name_is_released_like_any_other(show, root):
    """Spaces, quotes, dashes and dollar signs are only characters."""
    with WebHost("web-1", kind="stale") as host:
        home = host.root / root
        home.mkdir()
        subprocess.run(["chown", host.ssh_user, home], check=True)
        shared = home / "shared"
        show.on(host, php_door="none", strategy="none")
        Installation.objects.update(root=str(home))
        Project.objects.update(shared_files="", created_files=".env")

        deployment = show.release("v1.0")

        # The sandbox's web server does not serve this folder, so its page is what fails, after
        # everything else worked and was put back.
        assert "page" in deployment.result, story(deployment)
        assert (home / f"releases/{deployment.release.name}/REVISION").is_file()
        assert (shared / ".env").is_file()
        assert not (home / "current").is_symlink()
