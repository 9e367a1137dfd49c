"""The only place that runs git: fixed surroundings, a deadline, credentials nowhere to be seen.

git reads no configuration but ours, runs no hooks, follows no redirects, asks no terminal. It
never runs inside a tree that a project controls: only in our own bare mirrors.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives import serialization
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from deployments.artifacts.faults import MirrorFailed, SourceRefused, SourceUnreachable
from deployments.artifacts.source import Access, Address, mask_login

ASKPASS = Path(__file__).with_name("askpass.sh")
QUICK_S = 60
PINNED = "the-git-host"  # the name under which ssh finds the confirmed key, whatever the address

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "credential.helper=",
    "protocol.ext.allow=never",
    "http.followRedirects=false",
    "fetch.recurseSubmodules=false",
    "gc.autoDetach=false",
    "tar.umask=0022",
)
_SSH_OPTIONS = (
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    f"HostKeyAlias={PINNED}",
    "BatchMode=yes",
    "ForwardAgent=no",
    "ConnectTimeout=15",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=2",
)
# git speaks English here (LC_ALL=C.UTF-8); the first words found decide who must act.
_REFUSALS = (
    ("Host key verification failed", _lazy("its host key is not the confirmed one"),
     _lazy("fetch the host's key again, compare it, and confirm it")),
    ("no matching host key type", _lazy("its host key is not the confirmed one"),
     _lazy("fetch the host's key again, compare it, and confirm it")),
    ("Permission denied (publickey", _lazy("it does not accept the deploy key"),
     _lazy("add the public half as a deploy key there")),
    ("Authentication failed", _lazy("it does not accept the user and password"),
     _lazy("enter a user and an access token that may read the repository")),
    ("could not read Username", _lazy("it asks for a login"),
     _lazy("enter a user and an access token")),
    ("could not read Password", _lazy("it asks for a login"),
     _lazy("enter a user and an access token")),
    ("returned error: 403", _lazy("the login may not read it"),
     _lazy("let this user read the repository")),
    ("returned error: 30", _lazy("the address answers with a redirect"),
     _lazy("enter the new address")),
    ("certificate", _lazy("its certificate is not trusted"),
     _lazy("correct the certificate, or name its authority")),
    ("not found", _lazy("there is no repository at the address"),
     _lazy("correct the address or the login")),
    ("does not appear to be a git repository", _lazy("there is no repository at the address"),
     _lazy("correct the address")),
    ("dubious ownership", _lazy("its folder belongs to another account"),
     _lazy("correct the folder's owner")),
    ("transport '", _lazy("this kind of address is not allowed"),
     _lazy("use https, ssh or a folder")),
)


class GitFailed(Exception):
    """git exited badly; str() is the end of what it said, logins masked. Never leaves this room."""


class Git:
    """Runs git in one bare repository of ours."""

    def __init__(self, folder: Path):
        self.folder = folder

    def run(
        self, *args: str, timeout_s: float = QUICK_S, accepted: Sequence[int] = (0,)
    ) -> bytes:
        """Return what git printed; GitFailed when it exits otherwise or takes too long."""
        return self._run(args, env=_environment(), timeout_s=timeout_s, accepted=accepted)

    def write(self, *args: str, to: IO[bytes], timeout_s: float) -> None:
        """Let git print straight into an open file."""
        self._run(args, env=_environment(), timeout_s=timeout_s, stdout=to)

    def fetch(
        self, address: Address, refspecs: Sequence[str], *, access: Access, timeout_s: float,
        keep_open: int,
    ) -> None:
        """Fetch from `address`; the caller holds the mirror's lock, its descriptor is `keep_open`.

        git inherits that descriptor: if we are killed, the lock stays held until git has ended.
        """
        args = ("fetch", "--quiet", "--force", "--prune", "--no-tags", "--no-write-fetch-head",
                "--end-of-options", address.url, *refspecs)
        with self._signed_in(address, access=access) as env:
            try:
                self._run(args, env=env, timeout_s=timeout_s, keep_open=(keep_open,))
            except GitFailed as failed:
                if "No space left" in str(failed):
                    raise on_mirror(self.folder, failed) from None
                raise _explain(failed, address=address, access=access) from None

    def _run(
        self, args: Sequence[str], *, env: dict[str, str], timeout_s: float,
        stdout: IO[bytes] | int = subprocess.PIPE, keep_open: Sequence[int] = (),
        accepted: Sequence[int] = (0,),
    ) -> bytes:
        settings = [part for each in _SETTINGS for part in ("-c", each)]
        # `timeout` also ends git when this process was killed and nobody else is left to do it.
        limit = ["timeout", "--signal=KILL", f"{timeout_s + 5:.0f}"]
        process = subprocess.Popen(
            [*limit, "git", *settings, f"--git-dir={self.folder}", *args],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            env=env, cwd="/", start_new_session=True, pass_fds=keep_open,
        )
        try:
            printed, said = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise GitFailed(_("timed out after {timeout_s:g} s").format(
                timeout_s=timeout_s)) from None
        finally:
            _end_group(process)
        if process.returncode not in accepted:
            raise GitFailed(_last_words(said) or _("git exited with {returncode}").format(
                returncode=process.returncode))
        return printed or b""

    @contextlib.contextmanager
    def _signed_in(self, address: Address, *, access: Access) -> Iterator[dict[str, str]]:
        """Give the environment for one fetch; secrets lie in 0600 files until it ends.

        The folder's name is fixed: what a killed process left there is removed by the next.
        """
        login = self.folder.parent / "login"
        shutil.rmtree(login, ignore_errors=True)
        login.mkdir(mode=0o700)
        try:
            yield _environment() | _sign_in(address, access=access, login=login)
        finally:
            shutil.rmtree(login, ignore_errors=True)


def _environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


def _sign_in(address: Address, *, access: Access, login: Path) -> dict[str, str]:
    if address.kind == "ssh":
        return _ssh_environment(address, access=access, login=login)
    if address.kind == "https":
        env = {"GIT_ASKPASS": "/bin/false"}
        if access.password:
            _write(login / "user", access.user)
            _write(login / "password", access.password)
            env = {"GIT_ASKPASS": str(ASKPASS), "RELEASEMGR_LOGIN": str(login)}
        return env | ({"GIT_SSL_CAINFO": access.authority} if access.authority else {})
    # A folder of another account: git asks for this line, and takes it from no other place.
    _write(login / "config", f'[safe]\n\tdirectory = "{_escaped(address.folder)}"\n'
                             f'\tdirectory = "{_escaped(address.folder)}/.git"\n')
    return {"GIT_CONFIG_GLOBAL": str(login / "config")}


def _ssh_environment(address: Address, *, access: Access, login: Path) -> dict[str, str]:
    if not access.host_key or not access.private_key:
        missing = _("host key is not confirmed yet") if access.private_key else _("deploy key is "
                                                                                  "missing")
        raise SourceRefused(
            str(address), why=_("its {missing}").format(missing=missing),
            remedy=_("choose a deploy key, then fetch and confirm the host's key"),
        )
    _write(login / "key", _open_key(address, access=access))
    _write(login / "known_hosts", f"{PINNED} {access.host_key.strip()}\n")
    folder = str(login).replace("%", "%%")  # ssh expands % in both names
    options = [*_SSH_OPTIONS, f'UserKnownHostsFile="{folder}/known_hosts"']
    ssh = ["ssh", "-F", "/dev/null", "-i", f"{folder}/key"]
    ssh += [part for option in options for part in ("-o", option)]
    return {"GIT_SSH_COMMAND": shlex.join(ssh), "GIT_SSH_VARIANT": "ssh"}


def _open_key(address: Address, *, access: Access) -> str:
    """Return the deploy key as ssh reads it without asking for a passphrase."""
    text = access.private_key.strip() + "\n"
    if not access.passphrase:
        return text
    key = text.encode()
    load = serialization.load_pem_private_key
    if b"OPENSSH PRIVATE KEY" in key:
        load = serialization.load_ssh_private_key
    try:
        opened = load(key, access.passphrase.encode())
    except (ValueError, TypeError):
        raise SourceRefused(
            str(address), why=_("its deploy key cannot be opened"),
            remedy=_("enter the key's passphrase again, or have a new key made"),
        ) from None
    return opened.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    ).decode()


def _write(path: Path, text: str) -> None:
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"')


def _end_group(process: subprocess.Popen) -> None:
    """End git with its helpers (ssh, curl): they share its process group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _last_words(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    return mask_login(" ".join(lines[-4:]))[:500]


def _explain(
    failed: GitFailed, *, address: Address, access: Access
) -> SourceRefused | SourceUnreachable:
    said = str(failed)
    for secret in access.secrets:
        said = said.replace(secret, "…")
    for words, why, remedy in _REFUSALS:
        if words in said:
            return SourceRefused(str(address), why=why, remedy=remedy)
    return SourceUnreachable(str(address), why=said)


def on_mirror(folder: Path, failed: GitFailed) -> MirrorFailed:
    """Return the fault for git failing on our own copy."""
    return MirrorFailed(str(folder), why=str(failed))


def drop_stale_locks(folder: Path) -> None:
    """Remove lock files of a git that was killed; the caller holds the mirror's own lock."""
    for root, __, names in os.walk(folder):
        if "objects" in Path(root).relative_to(folder).parts:
            continue
        for name in names:
            if name.endswith(".lock"):
                with contextlib.suppress(FileNotFoundError):
                    (Path(root) / name).unlink()


