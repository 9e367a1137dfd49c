"""One line of the page that says whether the installation is well."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.text import slugify
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

ICONS = {"good": "check", "warn": "warning", "bad": "cross", "quiet": "dash"}


@dataclass(frozen=True)
class Line:
    """`word` is its state, `sentence` what is so, `remedy` what to do ("" where nothing is)."""

    name: str
    tone: str
    word: str
    sentence: str
    remedy: str = ""
    page: str = ""  # URL name of where one can see more
    shown: str = ""  # and what the link says
    rows: tuple = ()  # (name, words) of what is summed up here

    @property
    def icon(self):
        return ICONS[self.tone]

    @property
    def anchor(self):
        return slugify(self.name)

    @property
    def url(self):
        return f"admin:{self.page}"

    @property
    def needs_somebody(self):
        return self.tone in ("warn", "bad")


def ago(at):
    """“5 minutes ago”, “a moment ago”; “in 5 minutes” for what is still to come."""
    now = timezone.now()
    if abs(now - at) < timedelta(minutes=1):
        return _("a moment ago") if at <= now else _("in a moment")
    words = (timeuntil if at > now else timesince)(at, now, depth=1).replace("\xa0", " ")
    told = _("in {words}") if at > now else _("{words} ago")
    return told.format(words=words)


def happened(at):
    """`ago` of what is past for certain: another machine's clock may be ahead of this one."""
    return ago(min(at, timezone.now()))
