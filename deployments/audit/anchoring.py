"""Anchors: signed checkpoints of the newest entry, sent where the database's owner cannot write.

They go to a file (appended, forced onto the disk) and to syslog at once; mail is a service's.
An anchor is only as good as its age: entries after it can be cut off unnoticed.
"""

import fcntl
import json
import logging
import os
import socket
from datetime import UTC, timedelta
from logging.handlers import SysLogHandler

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import AuditAnchor, AuditEntry, AuditHead
from . import offline

EVERY_ROWS = 1000
EVERY, AGAIN = timedelta(hours=1), timedelta(minutes=10)
HOURLY, MANY, RELEASED, ASKED = "an hour passed", "1,000 entries", "a release", "asked for"

logger = logging.getLogger(__name__)


def due():
    """Why the log should be anchored now: one of the reasons above; "" when it need not.

    What arrived nowhere, because this process may not write there, is tried again after a while,
    perhaps by another one.
    """
    head, now = AuditHead.objects.filter(pk=1).first(), timezone.now()
    tried = AuditAnchor.objects.first()
    if head is None or (tried and not tried.arrived_in and now - tried.at < AGAIN):
        return ""
    last = AuditAnchor.objects.exclude(arrived_in="").first()
    anchored = last.seq if last else 0
    if head.seq == anchored:
        return ""
    if head.seq - anchored >= EVERY_ROWS:
        return MANY
    if AuditEntry.objects.filter(seq__gt=anchored, action="deployment.succeeded").exists():
        return RELEASED
    return HOURLY if last is None or now - last.at >= EVERY else ""


def anchor(reason):
    """Sign the newest entry, send the checkpoint out, and return its AuditAnchor; None where
    there is no entry.

    Not for a transaction: what it names must be committed. What cannot be reached is the row's
    `problem`; the others have it all the same.
    """
    head = AuditHead.objects.filter(pk=1).first()
    if head is None or not head.seq:
        return None
    now = timezone.now()
    told = offline.signed({"kind": "anchor", "seq": head.seq, "hash": head.hash,
                           "at": now.astimezone(UTC).isoformat(), "reason": reason},
                          settings.AUDIT_KEYS[0])
    arrived, problems = _send(line_of(told))
    return AuditAnchor.objects.create(
        seq=head.seq, hash=head.hash, at=now, reason=reason, key_id=told["key_id"],
        signature=told["signature"], arrived_in=", ".join(arrived), problem=" ".join(problems))


def line_of(told):
    """A checkpoint as one line of text, without the line's end."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def checkpoint_of(row):
    """The checkpoint that an AuditAnchor was made of."""
    return {"kind": "anchor", "seq": row.seq, "hash": row.hash, "reason": row.reason,
            "at": row.at.astimezone(UTC).isoformat(), "key_id": row.key_id,
            "signature": row.signature}


def here():
    """What an anchor's row calls the file of this machine: each may have one of its own."""
    return _("file on {gethostname}").format(gethostname=socket.gethostname()[:60])


def newest_in_file():
    """The AuditAnchor that was written last to this machine's file; None where none was."""
    return AuditAnchor.objects.filter(arrived_in__startswith=here()).first()


def read_file(path):
    """The checkpoints of an anchor file, oldest first.

    OSError when it cannot be read, `offline.CannotTell` and `offline.Forged` for its content.
    """
    with open(path, encoding="utf-8") as file:
        return offline.read_anchors(file, offline.ring(settings.AUDIT_KEYS))


def _send(line):
    arrived, problems = [], []
    for place, target, send in ((here(), settings.AUDIT_ANCHOR_FILE, _to_file),
                                ("syslog", settings.AUDIT_ANCHOR_SYSLOG, _to_syslog)):
        if not target:
            continue
        try:
            send(target, line)
            arrived.append(place)
        except (OSError, ValueError) as fault:
            logger.error("The audit log's anchor did not reach its %s: %s", place, fault)
            problems.append(_("Not in the {place}: {why}.").format(
                place=place, why=offline.why(fault)))
    return arrived, problems


def _to_file(path, line):
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(handle).st_size
        is_cut = size and os.pread(handle, 1, size - 1) != b"\n"  # by a disk that was full
        os.write(handle, f"{chr(10) if is_cut else ''}{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


class _Syslog(SysLogHandler):
    """One that says when it cannot send, instead of printing it."""

    def handleError(self, record):
        raise


def _to_syslog(address, line):
    host, __, port = address.rpartition(":")
    target = address if address.startswith("/") else (host or port, int(port) if host else 514)
    sender = _Syslog(address=target, facility=SysLogHandler.LOG_AUTH)
    sender.ident = "releasemgr-audit: "
    try:
        sender.emit(logging.LogRecord("audit", logging.INFO, "", 0, line, None, None))
    finally:
        sender.close()
