"""Disk, database and audit log: whether what must be kept is kept."""

import os
import shutil
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from ...audit import late
from ...audit.open_intents import open_intents
from ...models import AuditAnchor, AuditHead
from ..anchors import CHECK_EVERY
from .line import Line, ago, counted

LITTLE, TOO_LITTLE = 2_000_000_000, 500_000_000
"""Bytes that must be free: a build, its archive and the database's journal lie there."""
NEWEST = 20_000
"""Entries in which intents without an outcome are looked for: the others are the log's page."""
SLACK = timedelta(hours=2)
LOG_PAGE = "deployments_auditentry_changelist"


def what_is_kept():
    """The Lines of what lies on this machine and in the database."""
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    return [_disk(), _database(), _integrity(head), _anchors(head), *_kept_beside(),
            _intents(head)]


def _disk():
    free = shutil.disk_usage(settings.DATA_ROOT).free
    sentence = f"{_size(free)} are free in {settings.DATA_ROOT}, where versions are built and kept."
    if free >= LITTLE:
        return Line("Disk", "good", "Room", sentence)
    remedy = "Make room on this machine, or move DATA_DIR to a larger disk."
    if free >= TOO_LITTLE:
        return Line("Disk", "warn", "Little room", sentence, remedy)
    return Line("Disk", "bad", "Almost full", f"{sentence} Builds fail next.", remedy)


def _size(count):
    return filesizeformat(count).replace("\xa0", " ")


def _database():
    if connection.vendor != "sqlite":
        return Line("Database", "good", "Answers", f"{connection.display_name} answers.")
    path = settings.DATABASES["default"]["NAME"]
    size = os.path.getsize(path) if os.path.isfile(path) else 0
    return Line("Database", "good", "Answers", f"SQLite answers; its file has {_size(size)}.")


def _integrity(head):
    """The last reading as it was noted: looking here must not read the whole log again."""
    more = {"page": LOG_PAGE, "shown": "See the audit log"}
    if head.checked_at is None:
        return Line("Log integrity", "warn", "Not checked", "The audit log was never verified.",
                    "Open the log and press “Check now”; the worker does it each day.", **more)
    sentence = f"{head.verdict} Verified {ago(head.checked_at)}."
    if head.first_bad is not None and head.can_tell:
        return Line("Log integrity", "bad", "Changed", sentence, "Tell whoever is responsible for "
                    "security now, and keep the database and the anchors as they are.", **more)
    if not head.can_tell:
        return Line("Log integrity", "warn", "Cannot tell", sentence, "See that AUDIT_KEYS holds "
                    "all keys and that the anchor file can be read.", **more)
    if timezone.now() - head.checked_at > CHECK_EVERY + SLACK:
        return Line("Log integrity", "warn", "Long ago", sentence, "The worker verifies it each "
                    "day: see whether it runs. Or press “Check now” there.", **more)
    return Line("Log integrity", "good", "Unaltered", sentence, **more)


def _anchors(head):
    newest = AuditAnchor.objects.first()
    arrived = AuditAnchor.objects.exclude(arrived_in="").first()
    if newest is None:
        tone = "warn" if head.seq else "quiet"
        return Line("Anchors", tone, "None yet", "No entry of the audit log is anchored outside "
                    "the database.", "The worker anchors it each hour: see whether it runs."
                    if head.seq else "")
    sentence = f"Entry {newest.seq:,} was anchored {ago(newest.at)}"
    if not newest.arrived_in:
        since = f"the last that did is of {ago(arrived.at)}" if arrived else "none ever did"
        return Line("Anchors", "bad", "Arrived nowhere", f"{sentence}, but arrived nowhere; "
                    f"{since}. {newest.problem}".strip(), "Mend what AUDIT_ANCHOR_FILE, "
                    "AUDIT_ANCHOR_SYSLOG or AUDIT_ANCHOR_MAIL name: it is tried again by itself.")
    sentence += f", in {newest.arrived_in}."
    if newest.problem:
        return Line("Anchors", "warn", "In part", f"{sentence} {newest.problem}",
                    "Mend what cannot be reached: the next anchor goes there again.")
    if head.seq > newest.seq and timezone.now() - newest.at > SLACK:
        return Line("Anchors", "warn", "Long ago", f"{sentence} What came after it can be cut off "
                    "unnoticed.", "The worker anchors it each hour: see whether it runs.")
    return Line("Anchors", "good", "Anchored", sentence)


def _kept_beside():
    """Entries that the database would not take wait in a file."""
    path = late.kept_file()
    if path.exists() and path.stat().st_size:
        yield Line("Late entries", "warn", "Waiting", f"Entries of the audit log wait in {path}.",
                   "The next task of this machine's worker appends them: see whether it runs.")


def _intents(head):
    found = open_intents(after=max(head.seq - NEWEST, 0))
    if not found:
        return Line("Open intents", "good", "None", "Whatever was announced in the audit log was "
                    "concluded there.")
    return Line("Open intents", "quiet", "Some",
                f"{counted(len(found), 'thing was', 'things were')} announced and not concluded "
                f"yet, the first as entry {found[0]:,}: under way, or lost with its worker.",
                page=LOG_PAGE, shown="See the audit log")
