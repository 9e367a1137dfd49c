"""The audit log: `record` is its only writer, `verify` reads it back and recomputes the chain.

Each entry's hash is HMAC-SHA256(key, previous hash || canonical JSON of the entry); `seq` has no
gaps; the head row names the newest. Keys come from `AUDIT_KEYS`, newest first, never from the
database. Rows cut off at the end together with the head row go unnoticed without an outside copy.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .models import AuditEntry, AuditHead


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


def record(
    action, sentence, *, actor=None, outcome=AuditEntry.DONE, project=None, environment=None,
    **details,
):
    """Append one entry, in the caller's transaction when there is one; return it.

    `actor` is a `policy.Actor` or None for the release manager itself. `details` must be JSON
    without floats and without secrets.
    """
    project = project or (environment.project if environment else None)
    key = settings.AUDIT_KEYS[0]
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().get(pk=1)
        entry = AuditEntry(
            seq=head.seq + 1, at=timezone.now(),
            actor=actor.user if actor else None,
            actor_name=actor.name if actor else "Release manager",
            address=actor.address if actor else "",
            action=action, outcome=outcome, sentence=sentence, details=details,
            project_slug=project.slug if project else "",
            environment_slug=environment.slug if environment else "",
            previous_hash=head.hash, key_id=_key_id(key),
        )
        entry.hash = _hash(entry, key)
        entry.save(force_insert=True)
        AuditHead.objects.filter(pk=1).update(seq=entry.seq, hash=entry.hash)
    return entry


def verify():
    """Read every entry in order, recompute its hash, and return a `Verdict`."""
    keys = {_key_id(key): key for key in settings.AUDIT_KEYS}
    count, previous = 0, ""
    for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=1000):
        count += 1
        key = keys.get(entry.key_id)
        if entry.seq != count:
            return Verdict(count, count, f"Entry {count} is missing.")
        if key is None:
            return Verdict(count, count, f"Entry {count} needs a key that is not in AUDIT_KEYS.")
        is_right = hmac.compare_digest(entry.hash, _hash(entry, key))
        if entry.previous_hash != previous or not is_right:
            return Verdict(count, count, f"Entry {count} was changed after it was written.")
        previous = entry.hash
    head = AuditHead.objects.get(pk=1)
    if (head.seq, head.hash) != (count, previous):
        return Verdict(count, count + 1, f"Entries after {count} are missing.")
    return Verdict(count, None, f"{count} entries, unaltered.")
