"""Settings that are unsafe or contradict each other: what `manage.py check` says, as Lines."""

import re

from django.core.checks import ERROR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ...checks.asking import found
from .check_names import name_of
from .line import Line

PAGES = {"W061": {"page": "deployments_environment_changelist", "shown": _lazy("See environments")},
         "W062": {"page": "auth_user_add", "shown": _lazy("Add a person")}}
"""Where one does what a check asks for, by its number."""


def what_is_set():
    """A Line for each thing that a check of ours says; one when none says anything."""
    lines = [_line(message, message.level >= ERROR) for message in found()]
    return lines or [Line(_("Settings"), "good", _("Safe"), _("No check has anything to say."))]


def _line(message, is_wrong):
    return Line(name_of(message.id), "bad" if is_wrong else "warn",
                _("Wrong") if is_wrong else _("Unsafe"), _plain(message.msg),
                _plain(message.hint or _("Set it in the environment and start anew.")),
                rows=((_("Number of the check"), message.id),),
                **PAGES.get(message.id.partition(".")[2], {}))


def _plain(text):
    """What a terminal shows between backquotes stands between quotation marks."""
    return re.sub("`([^`]*)`", r"“\1”", text)
