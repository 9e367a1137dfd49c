"""The audit log: `record` is its only writer, `verify` reads it back and recomputes the chain.

Each entry's hash is HMAC-SHA256(key, previous hash || canonical JSON of the entry); `seq` has no
gaps; the head row names the newest. Keys come from `AUDIT_KEYS`, newest first, never from the
database. Rows cut off at the end together with the head row go unnoticed without an outside copy.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .models import AuditEntry, AuditHead

READ_EVERY = timedelta(minutes=5)
"""How old the last reading may be that the page of the log shows."""


@dataclass(frozen=True)
class Verdict:
    """`entries` read; `first_bad` is the seq of the first wrong one (None: unaltered)."""

    entries: int
    first_bad: int | None
    sentence: str


def _key_id(key):
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _canonical(entry):
    values = {
        name: getattr(entry, name)
        for name in (
            "seq", "actor_id", "actor_name", "address", "action", "outcome", "project_slug",
            "environment_slug", "sentence", "details", "previous_hash", "key_id",
        )
    }
    values["at"] = entry.at.astimezone(UTC).isoformat()
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def _hash(entry, key):
    message = entry.previous_hash.encode() + _canonical(entry)
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def _plain(value):
    """`value` as every database keeps and returns it: no NUL, no broken characters, no floats."""
    if isinstance(value, dict):
        return {_plain(str(name)): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"An audit entry cannot hold {type(value).__name__}: {value!r}")


def record(
    action, sentence, *, actor=None, outcome=AuditEntry.DONE, project=None, environment=None,
    **details,
):
    """Append one entry, in the caller's transaction when there is one; return it.

    `actor` is a `policy.Actor` or None for the release manager itself. `details` are words,
    whole numbers, lists and dicts of them, without secrets; TypeError for anything else.
    """
    project = project or (environment.project if environment else None)
    key = settings.AUDIT_KEYS[0]
    with transaction.atomic():
        head, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
        entry = AuditEntry(
            seq=head.seq + 1, at=timezone.now(),
            actor=actor.user if actor else None,
            actor_name=_plain(actor.name) if actor else "Release manager",
            address=actor.address[:45] if actor else "",
            action=action, outcome=outcome, sentence=_plain(sentence), details=_plain(details),
            project_slug=project.slug if project else "",
            environment_slug=environment.slug if environment else "",
            previous_hash=head.hash, key_id=_key_id(key),
        )
        entry.hash = _hash(entry, key)
        entry.save(force_insert=True)
        AuditHead.objects.filter(pk=1).update(seq=entry.seq, hash=entry.hash)
    return entry


def verify():
    """Read every entry in order, recompute its hash, and return a `Verdict`.

    The head is read before the entries and after them, so that entries written meanwhile are no
    alarm: what the first head names must be there, and nothing may lie beyond the second.
    """
    keys = {_key_id(key): key for key in settings.AUDIT_KEYS}
    head, count, previous = _head(), 0, ""
    for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=1000):
        count += 1
        problem = _problem(entry, count, previous, keys)
        if not problem and count == head.seq and entry.hash != head.hash:
            problem = f"Entry {count} is not the one that was written last."
        if problem:
            return Verdict(count, count, problem)
        previous = entry.hash
    if count < head.seq:
        return Verdict(count, count + 1, f"Entries after {count} are missing.")
    written = _head().seq
    if count > written:
        return Verdict(count, written + 1, f"Entries after {written} were not written here.")
    return Verdict(count, None, f"{count} entries, unaltered.")


def last_verdict(*, is_fresh=False):
    """Return (Verdict, when) of the newest reading by any process; older than `READ_EVERY`, or
    `is_fresh`: reads again."""
    head = _head()
    if not is_fresh and head.checked_at and timezone.now() - head.checked_at < READ_EVERY:
        return Verdict(head.seq, head.first_bad, head.verdict), head.checked_at
    verdict, now = verify(), timezone.now()
    AuditHead.objects.filter(pk=1).update(
        checked_at=now, first_bad=verdict.first_bad, verdict=verdict.sentence)
    return verdict, now


def _head():
    return AuditHead.objects.filter(pk=1).first() or AuditHead()


def _problem(entry, number, previous, keys):
    """What is wrong with the entry that stands at `number`, as a sentence; "" when nothing is."""
    key = keys.get(entry.key_id)
    if entry.seq != number:
        return f"Entry {number} is missing."
    if key is None:
        return f"Entry {number} needs a key that is not in AUDIT_KEYS."
    is_right = hmac.compare_digest(entry.hash.encode(), _hash(entry, key).encode())
    if entry.previous_hash != previous or not is_right:
        return f"Entry {number} was changed after it was written."
    return ""
