"""Whom an approval rule names in vain: a sentence each, with the way to the entry that is missing.
"""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from .. import policy
from ..models import Grant

SHOWN = 5


def lacking_entries(environment, reader=None):
    """Sentences on people whom a rule names and no entry lets approve there, for `reader` if known.
    """
    found = policy.named_without_entry(environment)
    said = [_sentence(user, entry, environment, reader) for user, entry in found[:SHOWN]]
    if len(found) > SHOWN:
        said.append(_("The same is so of {more} more.").format(more=len(found) - SHOWN))
    return said


def as_lines(sentences):
    """The sentences below each other, as a read-only field shows them."""
    return format_html_join("", "<div>{}</div>", ((sentence,) for sentence in sentences))


def _sentence(user, entry, environment, reader):
    name = policy.name_of(user)
    if entry is not None:
        told = _("A rule names {name}, whose allowlist entry does not count today: see what it "
                 "waits for.").format(name=name)
        page = reverse("admin:deployments_grant_change", args=[entry.pk])
        return _linked(told, page, _("Open the entry"))
    told = _("A rule names {name}, who may not approve releases here: an allowlist entry is "
             "missing.").format(name=name)
    if reader is not None and user.pk == reader.pk:
        return _("{told} Ask another administrator to write it.").format(told=told)
    page = reverse("admin:deployments_grant_add")
    filled = urlencode({"user": user.pk, "project": environment.project_id,
                        "environment": environment.pk, "action": Grant.APPROVE})
    return _linked(told, f"{page}?{filled}", _("Write the entry for {name}").format(name=name))


def _linked(sentence, page, words):
    """In a tab of its own: what is typed into the form here is not lost."""
    return format_html('{} <a href="{}" target="_blank" rel="noopener">{}</a> {}', sentence, page,
                       words, _("(opens a new tab)"))
