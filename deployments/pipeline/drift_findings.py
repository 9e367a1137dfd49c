"""A finding of drift, and what it is known by."""

import hashlib

from django.utils.translation import gettext_lazy as _

IS_NOW = {"link": _("a link"), "folder": _("a real folder"), "file": _("a file"),
          "none": _("not there"), "closed": _("not to be read by us")}
"""What stands where we look, as drift.sh calls it."""


def finding(sort, path, text, release, detail=""):
    """Return the finding as it is kept; `detail` is what makes it another one at the same path."""
    return {"sort": sort, "path": path, "text": text, "release": release.title,
            "key": f"{sort} {release.name} {path} {detail}"}


def sha256_of(text):
    """The SHA-256 of a text as UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
