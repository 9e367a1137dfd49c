"""From a Host to a logged-in transport, each phase with its own time limit and its own fault.

The order is the safety: reach, agree on keys, compare the host key, and only then log in.
"""

import logging
import socket

import paramiko
from django.utils.translation import gettext as _

from deployments.remote.faults import (
    HostKeyChanged,
    HostKeyUnconfirmed,
    LoginRefused,
    RemoteFault,
    Unreachable,
)
from deployments.remote.host import Host
from deployments.remote.ssh_keys import fingerprint, load_private_key
from deployments.remote.ssh_socket import Wire, connect

# paramiko logs each refused connection with a stack trace; our faults say it in one sentence.
_LOG = logging.getLogger("deployments.remote.paramiko")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False

CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")
MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
KEX = (
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
)
HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


def reach(host: Host, *, timeout_s: float) -> Wire:
    """Return a TCP connection to the host; Unreachable says why there is none."""
    try:
        return Wire(connect(host.address, port=host.port, timeout_s=timeout_s))
    except socket.gaierror:
        fault = _("The name {address} of {host} cannot be resolved; correct the address.").format(
            address=host.address, host=host.name)
    except ConnectionRefusedError:
        fault = _("{place} refuses connections; start its SSH service or correct the port.").format(
            place=_place(host))
    except TimeoutError:
        fault = _("{place} did not answer within {timeout_s:g} s; is it running, and may "
                  "we?").format(place=_place(host), timeout_s=timeout_s)
    except OSError as error:
        fault = _("{place} cannot be reached: {why}.").format(
            place=_place(host), why=error.strerror or error)
    raise Unreachable(fault, server=host.name)


def negotiate(host: Host, wire: Wire, *, timeout_s: float) -> paramiko.Transport:
    """Return an encrypted transport, nobody logged in; Unreachable when there is no SSH server."""
    transport = paramiko.Transport(wire)
    transport.set_log_channel(_LOG.name)
    _allow_only_strong(transport, pinned=host.host_key)
    transport.banner_timeout = transport.handshake_timeout = timeout_s
    transport.auth_timeout = transport.channel_timeout = timeout_s
    reason = _("did not speak SSH within {timeout_s:g} s").format(timeout_s=timeout_s)
    try:
        transport.start_client(timeout=timeout_s)
    except paramiko.IncompatiblePeer:
        reason = _("offers only outdated encryption")
    except EOFError:
        reason = _("closed the connection at once (too many logins at the same time?)")
    except (paramiko.SSHException, OSError) as error:
        if not _is_silence(error):
            reason = _("does not answer as an SSH server ({one_line})").format(
                one_line=_one_line(error))
    # start_client() also returns, without an error, when its time is over.
    if transport.is_active() and transport.initial_kex_done:
        return transport
    transport.close()
    raise Unreachable(_("{place} {reason}; check the address and port.").format(
        place=_place(host), reason=reason), server=host.name)


def check_host_key(host: Host, transport: paramiko.Transport) -> None:
    """Return only when the server proved to own the pinned key."""
    shown = shown_key(transport)
    if shown != " ".join(host.host_key.split()[:2]):
        raise HostKeyChanged(
            _("{host} shows the host key {fingerprint} instead of the confirmed "
              "{pinned_fingerprint}; nobody logged in. Find out why first.").format(
                host=host.name, fingerprint=fingerprint(shown),
                pinned_fingerprint=_pinned_fingerprint(host)),
            server=host.name,
        )


def require_pin(host: Host) -> None:
    """Raise HostKeyUnconfirmed while no key is confirmed for the host or a jump host before it."""
    if host.jump:
        require_pin(host.jump)
    if not host.host_key.strip():
        raise HostKeyUnconfirmed(
            _("The host key of {host} is not confirmed yet; an administrator must fetch and "
              "confirm it first.").format(host=host.name),
            server=host.name,
        )


def log_in(host: Host, transport: paramiko.Transport) -> None:
    """Log in with the host's one key; no agent, no key search, no password."""
    key = load_private_key(host)
    try:
        missing = transport.auth_publickey(host.user, key)
    except paramiko.AuthenticationException as error:
        raise _login_fault(host, error) from None
    except (paramiko.SSHException, EOFError, OSError):
        raise Unreachable(
            _("{host} closed the connection during the login; look at its SSH log.").format(
                host=host.name),
            server=host.name,
        ) from None
    if missing:
        raise LoginRefused(
            _("{host} wants more than a key from {user} ({missing}); allow the key alone.").format(
                host=host.name, user=host.user, missing=", ".join(missing)),
            server=host.name,
        )


def shown_key(transport: paramiko.Transport) -> str:
    """Return the key line the server proved to own."""
    key = transport.get_remote_server_key()
    return f"{key.get_name()} {key.get_base64()}"


def _login_fault(host: Host, error: Exception) -> RemoteFault:
    if "timeout" in str(error).lower():
        return Unreachable(
            _("{host} did not answer the login in time; look at its SSH log.").format(
                host=host.name), server=host.name
        )
    return LoginRefused(
        _("{host} refuses the key for {user}; add the public key to that account's "
          "authorized_keys.").format(host=host.name, user=host.user),
        server=host.name,
    )


def _allow_only_strong(transport: paramiko.Transport, *, pinned: str) -> None:
    options = transport.get_security_options()
    options.ciphers, options.digests, options.kex = CIPHERS, MACS, KEX
    # The pinned kind first, so a server with several keys shows that one; the others stay, so a
    # server without it is reported as changed and not as outdated.
    kind = pinned.partition(" ")[0]
    first = tuple(name for name in HOST_KEYS if name == kind or _is_rsa(name, kind))
    options.key_types = first + tuple(name for name in HOST_KEYS if name not in first)


def _is_rsa(name: str, kind: str) -> bool:
    return kind == "ssh-rsa" and name.startswith("rsa-")


def _is_silence(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or str(error).endswith("protocol banner")


def _pinned_fingerprint(host: Host) -> str:
    try:
        return fingerprint(host.host_key)
    except ValueError:
        return _("one, which is not readable")


def _place(host: Host) -> str:
    return f"{host.name} ({host.address}:{host.port})"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
