"""Who is acting, and the answer they get: allowed or not, why, and what would help."""

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from ..models.fields import lines_of


@dataclass(frozen=True)
class Actor:
    """A person acting now: `user`, the network `address` it comes from ("" on a console), and
    the unix account that speaks for the person on a console ("" in a browser).

    `is_two_step`: the session began with a second step; `fresh_at`: when the person last proved
    who they are in it (None: never, or no session). `entries`: the person's allowlist, where a
    page that only shows things read it once (`entries.gathered`); None: each question reads it.
    """

    user: object
    address: str = ""
    system_account: str = ""
    is_two_step: bool = False
    fresh_at: datetime | None = None
    entries: tuple | None = field(default=None, compare=False, repr=False)

    @property
    def name(self):
        if self.user is None:  # a console before there is anybody, or whoever has not signed in
            return _("system account {system_account}").format(
                system_account=self.system_account) if self.system_account \
                else _("Somebody not signed in")
        person = name_of(self.user)
        spoken_for = _("system account {system_account} for ").format(
            system_account=self.system_account) if self.system_account else ""
        return f"{spoken_for}{person}"[:150]  # what every column for it can hold


@dataclass(frozen=True)
class Decision:
    """`allowed`, why, and what would help when it is not: in words, and which page `leads_to` it
    (errors.ACCESS and the others there; "" for none)."""

    allowed: bool
    reason: str
    remedy: str = ""
    leads_to: str = ""

    def __bool__(self):
        return self.allowed


def name_of(user):
    """What people call an account: the full name, else the user name."""
    return user.get_full_name() or user.get_username()


def name_and_account_of(user):
    """“Ben Okafor (ben)”, where one is chosen of many: two people may share the first."""
    full = user.get_full_name()
    return f"{full} ({user.get_username()})" if full else user.get_username()


def plain_address(text):
    """Return the IP address in `text`, IPv4-mapped IPv6 as IPv4; None when it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_inside(text, networks):
    """Whether the address `text` lies in one of `networks` (text lines; empty: everywhere)."""
    lines = lines_of(networks)
    if not lines:
        return True
    address = plain_address(text)
    if address is None:
        return False
    nets = [ipaddress.ip_network(line, strict=False) for line in lines]
    return any(net.version == address.version and address in net for net in nets)
