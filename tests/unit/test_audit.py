"""The audit log: gapless, chained, and every alteration noticed."""

import json
from datetime import timedelta
from itertools import chain

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import F

from deployments import audit
from deployments.audit import offline, verifying
from deployments.audit.writing import values_of
from deployments.errors import Refused
from deployments.models import AuditEntry, AuditHead, Project
from deployments.services.acting import acting
from tests.factories import actor_for

OLD_KEY = "the key before this one, " + "o" * 20


@pytest.fixture
def five(releaser, production):
    """Five entries by a person about production."""
    return [
        audit.record("deployment.requested", f"Entry {number}", actor=actor_for(releaser),
                     environment=production, number=number, release="2.8.1")
        for number in range(1, 6)
    ]


def rewrite(seq, /, **changes):
    """Change an entry behind the release manager's back."""
    assert AuditEntry.objects.filter(seq=seq).update(**changes) == 1


def test_entries_have_no_gap_and_name_the_one_before(five):
    """Sequence from 1, each with the hash of the entry before it; the first with none."""
    rows = list(AuditEntry.objects.order_by("seq"))
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert [row.previous_hash for row in rows] == ["", *(row.hash for row in rows[:-1])]
    head = AuditHead.objects.get()
    assert (head.seq, head.hash) == (5, rows[-1].hash)
    verdict = audit.verify()
    assert (verdict.entries, verdict.first_bad) == (5, None)
    assert verdict.sentence == "5 entries, unaltered."


def test_an_entry_says_who_did_what_where(five, releaser):
    """Person and address, project and environment, as text that outlives the rows."""
    row = AuditEntry.objects.get(seq=1)
    assert (row.actor, row.actor_name, row.address) == (releaser, "releaser", "127.0.0.1")
    assert (row.project_slug, row.environment_slug) == ("shop", "production")
    assert (row.outcome, row.details) == ("done", {"number": 1, "release": "2.8.1"})


def test_an_empty_log_is_unaltered(db):
    """Also when not even the head row is there yet."""
    AuditHead.objects.all().delete()
    assert audit.verify().first_bad is None
    assert audit.record("server.asked", "First").seq == 1
    assert audit.verify().entries == 1


CHANGES = {
    "at": F("at") + timedelta(seconds=1),
    "actor": None,
    "actor_name": "somebody else",
    "address": "10.0.0.1",
    "action": "deployment.rejected",
    "outcome": "refused",
    "project_slug": "blog",
    "environment_slug": "staging",
    "sentence": "Nothing happened",
    "details": {"number": 3, "release": "2.8.2"},
    "form": 1,
    "request_id": "page-0",
    "about_type": "release",
    "about_id": "0",
    "about_text": "another",
    "before": {"name": "old"},
    "after": {"name": "new"},
    "is_late": True,
    "previous_hash": "0" * 64,
    "key_id": "0" * 16,
    "hash": "0" * 64,
}


def test_every_column_is_covered_by_the_hash():
    """A new column must get its line here, and be noticed when it is changed."""
    columns = {field.name for field in AuditEntry._meta.fields}
    assert columns - {"seq"} == set(CHANGES)


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_changed_column_is_noticed(five, column, seq):
    """At the beginning, in the middle and at the end."""
    rewrite(seq, **{column: CHANGES[column]})
    assert audit.verify().first_bad == seq


@pytest.mark.parametrize("seq", [1, 3])
def test_a_deleted_entry_is_noticed(five, seq):
    """The gap is named."""
    AuditEntry.objects.filter(seq=seq).delete()
    verdict = audit.verify()
    assert (verdict.first_bad, verdict.sentence) == (seq, f"Entry {seq} is missing.")


def test_a_deleted_entry_is_noticed_when_the_rest_moves_up(five):
    """Closing the gap breaks the chain."""
    AuditEntry.objects.filter(seq=3).delete()
    for seq in (4, 5):
        rewrite(seq, seq=seq - 1)
    AuditHead.objects.update(seq=4)
    assert audit.verify().first_bad == 3


def test_two_swapped_entries_are_noticed(five):
    """Their numbers are part of what is hashed."""
    rewrite(2, seq=99)
    rewrite(3, seq=2)
    rewrite(99, seq=3)
    assert audit.verify().first_bad == 2


def test_an_inserted_entry_is_noticed(five):
    """A copy with the next number, and the head moved on, but without the key."""
    row = AuditEntry.objects.get(seq=5)
    row.seq, row.previous_hash = 6, row.hash
    row.save(force_insert=True)
    assert audit.verify().first_bad == 6
    AuditHead.objects.update(seq=6, hash=row.hash)
    assert audit.verify().first_bad == 6


def test_a_chain_computed_again_without_the_key_is_noticed(five, settings):
    """Whoever can write to the database has the rows, not the key."""
    kept, settings.AUDIT_KEYS = settings.AUDIT_KEYS, ["guessed"]
    row = AuditEntry.objects.get(seq=5)
    row.sentence = "Nothing happened"
    rewrite(5, sentence=row.sentence, hash=offline.row_hash(values_of(row), "guessed"))
    settings.AUDIT_KEYS = kept
    assert audit.verify().first_bad == 5


def test_a_cut_tail_is_noticed(five):
    """The head names an entry that is not there any more."""
    AuditEntry.objects.filter(seq__gt=3).delete()
    verdict = audit.verify()
    assert (verdict.first_bad, verdict.sentence) == (4, "Entries after 3 are missing.")


@pytest.mark.parametrize("head", [{"seq": 4}, {"hash": "0" * 64}, {"seq": 6}, None])
def test_a_head_that_does_not_fit_is_noticed(five, head):
    """Moved back, changed, moved on or deleted."""
    if head is None:
        AuditHead.objects.all().delete()
    else:
        AuditHead.objects.update(**head)
    assert audit.verify().first_bad is not None


def test_entries_written_while_reading_are_no_alarm(five, monkeypatch):
    """The log is verified while people work."""
    read = verifying._head
    heads = iter([read(), None])

    def read_then_write():
        head = next(heads)
        if head:
            audit.record("release.requested", "Meanwhile")
        return head or read()

    monkeypatch.setattr(verifying, "_head", read_then_write)
    assert audit.verify() == audit.Verdict(6, None, "6 entries, unaltered.")


def test_deleting_an_account_alters_no_entry(five, releaser):
    """The name stays, and so does the chain."""
    get_user_model().objects.get(pk=releaser.pk).delete()
    assert audit.verify().first_bad is None
    assert AuditEntry.objects.get(seq=1).actor_name == "releaser"


def test_entries_of_an_older_key_still_count(db, settings):
    """Rotation: the new key signs, the old one stays in the list to read with."""
    settings.AUDIT_KEYS = [OLD_KEY]
    audit.record("server.asked", "Old")
    settings.AUDIT_KEYS = ["n" * 40, OLD_KEY]
    audit.record("server.asked", "New")
    assert audit.verify().first_bad is None
    settings.AUDIT_KEYS = ["n" * 40]
    assert audit.verify().sentence == "Entry 1 needs a key that is not in AUDIT_KEYS."


def test_what_is_hashed_is_canonical(five):
    """Sorted names, no spaces, ASCII, UTC: the same bytes on every machine and database."""
    rewrite(2, sentence="Zürich")
    values = values_of(AuditEntry.objects.get(seq=2))
    text = offline.canonical(values, but="hash").decode("ascii")
    names = [name for name, _ in json.loads(text, object_pairs_hook=list)]
    assert names == sorted({field.attname for field in AuditEntry._meta.fields} - {"hash"})
    assert ": " not in text
    assert '"at":"' in text
    assert '+00:00"' in text


@pytest.mark.parametrize("details", [
    {"names": ("a", "b")}, {"by_number": {10: "ten", 9: "nine"}}, {"odd": "nul \0, half \udce4"},
    {"none": None, "yes": True, "big": 2**53},
])
def test_details_are_hashed_as_the_database_returns_them(db, details):
    """Tuples, numbers as names and broken characters come back changed: that is no alarm."""
    entry = audit.record("server.asked", "odd \0 \udce4", **details)
    assert "\0" not in AuditEntry.objects.get(seq=entry.seq).sentence
    assert audit.verify().first_bad is None


@pytest.mark.parametrize("value", [1.5, object(), {"deep": [2.5]}, b"bytes"])
def test_details_that_could_come_back_otherwise_are_not_taken(db, value):
    """Floats print differently elsewhere; nothing is written."""
    with pytest.raises(TypeError):
        audit.record("server.asked", "Odd", value=value)
    assert not AuditEntry.objects.exists()


def test_an_entry_belongs_to_the_transaction_of_its_action(db):
    """What was undone was not done, and the next entry leaves no gap."""
    with transaction.atomic():
        audit.record("server.asked", "Undone")
        transaction.set_rollback(True)
    assert audit.record("server.asked", "Kept").seq == 1
    assert audit.verify().first_bad is None


def test_a_refusal_is_kept_although_the_action_is_undone(releaser, production):
    """The rows are as before; the reason stands in the log."""

    def try_to():
        with acting(actor_for(releaser), "deployment.requested", environment=production):
            Project.objects.update(name="Changed")
            audit.record("deployment.requested", "Asked")
            raise Refused("Not today.", "Try tomorrow.")

    with pytest.raises(Refused, match="Not today"):
        try_to()
    entry = AuditEntry.objects.get()
    assert (entry.outcome, entry.action) == ("refused", "deployment.requested")
    assert entry.sentence == "Refused for releaser: Not today. (Shop - Production)"
    assert entry.details == {"reason": "Not today."}
    assert Project.objects.get().name == "Shop"


def test_a_fault_of_ours_is_no_refusal(releaser, production):
    """It undoes all and is not written as if somebody had been refused."""
    with (pytest.raises(ZeroDivisionError),
          acting(actor_for(releaser), "deployment.requested", environment=production)):
        Project.objects.update(name=str(1 / 0))
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_no_gap_no_fork_and_meet_no_lock(at_once):
    """WAL and IMMEDIATE on a real file: each waits for its turn, nobody is told "locked"."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def write():
        return [audit.record("server.asked", "At once").seq for _ in range(25)]

    results = at_once(*[write] * 8)
    assert all(isinstance(result, list) for result in results), results
    assert sorted(chain(*results)) == list(range(1, 201))
    assert audit.verify() == audit.Verdict(200, None, "200 entries, unaltered.")
