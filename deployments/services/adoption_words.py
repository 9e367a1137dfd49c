"""Words that all parts of an adoption's plan share."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..waves import joined

LABEL = _lazy("before Release manager")
"""What the version is called that is made of a site which was live before us."""
COPY = "releases/before-releasemgr"
"""Where a site's files are to lie, by hand, that lay outside of releases/."""
AGAIN = _lazy("then look again.")
SHOWN = 5


@dataclass(frozen=True)
class Remark:
    """One thing to know: what it is, what to do, and `lines` to copy; `server` where it is about
    one, or the names of several."""

    text: str
    todo: str = ""
    lines: str = ""
    server: str = ""

    def __str__(self):
        return f"{self.server}: {self.text}" if self.server else self.text


def merged(remarks):
    """The same Remarks, those that say one thing of several servers once."""
    servers = {}
    for remark in remarks:
        servers.setdefault(replace(remark, server=""), []).append(remark.server)
    return [replace(remark, server=listed(names)) for remark, names in servers.items()]


def size_words(kb):
    """“12 KB”, “3 MB” or “1.4 GB”."""
    if kb < 1024:
        return f"{kb} KB"
    return f"{kb // 1024} MB" if kb < 1024**2 else f"{kb / 1024**2:.1f} GB"


def listed(names):
    """“a, b and c”, of many the first ones."""
    names = list(names)
    if len(names) > SHOWN:
        return _("{names} and {more} more").format(
            names=", ".join(names[:SHOWN]), more=len(names) - SHOWN)
    return joined(names)
