"""SSH keys: fingerprints for people, and reading a stored private key."""

import base64
import hashlib
import io

import paramiko
from django.utils.translation import gettext as _

from deployments.remote.faults import LoginRefused
from deployments.remote.host import Host


def fingerprint(host_key: str) -> str:
    """Return "SHA256:…" as `ssh-keygen -lf` prints it; ValueError when it is no public key line."""
    try:
        blob = base64.b64decode(host_key.split()[1], validate=True)
    except (IndexError, ValueError):
        raise ValueError("not a public key line such as 'ssh-ed25519 AAAA…'") from None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return "SHA256:" + digest.rstrip("=")


def load_private_key(host: Host) -> paramiko.PKey:
    """Return the host's key ready for login; LoginRefused says why it cannot be read."""
    text, passphrase = host.credentials.private_key, host.credentials.passphrase
    key = _read(text, passphrase)
    if isinstance(key, paramiko.PKey):
        return key
    if key is paramiko.PasswordRequiredException:
        reason = _("it is encrypted; store its passphrase too")
    elif passphrase and _read(text, "") is paramiko.PasswordRequiredException:
        reason = _("the stored passphrase does not open it; store the right one")
    else:
        reason = _("its text is damaged or of an unknown kind; store the key again")
    raise LoginRefused(_("The SSH key for {host} cannot be used: {reason}.").format(
        host=host.name, reason=reason), server=host.name)


def _read(text: str, passphrase: str) -> paramiko.PKey | type[Exception] | None:
    """Return the key, PasswordRequiredException for a locked one, None for what is no key."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            stream = io.StringIO(text.strip() + "\n")
            return kind.from_private_key(stream, password=passphrase or None)
        except paramiko.PasswordRequiredException:
            return paramiko.PasswordRequiredException
        except Exception:  # noqa: S112 - paramiko lets any error of its parsers through
            continue
    return None
