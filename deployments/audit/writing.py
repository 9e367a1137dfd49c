"""`record`, the one writer of AuditEntry: the next number, the hash before, and a new head."""

from datetime import UTC
from functools import partial

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import AuditEntry, AuditHead
from . import anchoring, offline, request_ids
from .masking import as_words, plain

FORM = 2
"""How entries are hashed now; those of form 1 were written before there were before and after."""
HASHED = {
    1: ("seq", "actor_id", "actor_name", "address", "action", "outcome", "project_slug",
        "environment_slug", "sentence", "details", "previous_hash", "key_id"),
}
ADDED = ("form", "request_id", "about_type", "about_id", "about_text", "before", "after",
         "is_late")
HASHED[2] = HASHED[1] + ADDED
COLUMNS = (*HASHED[2], "at", "hash")


def values_of(entry):
    """What of an entry is hashed, and its hash: one line of an export."""
    return as_hashed({name: getattr(entry, name) for name in COLUMNS})


def as_hashed(columns):
    """The same from a dict of an entry's `COLUMNS`."""
    if columns["form"] == 1:
        columns = {name: columns[name] for name in (*HASHED[1], "at", "hash")}
    at = columns["at"]  # None where no time stands there, which nobody wrote here
    return {**columns, "at": at.astimezone(UTC).isoformat() if at else ""}


def record(
    action, sentence, *, actor=None, outcome=AuditEntry.DONE, project=None, environment=None,
    about=None, before=None, after=None, **details,
):
    """Append one entry, in the caller's transaction when there is one; return it.

    `actor` is a `policy.Actor` or None for the release manager itself. `about` is the row it is
    about; `before` and `after` are dicts of its fields, secrets are masked by their names.
    `details` are words, whole numbers, lists and dicts of them, without secrets; TypeError for
    anything else.
    """
    return append(described(
        action, sentence, actor=actor, outcome=outcome, project=project, environment=environment,
        about=about, before=before, after=after, **details))


def described(action, sentence, *, actor=None, outcome=AuditEntry.DONE, project=None,
              environment=None, about=None, before=None, after=None, **details):
    """Return what happens now as the values of an entry that has no place in the chain yet."""
    project = project or (environment.project if environment else None)
    user = actor.user if actor else None
    return {
        "at": timezone.now(), "actor_id": user.pk if user else None,
        "actor_name": plain(actor.name) if actor else _("Release manager"),
        "address": actor.address[:45] if actor else "", "action": action, "outcome": outcome,
        "sentence": plain(sentence), "details": plain(details),
        "project_slug": project.slug if project else "",
        "environment_slug": environment.slug if environment else "",
        "request_id": request_ids.current(), "before": as_words(before), "after": as_words(after),
        **_about(about or environment or project),
    }


def append(values, *, is_late=False):
    """Give these values the next place in the chain, in the caller's transaction; the AuditEntry.

    The head row is what writers wait for: SQLite's transactions begin with the write lock anyway.
    """
    key = settings.AUDIT_KEYS[0]
    with transaction.atomic():
        head, __ = AuditHead.objects.select_for_update().get_or_create(pk=1)
        entry = AuditEntry(
            **values, seq=head.seq + 1, form=FORM, is_late=is_late, previous_hash=head.hash,
            key_id=offline.key_id(key))
        entry.hash = offline.row_hash(values_of(entry), key)
        entry.save(force_insert=True)
        AuditHead.objects.filter(pk=1).update(seq=entry.seq, hash=entry.hash)
        if entry.seq % anchoring.EVERY_ROWS == 0:
            transaction.on_commit(partial(anchoring.anchor, anchoring.MANY), robust=True)
    return entry


def _about(row):
    if not isinstance(row, models.Model):
        return {"about_type": "", "about_id": "", "about_text": ""}
    return {"about_type": row._meta.model_name[:40], "about_id": str(row.pk or "")[:40],
            "about_text": plain(str(row))[:200]}
