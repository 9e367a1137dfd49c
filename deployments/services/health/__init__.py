"""Whether the installation is well, as rows and settings say it. Looking changes nothing."""

from .keeping import what_is_kept
from .line import Line
from .settings import what_is_set
from .told import who_is_told
from .work import what_works

__all__ = ["Line", "sections"]


def sections():
    """[(heading, [Line])] of everything that can be told without asking another machine."""
    return [("Work", what_works()), ("Log and disk", what_is_kept()),
            ("People and servers", who_is_told()), ("Settings", what_is_set())]
