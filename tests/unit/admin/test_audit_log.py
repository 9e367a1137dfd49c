"""The audit log as people read, filter and export it."""

import csv
import io
from datetime import timedelta
from socket import gethostname

import pytest
from django.urls import reverse
from django.utils import timezone

from deployments import audit, tasks
from deployments.audit import anchoring, offline, request_ids, verifying
from deployments.models import AuditEntry, AuditHead, Deployment, LogLine
from tests import factories

from .conftest import listing, page

LIST = "/admin/deployments/auditentry/"
EXPORT, LINES = f"{LIST}export/", f"{LIST}lines/"


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def entries(production, releaser):
    actor = factories.actor_for(releaser, "10.1.2.3")
    audit.record("release.requested", "releaser asked to build", actor=actor,
                 project=production.project, ref="main")
    audit.record("deployment.requested", "releaser asked to release", actor=actor,
                 environment=production, outcome=AuditEntry.REFUSED)


@pytest.mark.parametrize(("query", "found"), [
    ("who=releaser", 2), ("who=eleas", 2), ("who=nobody", 0), ("project=shop", 2),
    ("environment=production", 1), ("action=release.requested", 1), ("what=built", 1),
    ("what=asked", 1), ("what=signed", 0), ("what=else", 0), ("project=shop&what=asked", 1),
    ("result=refused", 1), ("since=2001-01-01", 2), ("since=2101-01-01", 0),
    ("until=2001-01-01", 0), ("until=2101-01-01", 2),
    ("q=asked+to+build", 1), ("q=10.1.2.3", 2), ("q=00002", 1),
    ("q=99999999999999999999", 0)])
def test_the_list_is_filtered_by_its_address(query, found, entries, admin, browse):
    """Who, project, environment, action, outcome, date, words: the URL is the filter."""
    assert len(browse(admin).get(f"{LIST}?{query}").context["part"].rows) == found


def test_the_header_says_that_the_log_is_unaltered(entries, admin, browse):
    """With the number of entries and when it was checked."""
    assert "Log integrity: 2 entries, unaltered." in browse(admin).get(LIST).text


def test_the_header_warns_when_an_entry_was_altered(entries, admin, browse):
    """After *Check now*, at the latest; the sentence names the entry."""
    client = browse(admin)
    assert "unaltered" in client.get(LIST).text
    AuditEntry.objects.filter(seq=2).update(sentence="nothing happened")
    response = client.post(reverse("admin:deployments_auditentry_check"), follow=True)
    assert "Entry 2 was changed after it was written. Tell security now" in response.text


def test_a_long_log_is_said_to_be_read_and_then_whether_it_is_whole(
        entries, admin, browse, monkeypatch):
    """The page waits for nobody, loads itself again, and offers no second reading meanwhile."""
    monkeypatch.setattr(verifying, "READ_AT_ONCE", 1)
    client = browse(admin)
    assert "not checked yet" in client.get(LIST).text
    asked = client.post(reverse("admin:deployments_auditentry_check"), follow=True).text
    assert f"The whole log is being read, as {factories.actor_for(admin).name} asked" in asked
    assert "No worker is running" in asked
    assert "reload.js" in asked
    assert ">Check now<" not in asked
    tasks.check_log(1)
    read = client.get(LIST).text
    assert "Log integrity: 2 entries, unaltered." in read
    assert "reload.js" not in read
    assert ">Check now<" in read


def test_a_list_of_some_entries_says_that_the_whole_log_is_checked(entries, admin, viewer, browse):
    """The header counts entries that are not below it: who sees all reads nothing of that."""
    note = "It counts the whole log; below you see the entries of your own projects."
    audit.record("test.happened", "elsewhere", project=factories.make_project(slug="secret"))
    text = browse(viewer).get(LIST).text
    assert "Log integrity: 3 entries, unaltered." in text
    assert note in text
    assert "elsewhere" not in text
    assert note not in browse(admin).get(LIST).text


def test_who_was_refused_yesterday_is_one_click_from_who_was_refused(entries, admin, browse):
    """As on History: the days keep what else is chosen, and the chosen ones are marked."""
    client, day = browse(admin), (timezone.localdate() - timedelta(days=1)).isoformat()
    days = f"result=refused&amp;since={day}&amp;until={day}"
    assert f'<a href="?{days}">Yesterday</a>' in client.get(f"{LIST}?result=refused&before=9").text
    shown = client.get(f"{LIST}?{days.replace('&amp;', '&')}").text
    assert f'<a href="?{days}" aria-current="true">Yesterday</a>' in shown


def test_what_is_counted_below_a_list_is_its_rows(entries, admin, browse):
    """The log itself is not counted: it has a million rows."""
    client = browse(admin)
    assert "<h1>Audit log</h1>" in client.get(LIST).text
    assert "0 log lines\n" in client.get(listing(LogLine)).text
    assert "0 deployments\n" in client.get(listing(Deployment)).text


def test_two_attempts_with_one_version_are_told_apart(production, releaser, admin, browse):
    """By the second, and by the deployment's number, which leads to its page."""
    rows = [factories.make_deployment(production) for _ in range(2)]
    entry, _ = [audit.record("deployment.requested", "asked to release 1.0",
                             environment=production, deployment=row.pk) for row in rows]
    at = timezone.localtime(entry.at)
    client = browse(admin)
    for text in (client.get(LIST).text, client.get(page(entry)).text):
        assert f'<a href="/admin/progress/{rows[0].pk}/">{rows[0].pk}</a>' in text
        assert f"{at:%Y, %H:%M:%S}" in text
    assert f'<a href="/admin/progress/{rows[1].pk}/">{rows[1].pk}</a>' in client.get(LIST).text


def test_every_process_shows_the_newest_reading(entries, admin, browse):
    """No page of another web process goes on saying “unaltered” after an alarm."""
    from django.core.cache import cache

    client = browse(admin)
    assert "unaltered" in client.get(LIST).text
    AuditEntry.objects.filter(seq=2).update(sentence="nothing happened")
    client.post(reverse("admin:deployments_auditentry_check"))
    cache.clear()  # whatever one process may have kept
    assert "Entry 2 was changed" in client.get(LIST).text
    assert AuditHead.objects.get().first_bad == 2


@pytest.mark.parametrize("days", ["since=zz", "until=9999-12-31", "since=0001-01-01"])
def test_filters_that_cannot_be_read_export_nothing(entries, admin, browse, days):
    """A sentence on the list, as for opening it; no page of ours ends in a fault."""
    client = browse(admin)
    assert client.get(f"{LIST}?{days}").status_code == 400
    response = client.post(f"{EXPORT}?{days}", follow=True)
    assert response.status_code == 200
    assert "These filters cannot be read. Choose them anew." in response.text


def test_checking_needs_post(admin, browse):
    """A GET would make reading the whole log something a link can do."""
    assert browse(admin).get(reverse("admin:deployments_auditentry_check")).status_code == 405


def test_an_export_holds_what_the_filters_left_and_is_audited(entries, admin, browse, audited):
    """Columns by name; the export is an entry of the log itself."""
    response = browse(admin).post(f"{EXPORT}?action=release.requested")
    assert response["Content-Disposition"] == 'attachment; filename="auditentry.csv"'
    row, = rows_of(response)
    assert row["sentence"] == "releaser asked to build"
    assert row["details"] == '{"ref": "main"}'
    (outcome, sentence), = audited("auditentry.exported")
    assert (outcome, sentence) == ("done", "admin exported 1 row of audit log as CSV")
    entry = AuditEntry.objects.get(action="auditentry.exported")
    assert entry.details == {"rows": 1, "filters": "action=release.requested"}


def test_people_export_their_own_projects_alone(entries, viewer, browse):
    """The same rows as the list shows them."""
    audit.record("test.happened", "elsewhere", project=factories.make_project(slug="secret"))
    sentences = [row["sentence"] for row in rows_of(browse(viewer).post(EXPORT))]
    assert sentences == ["releaser asked to release", "releaser asked to build"]


def test_exporting_needs_post(admin, browse, audited):
    """A GET answers 405 and writes nothing."""
    assert browse(admin).get(EXPORT).status_code == 405
    assert audited("auditentry.exported") == []


def test_an_export_is_streamed_row_by_row(entries, admin, browse, django_assert_max_num_queries):
    """No list of all rows is ever held: the database's cursor is read while the file is sent."""
    response = browse(admin).post(EXPORT)
    assert response.streaming
    with django_assert_max_num_queries(1):
        assert len(rows_of(response)) == 3  # the export's own entry is the newest


def test_json_lines_of_the_whole_log_are_verified_offline(entries, admin, browse, settings):
    """The export is its own last entry; one file of the standard library calls it unbroken."""
    response = browse(admin).post(LINES)
    assert response["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert len(lines) == 4
    assert offline.verify_export(lines, offline.ring(settings.AUDIT_KEYS))[0] == 0
    entry = AuditEntry.objects.first()
    assert entry.sentence == "admin exported 2 rows of audit log as JSON lines"


@pytest.mark.parametrize(("who", "query", "count"), [("admin", "?result=refused", 1),
                                                     ("viewer", "", 2)])
def test_json_lines_of_a_part_say_so(entries, admin, viewer, browse, settings, who, query, count):
    """Filtered, or cut down to one's own projects: nobody takes it for the whole."""
    audit.record("test.happened", "elsewhere", project=factories.make_project(slug="secret"))
    response = browse({"admin": admin, "viewer": viewer}[who]).post(LINES + query)
    lines = b"".join(response.streaming_content).decode().splitlines()
    code, said = offline.verify_export(lines, offline.ring(settings.AUDIT_KEYS))
    assert (code, f"each of the {count} entries is genuine" in said) == (2, True), said


def test_json_lines_need_post_and_a_person_who_may_look(outsider, admin, browse, client):
    """As the other export: 405, and nothing for strangers."""
    assert browse(admin).get(LINES).status_code == 405
    assert browse(outsider).post(LINES).status_code in (302, 403)
    assert client.post(LINES).status_code == 302
    assert not AuditEntry.objects.filter(action="auditentry.exported").exists()


def test_an_entry_shows_what_it_is_about_and_what_differs(shop, admin, browse):
    """Its request leads to all that the same click did."""
    with request_ids.begun("page") as number:
        entry = audit.record("project.changed", "Changed", project=shop,
                             before={"name": "<b>old</b>"}, after={"name": "new"})
    text = browse(admin).get(page(entry)).text
    assert "&lt;b&gt;old&lt;/b&gt;</td><td>new" in text
    assert f'?request_id={number}">{number}</a>' in text
    assert ">project Shop</a>" in text
    assert len(browse(admin).get(f"{LIST}?request_id={number}").context["part"].rows) == 1


def test_the_page_names_the_newest_anchor_and_the_limit(entries, admin, browse, settings,
                                                       tmp_path):
    """Where people read whether the log is whole they read what is not protected."""
    client = browse(admin)
    assert "No entry is anchored outside the database yet. Entries after" in client.get(LIST).text
    settings.AUDIT_ANCHOR_FILE = tmp_path / "anchors"
    anchoring.anchor(anchoring.HOURLY)
    text = client.get(LIST).text
    assert "Newest anchor: entry 2, " in text
    assert f"(file on {gethostname()}). Entries after the newest anchor are not protected" in text


def test_a_log_that_cannot_be_verified_is_called_neither(entries, admin, browse, settings):
    """A key that is gone is no alarm and no all-clear."""
    settings.AUDIT_KEYS = ["another key, " + "k" * 30]
    client = browse(admin)
    client.post(reverse("admin:deployments_auditentry_check"))
    assert "log integrity cannot be told: Entry 1 needs a key" in client.get(LIST).text


def test_a_deployments_reason_is_exported_safely(production, releaser, browse):
    """All the way through the list's own export."""
    factories.make_deployment(production, reason='=HYPERLINK("http://evil","x")')
    row, = rows_of(browse(releaser).post(listing(Deployment, "export")))
    assert row["reason"] == "'=HYPERLINK(\"http://evil\",\"x\")"
    assert row["state"] == "Live and checked"


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("text", [
    "x;=1+1", "x; +1", "x\n=1+1", "x\r\n@SUM(A1)", "x\t-1", 'x;"=1+1"'])
def test_no_cell_begins_a_formula_where_a_spreadsheet_splits_elsewhere(
        entries, admin, browse, text, delimiter):
    """At semicolons, as in half of Europe: anybody can type such a name on the sign-in page."""
    audit.record("session.opened", f"Refused for “{text}”")
    sent = b"".join(browse(admin).post(EXPORT).streaming_content).decode("utf-8-sig")
    for line in sent.splitlines():
        for cell in next(csv.reader([line], delimiter=delimiter), []):
            assert not cell.lstrip(' "').startswith(("=", "+", "-", "@")), cell
