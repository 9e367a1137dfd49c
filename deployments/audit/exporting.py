"""The log as JSON lines: a signed checkpoint, then one entry per line, each as it was hashed.

`offline.py` verifies such a file without this software. Rows are streamed: a log of any length
takes the same memory.
"""

import hashlib
import json
import os
from datetime import UTC

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import AuditEntry, AuditHead
from . import offline
from .writing import COLUMNS, as_hashed, record

CHUNK = 1000


def record_export(noun, *, actor, count, rows, how, filters):
    """Record who takes out `count` `rows` (a word) of this noun, before the first of them leaves.

    `filters` is the QueryDict that chose them.
    """
    sentence = ngettext("{actor} exported {count:,} row of {rows} {how}",
                        "{actor} exported {count:,} rows of {rows} {how}", count)
    return record(
        f"{noun}.exported",
        sentence.format(actor=actor.name, count=count, rows=rows, how=how),
        actor=actor, rows=count, filters=filters.urlencode()[:500])


def export_lines(rows=None):
    """Yield the lines of an export. `rows`: a part of the log, as a queryset; None: all of it.

    Of a part each entry can be verified, and that none was taken out of the file; not that the
    log had no others.
    """
    head = AuditHead.objects.get_or_create(pk=1)[0]
    whole = AuditEntry.objects.filter(seq__lte=head.seq)
    chosen = (whole if rows is None else rows.filter(seq__lte=head.seq)).order_by("seq")
    first = _checkpoint("export", seq=head.seq, hash=head.hash, is_whole=rows is None,
                        entries=chosen.count())
    return _lines(first, chosen)


def seal(before, folder, *, who="The release manager", actor=None):
    """Write what happened before this time, and is in no segment yet, into a sealed file there.

    Returns its audit entry, None when there is nothing to seal. Nothing leaves the log.
    """
    done = AuditEntry.objects.filter(action="audit.sealed").order_by("-seq").first()
    start = done.details["last_seq"] if done else 0
    last = AuditEntry.objects.filter(seq__gt=start, at__lt=before, is_late=False).order_by(
        "-seq").first()
    if last is None:
        return None
    rows = AuditEntry.objects.filter(seq__gt=start, seq__lte=last.seq).order_by("seq")
    first = _checkpoint("segment", seq=last.seq, hash=last.hash, is_whole=True,
                        entries=last.seq - start, first_seq=start + 1,
                        first_previous_hash=rows[0].previous_hash)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"audit-{start + 1:09}-{last.seq:09}.jsonl"
    digest = _write(path, _lines(first, rows))
    return record(
        "audit.sealed",
        _("{who} sealed entries {start} to {seq} as {path}; they stay in the log").format(
            who=who, start=start + 1, seq=last.seq, path=path.name),
        actor=actor, first_seq=start + 1, last_seq=last.seq, file=str(path),
        sha256=digest)


def _checkpoint(kind, **values):
    now = timezone.now().astimezone(UTC).isoformat()
    return offline.signed({"kind": kind, "at": now, **values}, settings.AUDIT_KEYS[0])


def _lines(first, rows):
    yield _line(first)
    for row in rows.values(*COLUMNS).iterator(chunk_size=CHUNK):
        yield _line(as_hashed(row))


def _line(values):
    return json.dumps(values, sort_keys=True, separators=(",", ":")) + "\n"


def _write(path, lines):
    """Write a file that is whole or not there, readable only; return its SHA-256."""
    digest, partial = hashlib.sha256(), path.with_suffix(".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        for line in lines:
            digest.update(line.encode())
            file.write(line)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return digest.hexdigest()
