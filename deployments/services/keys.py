"""SSH keys as text: make a pair, read the public half of one, name a host key for people."""

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils.translation import gettext as _

from ..errors import Refused


def make_key_pair(comment):
    """Return a new ed25519 pair: the private half in OpenSSH's form, the public half's line."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()).decode()
    return private, _public_line(key, comment)


def public_half(private_key, *, passphrase="", comment=""):
    """Return the public line of a private key in OpenSSH's or PEM's form; Refused when it is
    neither, or the passphrase does not open it."""
    secret = passphrase.encode() or None
    for load in (form.load_ssh_private_key, form.load_pem_private_key):
        try:
            return _public_line(load(private_key.strip().encode() + b"\n", secret), comment)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    raise Refused(_("This is no private key that can be read with this passphrase."),
                  _("Paste the whole file, from BEGIN to END, or leave it empty to have one made."))


def fingerprint(host_key):
    """Return `SHA256:…` as `ssh-keygen -l` prints it for the line of a key; "" for none."""
    parts = host_key.split()
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error):
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _public_line(key, comment):
    line = key.public_key().public_bytes(
        form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()
    return f"{line} {' '.join(comment.split())}".strip()
