"""SSH keys: fingerprints for people, new pairs, and reading a stored private key."""

import base64
import hashlib
import io

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

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


def generate_key(comment: str) -> tuple[str, str]:
    """Return a new ed25519 pair: private key (OpenSSH format), public line with the comment."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return private.decode(), f"{public.decode()} {' '.join(comment.split())}".strip()


def load_private_key(host: Host) -> paramiko.PKey:
    """Return the host's key ready for login; LoginRefused says why it cannot be read."""
    text, passphrase = host.credentials.private_key, host.credentials.passphrase or None
    reason = "its text is damaged or of an unknown kind; store the key again"
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.strip() + "\n"), password=passphrase)
        except paramiko.PasswordRequiredException:
            reason = "it is encrypted; store its passphrase too"
            break
        except (paramiko.SSHException, ValueError, IndexError) as error:
            # cryptography's text for a wrong passphrase; the error itself never holds the key.
            if "passphrase" in str(error).lower() or "password" in str(error).lower():
                reason = "the stored passphrase does not open it"
    raise LoginRefused(
        f"The SSH key for {host.name} cannot be used: {reason}.", server=host.name
    ) from None
