"""The audit log: `record` is its only writer, `verify` reads it back and recomputes the chain.

Each entry's hash is HMAC-SHA256(key, previous hash || canonical JSON of the entry); `seq` has no
gaps; the head row names the newest. Keys come from `AUDIT_KEYS`, newest first, never from the
database. Entries cut off at the end together with the head row go unnoticed without an anchor.
"""

from .exporting import export_lines, record_export, seal
from .late import append_kept, keep
from .masking import fingerprint
from .verifying import READ_EVERY, Verdict, last_verdict, verify
from .writing import append, described, record

__all__ = ["READ_EVERY", "Verdict", "append", "append_kept", "described", "export_lines",
           "fingerprint", "keep", "last_verdict", "record", "record_export", "seal", "verify"]
