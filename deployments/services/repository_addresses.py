"""Addresses of repositories, as people type them: which are refused, and whose host they name."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..models.addresses import refuse_inner_address, validate_host

_HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*"
_PORT = r"(?::(?P<port>[0-9]{1,5}))?"
_ADDRESSES = tuple(re.compile(pattern) for pattern in (
    rf"https://(?:{_HOST}|\[[0-9a-fA-F:]+\]){_PORT}/[^-].*",
    rf"ssh://(?:[A-Za-z0-9_][\w.-]*@)?(?:{_HOST}|\[[0-9a-fA-F:]+\]){_PORT}/[^-].*",
    rf"[A-Za-z0-9_][\w.-]*@{_HOST}:[^-:].*",
    r"/[^-].*",
))


def validate_repository_url(url):
    """Refuse what git could take for an option, another program or a place for a password."""
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in url):
        raise ValidationError(_("The address may not contain spaces or line ends."))
    if re.match(r"https?://[^/]*@", url) or re.match(r"ssh://[^/@]*:[^/]*@", url):
        raise ValidationError(
            _("Leave user and password out of the address; they have fields of their own."))
    found = next(filter(None, (pattern.fullmatch(url) for pattern in _ADDRESSES)), None)
    if found and not 1 <= int(found.groupdict().get("port") or 1) <= 65535:
        raise ValidationError(_("A port is a number from 1 to 65535."))
    if found and not url.startswith("/"):
        validate_host(host_of(url))
        refuse_inner_address(host_of(url))
    if not found:
        raise ValidationError(
            _("Write https://host/path, ssh://user@host/path, user@host:path, or the whole path of "
              "a folder on this machine."))


def is_ssh(url):
    """Whether an address that is one of ours is read over SSH."""
    return not url.startswith(("/", "https://"))


def host_of(url):
    """The host in an address that is one of ours, without user and port."""
    if "://" in url:
        return urlsplit(url).hostname or ""
    return url.partition(":")[0].rpartition("@")[2]


def origin_of(url):
    """What stands before the path in an address: scheme, host and port; "" before a folder's."""
    if url.startswith("/"):
        return ""
    return "/".join(url.lower().split("/")[:3]) if "://" in url else url.lower().partition(":")[0]
