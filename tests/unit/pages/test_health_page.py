"""System health: who may see it, that it says what is so, and what to do where something is not."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import checks as django_checks
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from deployments import audit, queue, schedules
from deployments.checks import asking
from deployments.models import AuditAnchor, AuditHead, DriftCheck, Notice, WorkerCluster
from deployments.services import clusters
from deployments.services.health import check_names, keeping, sections
from deployments.services.health.line import happened
from tests import factories
from tests.unit.pages.test_release_pages import text_of

ADDRESS = "/admin/health/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_checks(monkeypatch):
    """Most tests are about other lines: the checks have tests of their own."""
    monkeypatch.setattr("deployments.services.health.settings.found", list)


def line(name):
    return next(line for _, lines in sections() for line in lines if line.name.startswith(name))


def told(name):
    found = line(name)
    return found.tone, found.word


def an_hour(ago=1):
    return timezone.now() - timedelta(hours=ago)


def test_whoever_sets_everything_up_sees_how_it_is(admin, sign_in, at_work):
    """States as icon and word, what to do, and a count of what needs somebody."""
    page = text_of(sign_in(admin).get(ADDRESS))
    assert "System health" in page
    assert "somebody" in page
    assert "<strong>What to do:</strong> Restart the worker" in page
    assert "style=" not in page


def test_an_entry_for_one_project_is_not_enough(shop, sign_in):
    """It names servers and folders of all."""
    user = factories.make_user("ina", shop, "set_up", "look")
    answer = sign_in(user).get(ADDRESS)
    assert answer.status_code == 403
    assert "Only who sets up all projects may see" in text_of(answer)
    assert ADDRESS not in text_of(sign_in(user).get("/admin/"))


def test_it_only_shows(admin, sign_in, client):
    """Another method is refused, a stranger is sent to sign in."""
    assert sign_in(admin).post(ADDRESS).status_code == 405
    assert "/login/" in client.get(ADDRESS)["Location"]


def test_all_is_well_where_all_is_well(monkeypatch, settings, admin, sign_in, at_work):
    """Nothing is made up to look busy."""
    settings.MAIL_IS_ON = True
    schedules.ensure()
    audit.record("project.changed", "Something happened")
    AuditHead.objects.update(checked_at=timezone.now(), verdict="1 entry, unaltered.")
    AuditAnchor.objects.create(seq=1, hash="x", at=timezone.now(), reason="a release", key_id="k",
                               signature="s", arrived_in="file")
    page = text_of(sign_in(admin).get(ADDRESS))
    assert "All is well" in page
    assert "What to do" not in page


@pytest.mark.parametrize(("change", "expected"), [
    ({}, ("good", "Started")),
    ({"asked_at": Now(), "pulse_at": Now()}, ("good", "At work")),
    ({"asked_at": timezone.now() + timedelta(hours=9), "pulse_at": Now()}, ("warn", "No answer")),
    ({"seen_at": timezone.now() - timedelta(hours=1)}, ("bad", "Nobody works"))])
def test_workers_are_told_by_their_signs_of_life(at_work, change, expected):
    """Gone, silent, or at work."""
    WorkerCluster.objects.update(**change)
    assert told("Workers for releases") == expected


@pytest.mark.parametrize(("waits_min", "expected"), [
    (None, ("good", "Empty")), (0, ("good", "Moving")), (9, ("warn", "Long"))])
def test_a_queue_is_told_by_its_oldest_message(waits_min, expected):
    """What a worker has taken waits no longer; a line for one machine is a part of its queue."""
    OrmQ.objects.create(key="release", payload="", lock=timezone.now() + timedelta(hours=1))
    if waits_min is not None:
        OrmQ.objects.create(key="release@office:1", payload="",
                            lock=timezone.now() - timedelta(minutes=waits_min))
    assert told("Queue of releases") == expected
    assert set(queue.waiting()) <= {"release"}


def test_schedules_are_told_with_their_runs(at_work):
    """Missing, late, in time: one line, each of them below it."""
    assert told("Schedules") == ("bad", "Missing")
    schedules.ensure()
    assert told("Schedules") == ("good", "In time")
    assert len(line("Schedules").rows) == len(schedules.SCHEDULES)
    Schedule.objects.filter(name=queue.START_PLANNED).update(next_run=an_hour())
    assert told("Schedules") == ("warn", "Late")
    assert "“Start what is planned for now” was due 1 hour ago" in line("Schedules").sentence


@pytest.mark.parametrize(("free", "expected"), [
    (9e10, ("good", "Room")), (1e9, ("warn", "Little room")), (1e8, ("bad", "Almost full"))])
def test_the_disk_is_told_by_what_is_free(monkeypatch, free, expected):
    """Before builds fail."""
    monkeypatch.setattr(keeping.shutil, "disk_usage", lambda path: type("Use", (), {"free": free}))
    assert told("Disk") == expected


@pytest.mark.parametrize(("head", "expected"), [
    ({}, ("warn", "Not checked")),
    ({"checked_at": timezone.now()}, ("good", "Unaltered")),
    ({"checked_at": timezone.now() - timedelta(days=3)}, ("warn", "Long ago")),
    ({"checked_at": timezone.now(), "first_bad": 1}, ("bad", "Changed")),
    ({"checked_at": timezone.now(), "first_bad": 1, "can_tell": False}, ("warn", "Cannot tell"))])
def test_the_log_is_told_as_it_was_verified_last(head, expected):
    """Opening this page reads no million entries."""
    audit.record("project.changed", "Something happened")
    AuditHead.objects.update(**head)
    assert told("Log integrity") == expected


@pytest.mark.parametrize(("anchor", "expected"), [
    (None, ("warn", "None yet")),
    ({"arrived_in": "file"}, ("good", "Anchored")),
    ({"arrived_in": "file", "problem": "Not in the syslog."}, ("warn", "In part")),
    ({"problem": "Not in the file."}, ("bad", "Arrived nowhere")),
    ({"arrived_in": "file", "at": timezone.now() - timedelta(hours=9)}, ("warn", "Long ago"))])
def test_anchors_are_told_by_where_they_arrived(anchor, expected):
    """What lies nowhere protects nothing."""
    audit.record("project.changed", "One")
    audit.record("project.changed", "Two")
    if anchor is not None:
        AuditAnchor.objects.create(**{"seq": 1, "at": timezone.now(), "reason": "an hour passed",
                                      "hash": "x", "key_id": "k", "signature": "s"} | anchor)
    assert told("Anchors") == expected


def test_what_was_announced_and_not_concluded_is_counted(shop):
    """With the number of the first entry."""
    assert told("Open intents") == ("good", "None")
    audit.record("step.switch", "About to switch", outcome="intended", project=shop, deployment=3)
    assert told("Open intents") == ("quiet", "Some")
    assert "the first as entry 1" in line("Open intents").sentence


def test_entries_beside_the_database_are_told(tmp_path, monkeypatch):
    """Until a worker appended them."""
    file = tmp_path / "late.jsonl"
    monkeypatch.setattr(keeping.late, "kept_file", lambda: file)
    assert not [each for each in keeping.what_is_kept() if each.name == "Late entries"]
    file.write_text("{}\n")
    assert told("Late entries") == ("warn", "Waiting")


@pytest.mark.parametrize(("row", "is_on", "expected"), [
    (None, False, ("quiet", "No mail server")), (None, True, ("good", "Sent")),
    ({"status": "given_up"}, True, ("warn", "Given up")),
    ({"status": "waiting"}, True, ("warn", "Waiting"))])
def test_mails_that_reach_nobody_are_told(settings, row, is_on, expected):
    """Given up in the last days, or long not sent."""
    settings.MAIL_IS_ON = is_on
    if row:
        Notice.objects.create(event="e", address="a@shop.example", subject="s", text="t", **row)
        Notice.objects.update(written_at=an_hour())
    assert told("Notifications") == expected


def test_servers_nobody_looked_at_lately_are_named(production):
    """Where something is live; a look that reached nothing is none."""
    assert told("Looks at servers") == ("good", "Fresh")
    factories.make_deployment(production)
    assert "web-1 (Shop), never yet; web-2 (Shop), never yet" in line("Looks").sentence
    for place in production.installations.all():
        DriftCheck.objects.create(installation=place, answered_at=timezone.now())
    assert told("Looks at servers") == ("good", "Fresh")
    DriftCheck.objects.filter(installation__server__name="web-2").update(problem="Nobody there.")
    assert "web-2 (Shop), never yet" in line("Looks").sentence


def test_each_check_has_a_name_in_words():
    """All that the paper on checks tells of; one that is new has its number until it is named."""
    paper = (Path(__file__).parents[3] / "docs/checks.md").read_text()
    assert set(check_names.NAMES) == set(re.findall(r"`releasemgr\.([EW]\d+)`", paper))
    assert check_names.name_of("releasemgr.W999") == "Check W999"


def test_unsafe_settings_are_told_as_the_command_tells_them(settings, monkeypatch):
    """The same checks, asked by a page."""
    monkeypatch.undo()
    settings.ALLOWED_HOSTS = ["*"]
    assert told("Names the site answers to") == ("warn", "Unsafe")
    settings.LEASE_S = 1
    assert told("Lease of a worker") == ("bad", "Wrong")
    settings.SILENCED_SYSTEM_CHECKS = ["releasemgr.W046"]
    assert "releasemgr.W046" not in {message.id for message in asking.found()}
    assert "releasemgr.W046" not in {message.id for message in django_checks.run_checks()}


def test_papers_are_called_files_and_are_there():
    """A name with docs/ in it is no address: it says that it is a file, and where."""
    root = Path(__file__).parents[3]
    said = " ".join(path.read_text() for path in (root / "deployments/checks").glob("*.py"))
    said = re.sub(r'"\s+f?"', "", said)
    papers = re.findall(r"(.{9})(docs/[\w-]+\.md)(.{32})", said)
    assert len(papers) == said.count("docs/") > 3
    for before, paper, after in papers:
        assert (before, after) == ("the file ", " in the release manager's folder"), paper
        assert (root / paper).is_file(), paper


def test_a_check_leads_to_where_one_does_what_it_asks(monkeypatch, admin, sign_in):
    """A second administrator is made on a page of ours."""
    monkeypatch.undo()
    page = text_of(sign_in(admin).get(ADDRESS))
    assert "You are the only administrator" in page or "is the only administrator" in page
    assert '<a href="/admin/auth/user/add/">Add a person</a>' in page


def test_queries_do_not_grow_with_what_there_is(admin, sign_in, production):
    """Clusters, servers and notices are counted, not walked."""
    client, counts = sign_in(admin), []
    for number in range(2):
        factories.make_deployment(production)
        factories.make_installation(production)
        clusters.register(f"office:{number}", data_folder="data")
        client.get(ADDRESS)
        with CaptureQueriesContext(connection) as captured:
            client.get(ADDRESS)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_happened_by_a_clock_that_is_ahead_happened_a_moment_ago():
    """Workers of a machine an hour ahead were started "a moment ago", not "in 59 minutes"."""
    assert happened(timezone.now() + timedelta(hours=1)) == "a moment ago"
