"""Forms of the project: what one field alone cannot tell is checked here, before a server would."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..models.fields import lines_of
from ..models.project import LONGEST_S
from ..services.path_rules import OWN, SHARED, entry_problems
from ..services.repository_addresses import origin_of, validate_repository_url
from .secret_fields import SecretsForm

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[ -~]*")  # RFC 9110, 5.1 and 5.5
_OURS = ("host", "connection", "accept-encoding", "content-length", "transfer-encoding")


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
            self.add_error("git_password",
                           _("The address names another host, which must not get the stored "
                             "password: type the one for it, or tick “Remove it”."))

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
            self.add_error("value", _("Its value would be shown from now on: type it again."))
        return cleaned


class ServerCommandForm(SecretsForm):
    """A command on servers that could end before the whole deployment must."""

    def clean_limit_s(self):
        limit_s, most = self.cleaned_data["limit_s"], settings.DEPLOYMENT_LIMIT_S
        if most < limit_s <= LONGEST_S:  # beyond that the model's own sentence says it
            raise ValidationError(_("A whole deployment may take {most} s: write no more than "
                                    "that.").format(most=most))
        return limit_s


class CheckPageForm(SecretsForm):
    """A page to check, with headers that an HTTP request can carry."""

    def clean_headers(self):
        text = self.cleaned_data["headers"]
        for number, line in enumerate(lines_of(text), 1):
            if not _HEADER.fullmatch(line):  # its text can be a secret
                raise ValidationError(_("Line {number} is no request header; write Name: "
                                        "value.").format(number=number))
            name = line.partition(":")[0]
            if name.lower() in _OURS:
                raise ValidationError(_("“{name}” is set by the release manager: take it "
                                        "out.").format(name=name))
        return text

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("status_from"), cleaned.get("status_to")
        if first is not None and last is not None and not 100 <= first <= last <= 599:
            raise ValidationError(_("Statuses go from a smaller to a larger one, 100 to 599."))
        return cleaned
