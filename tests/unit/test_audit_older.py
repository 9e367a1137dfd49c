"""Entries of the form before this one, and the id that entries of one request share."""

from django.utils import timezone

from deployments import audit
from deployments.audit import offline, request_ids
from deployments.audit.writing import values_of
from deployments.models import AuditEntry, AuditHead


def test_entries_of_the_older_form_still_count_and_are_sealed_by_the_first_new_one(db, settings):
    """They have the hashes they were written with; the newer one is chained to the last."""
    key, previous = settings.AUDIT_KEYS[0], ""
    for seq in range(1, 4):
        row = AuditEntry(seq=seq, form=1, at=timezone.now(), actor_name="Release manager",
                         action="test.happened", outcome="done", sentence=f"Old {seq}",
                         previous_hash=previous, key_id=offline.key_id(key))
        row.hash = previous = offline.row_hash(values_of(row), key)
        row.save(force_insert=True)
    AuditHead.objects.update_or_create(pk=1, defaults={"seq": 3, "hash": previous})
    new = audit.record("test.happened", "New")
    assert (new.form, new.previous_hash) == (2, previous)
    assert "request_id" not in values_of(row)
    assert audit.verify() == audit.Verdict(4, None, "4 entries, unaltered.")
    lines = list(audit.export_lines())
    assert offline.verify_export(lines, offline.ring(settings.AUDIT_KEYS))[0] == 0

    second = AuditEntry.objects.filter(seq=2)
    second.update(sentence="Nothing happened")
    assert audit.verify().first_bad == 2
    second.update(sentence="Old 2", about_text="put in where nothing was hashed")
    assert audit.verify().first_bad == 2


def test_what_is_done_together_has_one_request(db):
    """Whatever began it: a page, a command or a task; inside, the outermost counts."""
    with request_ids.begun("page") as number, request_ids.begun("task"):
        first = audit.record("test.happened", "First")
    with request_ids.begun("task"):
        second = audit.record("test.happened", "Second")
    third = audit.record("test.happened", "Third")
    assert first.request_id == number
    assert second.request_id.startswith("task-")
    assert second.request_id != number
    assert third.request_id == ""


def test_every_answer_names_its_request(client, db):
    """For whoever reports a problem; the entry of a sign-in that failed has the same."""
    answer = client.post("/admin/login/", {"username": "nobody", "password": "wrong"})
    assert AuditEntry.objects.latest("seq").request_id == answer.headers["X-Request-Id"]
