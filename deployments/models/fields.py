"""Field types shared by the models: lines of text, relative paths, networks, short names."""

import ipaddress

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .addresses import validate_page

validate_slug = RegexValidator(
    r"\A[a-z0-9][a-z0-9-]*\Z", _lazy("Use small letters, digits and dashes only.")
)


def lines_of(text):
    """Return the non-empty lines of `text`, without white space around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def validate_relative_path(path):
    """Refuse what could leave the folder it is meant for."""
    if not path:
        return
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise ValidationError(_("“{path}” must be a path inside the release, like "
                                "storage/logs.").format(path=path))
    if parts[0] == ".releasemgr" or "\0" in path or len(path) > 500:
        raise ValidationError(_("“{path}” cannot be used as a path.").format(path=path))


def validate_relative_paths(text):
    """Refuse text of which one line is no path inside the release."""
    for line in lines_of(text):
        validate_relative_path(line)


def validate_networks(text):
    """Refuse anything that is not one network or address (IPv4 or IPv6) per line."""
    for line in lines_of(text):
        try:
            ipaddress.ip_network(line, strict=False)
        except ValueError:
            raise ValidationError(
                _("“{line}” is no network; write it like 10.1.0.0/16 or 2001:db8::/32.").format(
                    line=line)
            ) from None


MOST_ADDRESSES = 50
MOST_PAGES = 20
LONGEST_PAGE = 500


def is_mail_address(text):
    """Whether a mail can be addressed to `text`: name@host and nothing else, at most 254 long."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable() and len(text) <= 254  # RFC 5321, 4.5.3.1.3


def validate_mail_addresses(text):
    """Refuse anything that is not one mail address per line, and more than a mail server likes."""
    lines = lines_of(text)
    for line in lines:
        if not is_mail_address(line):
            raise ValidationError(
                _("“{line}” is no mail address; write it like anna@shop.example.").format(
                    line=line[:100]))
    if len(lines) > MOST_ADDRESSES:
        raise ValidationError(
            _("At most {most_addresses} addresses can be told; use a mailing list "
              "for more.").format(most_addresses=MOST_ADDRESSES))


def validate_pages(text):
    """Refuse text of which one line is no page of a site, and more pages than make sense."""
    lines = lines_of(text)
    for line in lines:
        try:
            validate_page(line)
        except ValidationError as refusal:
            raise ValidationError(_("“{line}” is no page. {messages}").format(
                line=line[:100], messages=refusal.messages[0])) from None
        if len(line) > LONGEST_PAGE:
            raise ValidationError(
                _("“{line}…” is too long: a page has at most {longest_page} characters.").format(
                    line=line[:100], longest_page=LONGEST_PAGE))
    if len(lines) > MOST_PAGES:
        raise ValidationError(_("At most {most_pages} pages can be asked for.").format(
            most_pages=MOST_PAGES))


class LinesField(models.TextField):
    """Text with one value per line; `lines_of` reads it."""


class PathsField(LinesField):
    """Paths inside a release, one per line."""

    default_validators = [validate_relative_paths]


class MailAddressesField(LinesField):
    """Mail addresses, one per line."""

    default_validators = [validate_mail_addresses]


class PagesField(LinesField):
    """Pages of the site, one per line."""

    default_validators = [validate_pages]


class RelativePathField(models.CharField):
    """A path inside a release."""

    default_validators = [validate_relative_path]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 500)
        super().__init__(*args, **kwargs)


class NetworksField(models.TextField):
    """Networks, one per line; empty means everywhere."""

    default_validators = [validate_networks]
