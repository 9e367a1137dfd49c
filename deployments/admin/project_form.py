"""Forms of the project: what one field alone cannot tell is checked here, before a server would."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from ..models.addresses import refuse_inner_address, validate_host
from ..models.fields import lines_of
from ..models.project import LONGEST_S
from ..services.path_rules import OWN, SHARED, entry_problems
from .secret_fields import SecretsForm

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[ -~]*")  # RFC 9110, 5.1 and 5.5
_OURS = ("host", "connection", "accept-encoding", "content-length", "transfer-encoding")
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
        raise ValidationError("The address may not contain spaces or line ends.")
    if re.match(r"https?://[^/]*@", url) or re.match(r"ssh://[^/@]*:[^/]*@", url):
        raise ValidationError(
            "Leave user and password out of the address; they have fields of their own.")
    found = next(filter(None, (pattern.fullmatch(url) for pattern in _ADDRESSES)), None)
    if found and not 1 <= int(found.groupdict().get("port") or 1) <= 65535:
        raise ValidationError("A port is a number from 1 to 65535.")
    if found and not url.startswith("/"):
        validate_host(host_of(url))
        refuse_inner_address(host_of(url))
    if not found:
        raise ValidationError(
            "Write https://host/path, ssh://user@host/path, user@host:path, or the whole path of "
            "a folder on this machine.")


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


class ProjectForm(SecretsForm):
    """A project, as an administrator may write it."""

    def clean(self):
        cleaned = super().clean()
        entries = [
            (name, self.fields[name].label, path) for name in (*SHARED, *OWN)
            if name in self.fields for path in lines_of(cleaned.get(name, ""))
        ]
        for name, sentence in entry_problems(entries):
            self.add_error(name, sentence)
        self._keep_password_from_strangers(cleaned.get("repository_url"))
        return cleaned

    def _keep_password_from_strangers(self, url):
        """A stored password belongs to one host: whoever changes the address must know it."""
        is_told = {"git_password", "remove_git_password"} & set(self.changed_data)
        if is_told or not url or not self.instance.git_password:
            return
        if origin_of(url) not in ("", origin_of(self.initial.get("repository_url", ""))):
            self.add_error("git_password", "The address names another host, which must not get the "
                           "stored password: type the one for it, or tick “Remove it”.")

    def clean_repository_url(self):
        url = self.cleaned_data["repository_url"].strip()
        validate_repository_url(url)
        return url


class BuildVariableForm(SecretsForm):
    """A variable that keeps its secret: what is shown from now on is typed anew."""

    def clean(self):
        cleaned = super().clean()
        is_opened = "is_secret" in self.changed_data and not cleaned.get("is_secret")
        if self.instance.pk and is_opened and "value" not in self.changed_data:
            self.add_error("value", "Its value would be shown from now on: type it again.")
        return cleaned


class ServerCommandForm(SecretsForm):
    """A command on servers that could end before the whole deployment must."""

    def clean_limit_s(self):
        limit_s, most = self.cleaned_data["limit_s"], settings.DEPLOYMENT_LIMIT_S
        if most < limit_s <= LONGEST_S:  # beyond that the model's own sentence says it
            raise ValidationError(f"A whole deployment may take {most} s: write no more than that.")
        return limit_s


class CheckPageForm(SecretsForm):
    """A page to check, with headers that an HTTP request can carry."""

    def clean_headers(self):
        text = self.cleaned_data["headers"]
        for number, line in enumerate(lines_of(text), 1):
            if not _HEADER.fullmatch(line):  # its text can be a secret
                raise ValidationError(f"Line {number} is no request header; write Name: value.")
            name = line.partition(":")[0]
            if name.lower() in _OURS:
                raise ValidationError(f"“{name}” is set by the release manager: take it out.")
        return text

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("status_from"), cleaned.get("status_to")
        if first is not None and last is not None and not 100 <= first <= last <= 599:
            raise ValidationError("Statuses go from a smaller to a larger one, 100 to 599.")
        return cleaned
