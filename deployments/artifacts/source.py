"""Where a project's code comes from: its address, its login, and the names of versions.

Everything a person or a repository can type is checked here before git sees it.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from deployments.artifacts.faults import RefRefused, SourceRefused

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SCP = re.compile(r"(?:(?P<user>[A-Za-z0-9_][\w.-]*)@)?(?P<host>[A-Za-z0-9][\w.-]*):(?P<path>.+)")
_USERINFO = re.compile(r"(//)[^/\s@]+@")
_LOCAL, _HTTPS, _SSH = "file", "https", "ssh"


@dataclass(frozen=True)
class Access:
    """How to sign in at one address. https: user and password; ssh: deploy key and host key.

    `passphrase` opens the deploy key. `host_key` is the confirmed `ssh-ed25519 AAAA…`; without it
    no ssh address is contacted.
    `authority` is a file of certificates to trust instead of the system's (private git hosts).
    """

    user: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    host_key: str = ""
    authority: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in a log or an error."""
        every = (self.password, self.private_key, self.passphrase)
        return tuple(each for each in every if each)


@dataclass(frozen=True)
class Address:
    """A checked git address: `kind` is file, https or ssh; `host` is empty for file.

    `port` is 0 where the address names none.
    """

    url: str
    kind: str
    host: str = ""
    port: int = 0

    @property
    def place(self) -> tuple[str, str, int]:
        """What a login is for."""
        return self.kind, self.host, self.port

    def __str__(self) -> str:
        return mask_login(self.url)

    @property
    def folder(self) -> str:
        """The path of a source on this machine."""
        return self.url.removeprefix("file://")


def parse_address(url: str) -> Address:
    """Return the address; SourceRefused for one that git must not be given."""
    if not url or url.startswith("-") or not url.isprintable() or "::" in url.partition("/")[0]:
        raise _refused(url)
    if url.startswith("/"):
        return Address(url, _LOCAL)
    if "://" in url:
        return _parse_url(url)
    found = _SCP.fullmatch(url)
    if not found:
        raise _refused(url)
    return Address(url, _SSH, found["host"].lower())


def resolve_address(url: str, *, parent: Address) -> Address:
    """Return a submodule's address; `./` and `../` are relative to its parent's, as in git.

    A source on this machine is reached only from another one: a project that comes over the
    network cannot name a folder of ours.
    """
    if url.startswith(("./", "../")):
        url = _join(parent, url)
    address = parse_address(url)
    if address.kind == _LOCAL != parent.kind:
        raise SourceRefused(
            str(address),
            why=_("{parent} names a folder of this machine as its submodule").format(parent=parent),
            remedy=_("use an address on the git host in .gitmodules"),
        )
    return address


def login_for(address: Address, *, known: Address, access: Access) -> Access:
    """Return the login if `address` is on the host that the login is for, else an empty one."""
    return access if address.place == known.place else Access(authority=access.authority)


def check_ref(ref: str) -> str:
    """Return the name of a branch, tag or commit; RefRefused for a form git must not be given."""
    if not _REF.fullmatch(ref) or ".." in ref or "//" in ref or ref.endswith((".lock", "/", ".")):
        raise RefRefused(ref)
    return ref


def usable_ref(ref: str) -> bool:
    """Return whether a person may ask for this name."""
    try:
        return check_ref(ref) == ref
    except RefRefused:
        return False


def is_sha(name: str) -> bool:
    """Return whether this is a whole commit id."""
    return bool(_SHA.fullmatch(name))


def mask_login(text: str) -> str:
    """Return the text without the `user:password@` of the addresses in it."""
    return _USERINFO.sub(r"\1…@", text)


def _parse_url(url: str) -> Address:
    try:
        parts = urlsplit(url)
        port = parts.port or 0
    except ValueError:
        raise _refused(url) from None
    if parts.password is not None:
        raise SourceRefused(
            mask_login(url),
            why=_("its address holds a password"),
            remedy=_("remove it there and enter it in the project's password field"),
        )
    if parts.scheme == _LOCAL and not parts.netloc and parts.path.startswith("/"):
        return Address(url, _LOCAL)
    if parts.scheme not in (_HTTPS, _SSH) or not parts.hostname or parts.hostname[0] == "-":
        raise _refused(url)
    return Address(url, parts.scheme, parts.hostname, port)


def _join(parent: Address, relative: str) -> str:
    base = parent.url.rstrip("/")
    separator = "/"
    while relative.startswith(("./", "../")):
        step, __, relative = relative.partition("/")
        if step == ".":
            continue
        cut = max(base.rfind("/"), base.rfind(":"))
        if cut < 0:
            raise _refused(_("{parent} and {relative}").format(parent=parent, relative=relative))
        base, separator = base[:cut], base[cut]
    joined = f"{base}{separator}{relative}"
    if "://" in parent.url and not base.startswith(parent.url.split("://")[0] + "://"):
        raise _refused(joined)
    return joined


def _refused(url: str) -> SourceRefused:
    return SourceRefused(
        mask_login(url) if url.isprintable() else repr(url),
        why=_("it is no address we use"),
        remedy=_("enter https://host/path, ssh://user@host/path, user@host:path or /folder"),
    )
