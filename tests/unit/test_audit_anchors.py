"""Anchors: when one is due, where it goes, and what it finds that the database alone cannot."""

import io
import json
import socket
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from deployments import audit
from deployments.audit import anchoring, verifying
from deployments.models import AuditAnchor, AuditEntry, AuditHead, Notice
from deployments.services import anchors


@pytest.fixture
def anchor_file(tmp_path, settings):
    settings.AUDIT_ANCHOR_FILE = tmp_path / "anchors.jsonl"
    return settings.AUDIT_ANCHOR_FILE


@pytest.fixture
def five(db):
    return [audit.record("test.happened", f"Entry {number}") for number in range(1, 6)]


def verified(*words):
    """(exit code, first line) of the command."""
    out = io.StringIO()
    try:
        call_command("verify_audit", *words, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def cut_tail(last, *, with_head):
    AuditEntry.objects.filter(seq__gt=last).delete()
    if with_head:
        row = AuditEntry.objects.get(seq=last)
        AuditHead.objects.update(seq=row.seq, hash=row.hash)


def test_an_anchor_is_due_after_an_hour_a_thousand_entries_or_a_release(db, anchor_file):
    """And never for what is anchored already."""
    assert anchoring.due() == ""
    audit.record("test.happened", "First")
    assert anchoring.due() == anchoring.HOURLY
    row = anchoring.anchor(anchoring.HOURLY)
    assert anchoring.due() == ""
    audit.record("test.happened", "Second")
    assert anchoring.due() == ""
    AuditAnchor.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(hours=1))
    assert anchoring.due() == anchoring.HOURLY
    audit.record("deployment.succeeded", "Live")
    assert anchoring.due() == anchoring.RELEASED
    AuditHead.objects.update(seq=1001)
    assert anchoring.due() == anchoring.MANY


@pytest.mark.django_db(transaction=True)
def test_every_thousandth_entry_is_anchored_when_it_is_committed(anchor_file, monkeypatch):
    """By whoever writes it: a burst cannot outrun the schedule."""
    monkeypatch.setattr(anchoring, "EVERY_ROWS", 3)
    for number in range(7):
        audit.record("test.happened", str(number))
    seqs = [json.loads(line)["seq"] for line in anchor_file.read_text().splitlines()]
    assert seqs == [3, 6]
    assert [row.arrived_in for row in AuditAnchor.objects.all()] == [anchoring.here()] * 2


def test_a_cut_tail_with_a_mended_head_is_found_by_the_anchor_alone(five, anchor_file):
    """What the database says of itself looks whole; the file outside does not agree."""
    anchoring.anchor("test")
    cut_tail(3, with_head=True)
    assert audit.verify().first_bad is None
    code, said = verified()
    assert code == 1
    assert "BROKEN at entry 4: Entries after 3 are missing: entry 5 was anchored." in said


def test_what_came_after_the_anchor_can_be_cut_off_and_verify_says_so(five, anchor_file):
    """The limit, in the words people read."""
    anchoring.anchor("test")
    audit.record("test.happened", "Sixth")
    cut_tail(5, with_head=True)
    code, said = verified()
    assert code == 0
    assert "UNBROKEN: 5 entries, unaltered. Compared with anchors, the newest of entry 5." in said
    assert "Entries after the newest anchor are not protected against being cut off." in said


def test_an_unbroken_log_gives_0_and_the_check_is_recorded(five, anchor_file):
    """Also without an anchor file, which is then said."""
    code, said = verified()
    assert code == 0
    assert "No anchor was compared." in said
    entry = AuditEntry.objects.get(action="audit.verified")
    assert entry.outcome == "done"
    assert entry.actor_name.startswith("system account ")
    assert entry.request_id.startswith("command-")


def test_a_missing_key_or_anchor_gives_2(five, anchor_file, settings, tmp_path):
    """Cannot tell is neither yes nor no."""
    anchoring.anchor("test")
    code, said = verified("--anchor", str(tmp_path / "nothing"))
    assert (code, said.split(":")[0]) == (2, "CANNOT TELL")
    (tmp_path / "odd").write_text("{}\n")
    assert verified("--anchor", str(tmp_path / "odd"))[0] == 2
    settings.AUDIT_KEYS = ["another key, " + "k" * 30]
    code, said = verified()
    assert code == 2
    assert "was signed with the key" in said


def test_a_forged_anchor_is_no_anchor(five, anchor_file):
    """Whoever can write to the file still lacks the key."""
    anchoring.anchor("test")
    values = json.loads(anchor_file.read_text())
    anchor_file.write_text(json.dumps(values | {"seq": 3}) + "\n")
    code, said = verified()
    assert code == 2
    assert "changed after it was signed" in said


def test_a_line_that_a_full_disk_cut_short_spoils_no_other(five, anchor_file):
    """The next anchor begins on a line of its own."""
    anchor_file.write_text('{"at":"2026')
    anchoring.anchor("test")
    verdict = verifying.verify_with()
    assert (verdict.exit_code, verdict.newest_anchor) == (0, 5)


@pytest.mark.parametrize("spoil", ["gone", "cut"])
def test_a_file_that_lost_anchors_cannot_tell_and_is_no_all_clear(five, anchor_file, spoil):
    """Whoever cuts entries off would cut off their anchors as well; the list of anchors knows of
    them. Those of another machine's file prove nothing of this one's."""
    anchoring.anchor("test")
    audit.record("test.happened", "Sixth")
    first = anchor_file.read_text()
    anchoring.anchor("test")
    if spoil == "gone":
        anchor_file.unlink()
    else:
        anchor_file.write_text(first + '{"at":"2026')
    cut_tail(5, with_head=True)
    code, said = verified()
    assert code == 2
    assert "entry 6 was anchored there" in said
    AuditAnchor.objects.update(arrived_in="file on another-machine, syslog")
    assert verified()[0] == 0


def test_a_release_after_which_no_anchor_was_kept_is_no_all_clear(
        db, anchor_file, monkeypatch, settings):
    """Whoever empties the list of anchors and takes the file away leaves the log, which knows when
    one was due; it is due within an hour, and none is asked for of older forms."""
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() - timedelta(hours=2))
    audit.record("deployment.succeeded", "Live")
    monkeypatch.setattr(timezone, "now", now)
    audit.record("deployment.succeeded", "Live again")
    for settings.AUDIT_ANCHOR_FILE in (anchor_file, ""):
        code, said = verified()
        assert code == 2
        assert "no anchor was kept after entry 1, a release that went live." in said
    settings.AUDIT_ANCHOR_FILE = anchor_file
    anchoring.anchor("test")
    assert verified()[0] == 0
    AuditAnchor.objects.all().delete()
    monkeypatch.setattr(verifying, "FORM", 3)
    assert verified()[0] == 0


def test_a_file_named_by_hand_that_says_nothing_is_not_on_the_page(five, anchor_file, tmp_path):
    """A slip of one person is no alarm for everybody; what it finds broken is."""
    anchoring.anchor("test")
    anchors.verify()
    code, said = verified("--anchor", str(tmp_path / "nothing"))
    assert code == 2
    assert "nothing: No such file or directory. No anchor was compared" in said
    assert audit.last_verdict()[0].can_tell
    AuditEntry.objects.filter(seq=2).update(sentence="Nothing happened")
    assert verified("--anchor", str(anchor_file))[0] == 1
    assert audit.last_verdict()[0].first_bad == 2


def test_a_broken_log_is_broken_whatever_the_anchor_file_holds(five, anchor_file):
    """An attacker who spoils the file turns no alarm into a question."""
    anchor_file.write_text("{}\n")
    AuditEntry.objects.filter(seq=2).update(sentence="Nothing happened")
    assert verified()[0] == 1


def test_syslog_gets_the_same_line(five, anchor_file, settings):
    """UDP to a port of ours; the row says where it arrived."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        settings.AUDIT_ANCHOR_SYSLOG = f"127.0.0.1:{listener.getsockname()[1]}"
        row = anchoring.anchor("test")
        text = listener.recv(4096).decode()
    assert anchor_file.read_text().strip() in text
    assert (row.arrived_in, row.problem) == (f"{anchoring.here()}, syslog", "")


def test_a_place_that_cannot_be_reached_is_said_and_keeps_no_other_from_it(
        five, anchor_file, settings):
    """The page shows the problem; the syslog that is not there spoils no file."""
    settings.AUDIT_ANCHOR_SYSLOG = "/nowhere/log"
    row = anchoring.anchor("test")
    assert row.arrived_in == anchoring.here()
    assert row.problem.startswith("Not in the syslog: ")


def test_the_newest_anchor_is_mailed_once(five, anchor_file, settings):
    """Its line stands in the mail, whoever reads it can compare."""
    settings.AUDIT_ANCHOR_MAIL, settings.MAIL_IS_ON = ["security@shop.example"], True
    assert anchors.keep_anchored() == anchoring.HOURLY
    assert anchors.keep_anchored() == ""
    notice = Notice.objects.get()
    assert (notice.event, notice.address) == ("audit.anchored", "security@shop.example")
    assert anchor_file.read_text().strip() in notice.text


def test_an_anchor_that_nobody_can_mail_has_not_arrived(five, settings):
    """Or the log would count as anchored although no copy is anywhere."""
    settings.AUDIT_ANCHOR_MAIL, settings.MAIL_IS_ON = ["security@shop.example"], False
    anchors.keep_anchored()
    assert AuditAnchor.objects.get().arrived_in == ""
    assert not Notice.objects.exists()


def test_the_log_is_verified_once_a_day_and_administrators_hear_of_it(
        five, anchor_file, admin):
    """The check is an entry; a broken log is a mail to whoever sets everything up."""
    admin.email = "admin@shop.example"
    admin.save()
    assert anchors.check_daily().exit_code == 0
    assert anchors.check_daily() is None
    AuditEntry.objects.filter(seq=2).update(sentence="Nothing happened")
    AuditEntry.objects.filter(action="audit.verified").update(
        at=timezone.now() - timedelta(days=2))
    assert anchors.check_daily().first_bad == 2
    assert Notice.objects.get().address == "admin@shop.example"


def test_an_anchor_that_arrived_nowhere_is_tried_again(five, settings, tmp_path):
    """The web's account may not write there: a worker does so ten minutes later."""
    settings.AUDIT_ANCHOR_FILE = tmp_path / "missing folder" / "anchors"
    row = anchoring.anchor(anchoring.MANY)
    assert row.problem.startswith("Not in the file on ")
    assert anchoring.due() == ""
    AuditAnchor.objects.update(at=timezone.now() - anchoring.AGAIN)
    assert anchoring.due() == anchoring.HOURLY
