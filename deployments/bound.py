"""What a plan binds beside the columns it names: our own scripts, and which machine a server is."""

import hashlib
from functools import cache
from pathlib import Path

_REMOTE = Path(__file__).parent / "remote"


@cache
def scripts_digest():
    """Hex SHA-256 over all shell and PHP files that we run on servers: an update changes it."""
    digest = hashlib.sha256()
    for path in sorted([*_REMOTE.glob("scripts/*.sh"), *_REMOTE.glob("php/*.php")]):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def identity_of(server):
    """16 hex digits of the server's pinned host key, and of those it is reached through."""
    parts, seen = [], set()
    while server is not None and server.pk not in seen:
        seen.add(server.pk)
        parts += [server.host_key, f"{server.user}@{server.address}:{server.port}"]
        server = server.jump
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
