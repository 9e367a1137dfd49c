"""Settings that are unsafe or contradict each other: what `manage.py check` says, as Lines."""

import re

from django.core.checks import ERROR
from django.utils.translation import gettext as _

from ...checks.asking import found
from .check_names import name_of
from .line import Line


def what_is_set():
    """A Line for each thing that a check of ours says; one when none says anything."""
    lines = [_line(message, message.level >= ERROR) for message in found()]
    return lines or [Line(_("Settings"), "good", _("Safe"), _("No check has anything to say."))]


def _line(message, is_wrong):
    return Line(name_of(message.id), "bad" if is_wrong else "warn",
                _("Wrong") if is_wrong else _("Unsafe"), _plain(message.msg),
                _plain(message.hint or _("Set it in the environment and start anew.")),
                rows=((_("Number of the check"), message.id),))


def _plain(text):
    """What a terminal shows between backquotes stands between quotation marks."""
    return re.sub("`([^`]*)`", r"“\1”", text)
