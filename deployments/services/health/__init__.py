"""Whether the installation is well, as rows and settings say it. Looking changes nothing."""

from django.utils.translation import gettext as _

from .keeping import what_is_kept
from .line import Line
from .settings import what_is_set
from .told import who_is_told
from .work import what_works

__all__ = ["Line", "sections"]


def sections():
    """[(heading, [Line])] of everything that can be told without asking another machine."""
    return [(_("Work"), what_works()), (_("Log and disk"), what_is_kept()),
            (_("People and servers"), who_is_told()), (_("Settings"), what_is_set())]
