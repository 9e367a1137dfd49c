"""A site that somebody else's tool deployed: adopted, released over, and gone back to, for real."""

import os
import shutil
import subprocess
from urllib.request import urlopen

import pytest

from deployments import tasks
from deployments.models import Deployment, DriftCheck, Project
from deployments.services import adoptions, drift
from tests.sandbox.placement import place
from tests.sandbox.site import SHARED_FILE, SHARED_FOLDER, WRITABLE_FOLDER
from tests.sandbox.webhost import WebHost
from tests.show import story


def lay_capistrano(show, host, *, name="20240102030405"):
    """v1.0 as Capistrano leaves it: absolute links, REVISION, a log, a repository."""
    folder = place(host, repository=show.repository, ref="v1.0", release=name)
    for path in (SHARED_FILE, SHARED_FOLDER):
        (folder / path).unlink()
        (folder / path).symlink_to(host.root / "shared" / path)
    sha = show.repository.commit_of("v1.0")
    (folder / "REVISION").write_text(f"{sha}\n")
    (host.root / "revisions.log").write_text(
        f"Branch main (at {sha[:7]}) deployed as release {name} by anna\n")
    (host.root / "repo").mkdir()
    _own(host, folder)
    (host.root / "current").symlink_to(folder)
    return folder


def lay_plain(show, host):
    """v1.0 in a folder of another name, to which `current` leads."""
    folder = place(host, repository=show.repository, ref="v1.0", release="plain")
    htdocs = host.root / "htdocs"
    folder.rename(htdocs)
    for path in (SHARED_FILE, SHARED_FOLDER):
        (htdocs / path).unlink()
        (htdocs / path).symlink_to(f"../shared/{path}")
    _own(host, htdocs)
    (host.root / "current").symlink_to("htdocs")
    return htdocs


def _own(host, folder):
    """As a tool leaves it that signs in as an ordinary account: its own folders are closed."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    (folder / WRITABLE_FOLDER).chmod(0o2775)
    if host.account:
        shutil.chown(folder, host.ssh_user, host.web_group)
        shutil.chown(host.root / "releases", host.ssh_user)


def adopt(show):
    """Look and adopt; return the deployment that records it, and what to run before a release."""
    actor, there = show.admin, show.environment
    row = adoptions.ask(actor, there)
    tasks.look_to_adopt(row.pk)
    row.refresh_from_db()
    plan = adoptions.plan_of(row)
    assert not plan.hindrances, plan.hindrances
    adoptions.adopt(actor, there, row.pk)
    tasks.take_in(row.pk)
    row.refresh_from_db()
    assert not row.problem
    return row.deployment, [remark.lines for remark in plan.first if remark.lines]


def runs(host):
    return urlopen(host.url).headers["Shop-Release"]


@pytest.mark.parametrize("lay", [lay_capistrano, lay_plain])
def test_the_first_release_goes_back_to_what_was_found_live(show, site_repository, lay):
    """Nothing changes by adopting; then what the page says comes first is done, and: release, back,
    release. The old folder is there yet."""
    show.repository = site_repository
    with WebHost("web-1") as host:
        show.on(host, strategy="auto")
        old = lay(show, host)
        before, seen = os.readlink(host.root / "current"), runs(host)
        found, lines = adopt(show)
        assert (os.readlink(host.root / "current"), runs(host)) == (before, seen)
        assert found == Deployment.objects.live(show.environment)
        assert found.words == "Found live, not released by us"
        entries = found.release.contents["entries"]
        assert sorted(entries) == sorted([["file", SHARED_FILE], ["dir", SHARED_FOLDER],
                                          ["writable", WRITABLE_FOLDER]])

        for line in lines:
            subprocess.run(["sh", "-ec", line], check=True)
        first = show.release("v2.0")
        assert first.status == "succeeded", story(first)
        assert "moved by hand" not in story(first)
        assert runs(host) != seen

        back = show.go_back()
        assert back.status == "succeeded", story(back)
        assert back.release == found.release
        assert os.readlink(host.root / "current") == f"releases/{found.release.name}"
        assert urlopen(host.url).status == 200
        drift.ask(show.admin, show.environment)
        tasks.look_for_drift(show.environment.pk)
        look = DriftCheck.objects.get()
        assert look.is_good, (look.findings, look.problem)

        Project.objects.update(keep_releases=1)
        again = show.release(first.release)
        assert again.status == "succeeded", story(again)
        assert (old / "public/index.php").exists()
