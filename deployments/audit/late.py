"""Entries the database would not take while a site was on its way back: kept here, appended later.

A signed line each, in the same canonical form, forced onto the disk before the action goes on.
Each machine keeps its own file and appends it with its next task; such entries are marked late.
"""

import fcntl
import json
import logging
import os
import secrets
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from ..models import AuditEntry
from . import offline
from .writing import append, record

logger = logging.getLogger(__name__)


def kept_file():
    return settings.PRIVATE_ROOT / "audit-late.jsonl"


def keep(entries):
    """Write the values of these entries (see `described`) down beside the database.

    Where even that fails they are in our own log, and the return goes on: visitors come first.
    """
    if not entries:
        return
    lines = [_line(values) for values in entries]
    try:
        with _held("a") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        logger.critical("Audit entries could be kept nowhere: %s", "".join(lines), exc_info=True)


def append_kept():
    """Append what this machine kept, oldest first; return how many entries that were.

    A line is appended once however often a worker is lost here: its id is in its entry. Where the
    database still takes none they stay: whoever calls has other work.
    """
    path = kept_file()
    if not path.exists() or not path.stat().st_size:
        return 0
    try:
        return _append_all()
    except DatabaseError:
        logger.exception("The audit log takes no entries yet; they are kept in %s", path)
        return 0


def _append_all():
    with _held("r+") as file:
        lines = file.read().splitlines()
        with transaction.atomic():
            count = sum(map(_append, lines))
        os.ftruncate(file.fileno(), 0)
        os.fsync(file.fileno())
    return count


@contextmanager
def _held(mode):
    """The file, for one process at a time, readable by its owner alone."""
    def opener(path, flags):
        return os.open(path, flags, 0o600)

    with open(kept_file(), mode, encoding="utf-8", opener=opener) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _line(values):
    values = {**values, "at": values["at"].isoformat(), "late_id": secrets.token_hex(16)}
    line = offline.signed(values, settings.AUDIT_KEYS[0])
    return json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n"


def _append(line):
    try:
        values = json.loads(line)
        key = offline.ring(settings.AUDIT_KEYS)[values.pop("key_id")]
        told = values.pop("signature")
        is_ours = offline.is_same(
            told, offline.signature({**values, "key_id": offline.key_id(key)}, key))
    except (ValueError, TypeError, KeyError, AttributeError):
        is_ours = False
    if not is_ours:
        record("audit.kept_refused",
               _("A line kept beside the database was not written by us or was changed; it is in "
                 "the details"), outcome=AuditEntry.FAILED, line=line[:1000])
        return 0
    late_id = values.pop("late_id")
    if AuditEntry.objects.filter(is_late=True, details__late_id=late_id).exists():
        return 0
    details = {**values["details"], "late_id": late_id}
    append({**values, "details": details, "at": datetime.fromisoformat(values["at"])},
           is_late=True)
    return 1
