"""Validators of what connections are made from: host names, ports, sockets, paths on the site."""

import ipaddress
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME = 253  # RFC 1035, 2.3.4, without the dot at the end
_LONGEST_SOCKET = 107  # unix(7): sun_path has 108 bytes, the last one is NUL

PORT_LIMITS = [
    MinValueValidator(1, _lazy("A port is a number from 1 to 65535.")),
    MaxValueValidator(65535, _lazy("A port is a number from 1 to 65535.")),
]

# As `remote.http` sends it: no other letters, and nothing that only a browser understands.
validate_page = RegexValidator(
    r"\A/(?!/)[!\"$-~]*\Z",
    _lazy("Write it from the first slash on, like /shop, with %%20 for a space and %%C3%%BC "
          "for ü."),
)

# RFC 9110, 5.1.
validate_header_name = RegexValidator(
    r"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z", _lazy("Write only the header's name, like X-Version."))

# As `remote.doors` signs it.
validate_endpoint_path = RegexValidator(
    r"\A/(?!/)[A-Za-z0-9._~/-]*\Z",
    _lazy("Write a path of letters, digits and . _ ~ - only, like /_releasemgr/www."),
)

_LINK = r"https?://[!-~]*"

# A browser goes there when somebody clicks; `{…}` is where the name goes.
validate_commit_address = RegexValidator(
    rf"\A{_LINK}\{{sha\}}[!-~]*\Z",
    _lazy("Write an address with {sha} in it, like https://git.example/shop/commit/{sha}."))

validate_ticket_address = RegexValidator(
    rf"\A{_LINK}\{{ticket\}}[!-~]*\Z",
    _lazy("Write an address with {ticket} in it, like https://tickets.example/browse/{ticket}."))


def is_ip(text, version=None):
    """Whether `text` is an IP address (of this version), without brackets or a zone."""
    try:
        return "%" not in text and version in (None, ipaddress.ip_address(text).version)
    except ValueError:
        return False


def is_host(text):
    """Whether `text` is a host name or an IPv4 address. `10.1`, `999.1.1.1` and `0x7f.0x1`, which
    the system would take for addresses, are neither."""
    if not _NAME.fullmatch(text) or len(text) > _LONGEST_NAME:
        return False
    last = text.rpartition(".")[2].lower()
    return is_ip(text, 4) or not (last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last))


def is_host_and_port(text):
    """Whether `text` is `host:port` or `[IPv6]:port`."""
    host, __, port = text.rpartition(":")
    is_port = re.fullmatch(r"[1-9][0-9]{0,4}", port) and int(port) <= 65535
    return bool(is_port) and _is_host_in_url(host)


def _is_host_in_url(text):
    is_bracketed = text.startswith("[") and text.endswith("]")
    return is_ip(text[1:-1], 6) if is_bracketed else is_host(text)


def validate_host(text):
    """Refuse what SSH could not connect to: an address is one name or one IP address."""
    if not (is_host(text) or is_ip(text)):
        raise ValidationError(
            _("Write only the host name or the IP address, like web-1.example or 2001:db8::1."))


def validate_site_host(text):
    """Refuse what could not stand between `https://` and a page's path."""
    if not (_is_host_in_url(text) or is_host_and_port(text)):
        raise ValidationError(
            _("Write only the name, like shop.example, or shop.example:8443 for another port."))


def validate_address(text):
    """Refuse what names no port of a machine."""
    if not is_host_and_port(text):
        raise ValidationError(
            _("Write host:port with a port from 1 to 65535, like 127.0.0.1:443 or [::1]:443."))


def validate_socket(text):
    """Refuse what is neither a unix socket's whole path nor a port of a machine."""
    is_path = text.startswith("/") and text.isprintable()
    if is_path and len(text.encode()) > _LONGEST_SOCKET:
        raise ValidationError(_("A socket's path has at most {longest_socket} bytes.").format(
            longest_socket=_LONGEST_SOCKET))
    if not is_path and not is_host_and_port(text):
        raise ValidationError(
            _("Write the socket's whole path, like /run/php/php8.2-fpm.sock, or host:port, like "
              "127.0.0.1:9000."))


def refuse_inner_address(host):
    """Refuse what only this machine itself, or its cloud, would answer: nobody shall make the
    release manager ask there. Loopback is allowed by the setting ALLOW_LOOPBACK.

    A name is looked up only when it is connected to; `remote.ssh_socket` refuses it then.
    """
    host = host.strip("[]").rstrip(".").lower()
    address = ipaddress.ip_address(host) if is_ip(host) else None
    address = getattr(address, "ipv4_mapped", None) or address
    if address and (address.is_link_local or address.is_multicast or address.is_unspecified):
        raise ValidationError(_("This address is never asked: it belongs to the machine's own "
                                "network or its cloud. Write the server's own address."))
    is_loopback = address.is_loopback if address else \
        host == "localhost" or host.endswith(".localhost")
    if is_loopback and not settings.ALLOW_LOOPBACK:
        raise ValidationError(_("This is the release manager's own machine. If a site really lies "
                                "there, an operator allows it with ALLOW_LOOPBACK=1."))
