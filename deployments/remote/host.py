"""Plain values that say which machine, who logs in, and which host key is its own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """A private key (OpenSSH or PEM text); never shown by repr."""

    private_key: str = field(repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True)
class Host:
    """One SSH server. `host_key` is the pinned line "ssh-ed25519 AAAA…"; empty: never connect."""

    name: str
    address: str
    user: str
    host_key: str
    credentials: Credentials = field(repr=False)
    port: int = 22
    jump: Host | None = None
