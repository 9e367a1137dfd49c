"""What a row was before and is afterwards, as the log keeps it: words, and secrets as fingerprints.

A fingerprint is an HMAC under the log's own key: it shows that a secret changed, and whoever has
the database cannot try passwords against it.
"""

import hmac
import re

from django.conf import settings
from django.db import models
from django.utils.functional import Promise

SECRET_NAME = re.compile(r"passw|passphrase|secret|private_key|token_key|credential|(^|_)otp|"
                         r"(^|_)pin$|recovery|session_?key|^key$", re.IGNORECASE)

_IN_ADDRESS = re.compile(r"(://[^/:@\s]*:)[^/@\s]+@")  # user:password@host


def plain(value):
    """`value` as every database keeps and returns it: no NUL, no broken characters, no floats."""
    if isinstance(value, dict):
        return {plain(str(name)): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Promise):
        return plain(str(value))
    raise TypeError(f"An audit entry cannot hold {type(value).__name__}: {value!r}")


class Fingerprint(str):
    """What stands in the log for a secret."""


def fingerprint(secret):
    """The Fingerprint of a secret; of none "", which is none."""
    if not secret:
        return Fingerprint("")
    message = f"fingerprint:{plain(str(secret))}".encode()
    digits = hmac.digest(settings.AUDIT_KEYS[0].encode(), message, "sha256").hex()
    return Fingerprint(f"secret {digits[:12]}")


def as_words(values):
    """A dict of fields as the log keeps it; what a name says is secret becomes a fingerprint."""
    return {plain(str(name)): _word(item, is_secret=bool(SECRET_NAME.search(str(name))))
            for name, item in (values or {}).items()}


def _word(value, *, is_secret):
    if isinstance(value, dict):
        return {plain(str(name)): _word(
            item, is_secret=is_secret or bool(SECRET_NAME.search(str(name))))
            for name, item in value.items()}
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)
    if isinstance(value, (list, tuple, models.QuerySet)):
        return [_word(item, is_secret=is_secret) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Fingerprint):
        return str(value)
    if is_secret:
        return str(fingerprint(value))
    return value if isinstance(value, int) else _IN_ADDRESS.sub(r"\1…@", plain(str(value)))
