"""Forms of the project: the repository's address and request headers are checked here."""

import re

from django.core.exceptions import ValidationError
from django.forms import ModelForm

from ..models.fields import lines_of
from .secret_fields import SecretsForm

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[ -~]*")  # RFC 9110, 5.1 and 5.5
_HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*"
_PORT = r"(?::[0-9]{1,5})?"
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
    if not any(pattern.fullmatch(url) for pattern in _ADDRESSES):
        raise ValidationError(
            "Write https://host/path, ssh://user@host/path, user@host:path, or the whole path of "
            "a folder on this machine.")


class ProjectForm(SecretsForm):
    """A project, as an administrator may write it."""

    def clean_repository_url(self):
        url = self.cleaned_data["repository_url"].strip()
        validate_repository_url(url)
        return url


class CheckPageForm(ModelForm):
    """A page to check, with headers that an HTTP request can carry."""

    def clean_headers(self):
        text = self.cleaned_data["headers"]
        for line in lines_of(text):
            if not _HEADER.fullmatch(line):
                raise ValidationError(f"“{line}” is no request header; write Name: value.")
        return text

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("status_from"), cleaned.get("status_to")
        if first is not None and last is not None and not 100 <= first <= last <= 599:
            raise ValidationError("Statuses go from a smaller to a larger one, 100 to 599.")
        return cleaned
