"""What becomes of a build: whose account runs it, how long it may take, whose row it is."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings as configuration
from django.db import connection
from django.utils import timezone

from deployments import checks, tasks
from deployments.models import Project, Release
from deployments.services.releases import request_build

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can build as another account")
SLEEP = f"sleep 86441.{os.getpid()}"  # a name of its own, to be found and ended by
LONG = f"echo begun; {SLEEP}"


def said(release):
    return " ".join(release.log.values_list("text", flat=True))


def left_over(release):
    """What is left of its work on this machine."""
    return list(Path(configuration.BUILD_DIR).glob(f"*/*/{release.name}"))


def wait_for(true, limit_s=60):
    until = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@needs_root
def test_a_build_says_under_which_account_its_commands_run(show, settings):
    """The one that is set, and the system check is content."""
    settings.BUILD_USER = "nobody"
    Project.objects.update(build_commands="id -un")

    release = show.build("v1.0")

    assert release.status == "ready", release.problem
    assert "Commands run on this machine as nobody." in said(release)
    assert release.log.filter(text="nobody").exists()
    assert checks.builds_are_separated(None) == []


@needs_root
@pytest.mark.parametrize(("account", "why"), [
    ("no-such-account", "BUILD_USER names “no-such-account”, and there is no such account"),
    ("", "BUILD_USER names “”, and there is no such account"),
    ("root", "BUILD_USER names an account of root"),
])
def test_root_builds_nothing_without_another_account(show, settings, account, why):
    """A typing error must not hand root to a project's commands; on a server it can be built."""
    settings.BUILD_USER = account
    Project.objects.update(build_commands="echo never")

    release = show.build("v1.0")

    assert release.status == "failed"
    assert release.problem == (
        f"Nothing is built on this machine as root ({why}): set BUILD_USER to an account without "
        "rights and restart the worker, or choose a server as the project's builder.")
    assert "never" not in said(release)
    assert [found.id for found in checks.builds_are_separated(None)] == ["releasemgr.E022"]


def test_without_root_a_build_runs_as_we_do_and_warns(show, monkeypatch):
    """Nobody can switch accounts then: the page says so, as the system check does."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    release = show.build("v1.0")

    assert release.status == "ready", release.problem
    assert "Careful: commands run as the release manager's own user" in said(release)
    assert [found.id for found in checks.builds_are_separated(None)] == ["releasemgr.W021"]


def test_a_build_that_takes_too_long_in_all_fails_and_is_removed(show, settings):
    """Each command is within its own limit; BUILD_LIMIT_S is for all of it."""
    settings.BUILD_LIMIT_S = 4
    Project.objects.update(build_commands=f"echo begun\n{LONG}\necho never", build_limit_s=900)

    release = show.build("v1.0")

    assert release.status == "failed"
    assert release.problem == ("The build took longer than 4 s in all: make its commands faster, "
                               "or raise BUILD_LIMIT_S.")
    assert "never" not in said(release)
    assert left_over(release) == []


def test_a_build_that_prints_short_lines_is_cut_in_the_log(show):
    """Each line is a row: some thousands are enough to read."""
    Project.objects.update(build_commands="yes | head -n 1000000; echo the end")

    release = show.build("v1.0")

    lines = list(release.log.values_list("number", "text"))
    assert release.status == "ready", release.problem
    assert len(lines) < 5100
    assert [number for number, _ in lines] == list(range(1, len(lines) + 1))
    assert any(text.endswith("bytes of output left out …") for _, text in lines)
    assert "the end" in [text for _, text in lines[-3:]]


@pytest.fixture
def at_work(show, settings):
    """A build under way in a thread, with a short lease: its row, and the thread."""
    settings.LEASE_S, settings.HEARTBEAT_S = 6, 1
    Project.objects.update(build_commands=LONG)
    row = request_build(show.releaser, show.project, "v1.0")
    thread = threading.Thread(target=_build, args=(row.pk,))
    thread.start()
    wait_for(row.log.filter(text="begun").exists)
    yield row, thread
    _end_commands()
    thread.join(60)


def _build(pk):
    try:
        tasks.build_release(pk)
    finally:
        connection.close()


def _end_commands():
    subprocess.run(["pkill", "-KILL", "-xf", SLEEP], check=False)


def test_a_long_build_keeps_its_row_as_long_as_it_lives(at_work):
    """Its lease is short and extended: nobody else takes it meanwhile."""
    row, _ = at_work
    until = time.monotonic() + 9
    while time.monotonic() < until:
        row.refresh_from_db()
        assert row.lease_until > timezone.now()
        tasks.build_release(row.pk)
        time.sleep(0.2)
    row.refresh_from_db()
    assert (row.status, row.fence) == ("building", 1)


def test_a_build_whose_row_another_worker_took_writes_nothing_more(at_work):
    """Neither its lines nor its end; its tree is left to the other."""
    row, thread = at_work
    builders = [each for each in threading.enumerate() if each.name.endswith("(run)")]
    assert builders
    Release.objects.filter(pk=row.pk).update(fence=2)
    lines = row.log.count()

    thread.join(30)

    assert not thread.is_alive()
    _end_commands()
    for builder in builders:  # left to end by itself: what it still says or removes comes by then
        builder.join(30)
        assert not builder.is_alive()
    row.refresh_from_db()
    assert (row.status, row.fence, row.problem) == ("building", 2, "")
    assert row.log.count() == lines
    assert len(left_over(row)) == 2
