"""The drift watch on real servers: what hands did is seen and told, and looking changes nothing."""

import hashlib
import os
import subprocess

import pytest

from deployments import tasks
from deployments.models import DriftCheck, Environment, Notice
from deployments.services import drift
from tests.sandbox.webhost import WebHost
from tests.show import story
from tests.unit.scripts.server import listing


@pytest.fixture
def realpath():
    with WebHost("web-1", kind="realpath") as host:
        yield host


@pytest.fixture
def stale():
    with WebHost("web-2", kind="stale") as host:
        yield host


def released(show, host):
    """v1.0 and v2.0 on the host; the folders of both."""
    show.on(host)
    for ref in ("v1.0", "v2.0"):
        done = show.release(ref)
        assert done.status == "succeeded", story(done)
    Environment.objects.update(notify_addresses="ops@tidewater.test")
    show.environment.refresh_from_db()
    return [host.root / "releases" / row.release.name
            for row in show.environment.deployments.order_by("pk")]


def look(show, *, as_schedule=False):
    """Look now; return the answer. Nothing on the server is changed by it."""
    place = show.environment.installations.get()
    if as_schedule:
        DriftCheck.objects.create(installation=place)
    else:
        drift.ask(show.admin, show.environment)
    before = listing_of(place)
    tasks.look_for_drift(show.environment.pk)
    assert listing_of(place) == before
    row = drift.answered(place).first()
    assert row.problem == "", row.problem
    return row


def listing_of(place):
    """Everything in the root, but for the nonces of the guarded endpoint's own requests."""
    found = listing(place.root)
    return {path: what for path, what in found.items()
            if not path.startswith(".releasemgr/door/nonces/")}


def texts(row):
    return [found["text"] for found in row.findings]


def point(host, folder):
    """Move the link by hand, as one does."""
    subprocess.run(["ln", "-sfn", f"releases/{folder.name}", "current"], cwd=host.root, check=True)


def edit_and_hide(folder, path):
    """Edit a file, and write its new digest into the list of contents."""
    (folder / path).write_text("<?php evil();")
    manifest, name = folder / ".releasemgr/manifest", f"  ./{path}".encode()
    digest = hashlib.sha256(b"<?php evil();").hexdigest().encode()
    records = [digest + name if record.endswith(name) else record
               for record in manifest.read_bytes().split(b"\0")]
    manifest.write_bytes(b"\0".join(records))


def test_edits_by_hand_are_found_and_told_and_stay_behind_in_a_new_build(show, realpath):
    """First nothing; then each change, although the list of contents hides one; then in the way
    back alone."""
    before, live = released(show, realpath)
    first = look(show, as_schedule=True)
    assert (first.is_good, texts(first), first.facts["notes"]) == (True, [], [])
    assert first.facts["whole"]
    again = look(show, as_schedule=True)
    assert (again.is_good, again.facts["whole"], again.facts["looks"]) == (True, True, 2)

    (live / "public/build/shell.php").write_text("<?php evil();")
    (live / "var/cache/page.html").write_text("PHP may")
    (before / "src/Api.php").unlink()
    edit_and_hide(live, "public/index.php")

    found = look(show, as_schedule=True)
    assert texts(found) == [
        ".releasemgr/manifest was rewritten: it is not the list of contents that was approved. "
        "Somebody may have wanted to hide what else was changed.",
        "public/index.php was changed.",
        "public/build/shell.php was added: a hand edit, or an intruder’s file.",
        "src/Api.php is missing."]
    assert [row["release"] for row in found.findings] == ["v2.0"] * 3 + ["v1.0"]
    assert drift.lines_of([show.environment])[show.environment.pk] == [
        "web-1 is not as it was released: 1 list of contents rewritten, 1 file changed, "
        "1 script or server setting added, and more"]

    fresh = show.release(show.build("v2.0"))
    assert fresh.status == "succeeded", story(fresh)
    shell = realpath.root / "current/public/build/shell.php"
    assert not shell.exists()  # no older asset: no approved list of contents has it
    rows = look(show).findings
    assert sorted((row["sort"], row["path"]) for row in rows if row["is_way_back"]) == [
        ("changed", "public/index.php"), ("manifest", ".releasemgr/manifest"),
        ("script", "public/build/shell.php")]
    assert [row["text"] for row in rows if not row["is_way_back"]] == []
    events = Notice.objects.filter(event__startswith="drift").order_by("pk")
    assert list(events.values_list("event", flat=True)) == ["drift.found"]


def test_a_link_that_was_moved_and_put_back_by_hand_leaves_stale_php_that_is_found(show, stale):
    """The link is right again and the files are; but PHP goes on with the other version."""
    before, live = released(show, stale)
    assert look(show).is_good
    point(stale, before)
    stale.stop_fpm()
    stale.start_fpm()
    moved = look(show)
    assert texts(moved)[0] == (f"current leads to releases/{before.name}, and not to "
                               f"releases/{live.name}, where v2.0 was made live.")
    point(stale, live)
    row = look(show)
    assert {found["sort"] for found in row.findings} == {"php"}
    assert f"runs {before.name}, but {live.name} is live. Make PHP reload." in texts(row)[0]

    done = show.reload()
    assert done.status == "succeeded", story(done)
    assert look(show).is_good
    events = Notice.objects.filter(event__startswith="drift").order_by("pk")
    assert list(events.values_list("event", flat=True)) == ["drift.found", "drift.gone"]

    stale.sshd.stop()
    DriftCheck.objects.create(installation=show.environment.installations.get())
    tasks.look_for_drift(show.environment.pk)
    away = DriftCheck.objects.first()
    assert (away.is_good, away.findings) == (None, [])
    assert "web-2" in away.problem
    assert os.readlink(stale.root / "current") == f"releases/{live.name}"


@pytest.mark.parametrize("kind", [{"kind": "entry"}, {"kind": "stale", "server": "apache"}],
                         ids=["entry outside the versions", "mod_php"])
def test_php_is_asked_without_writing_where_asking_is_harder(kind, show):
    """The entry is not asked by its word, which lies in a file; mod_php has no scoreboard."""
    with WebHost("web-3", **kind) as host:
        show.on(host)
        done = show.release("v1.0")
        assert done.status == "succeeded", story(done)
        row = look(show)
        assert (row.is_good, row.facts["notes"]) == (True, [])
