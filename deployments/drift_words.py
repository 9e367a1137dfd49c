"""Words for what is not as it was released; pure."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

SORTS = {
    "current": (_lazy("current leads elsewhere"), _lazy("current leads elsewhere")),
    "missing": (_lazy("1 version missing"), _lazy("{} versions missing")),
    "manifest": (_lazy("1 list of contents rewritten"), _lazy("{} lists of contents rewritten")),
    "ours": (_lazy("1 file of ours changed"), _lazy("{} files of ours changed")),
    "stopped": (_lazy("1 PHP pool does not run"), _lazy("{} PHP pools do not run")),
    "php": (_lazy("1 PHP pool runs something else"), _lazy("{} PHP pools run something else")),
    "replaced": (_lazy("1 entry replaced"), _lazy("{} entries replaced")),
    "changed": (_lazy("1 file changed"), _lazy("{} files changed")),
    "script": (_lazy("1 script or server setting added"),
               _lazy("{} scripts or server settings added")),
    "removed": (_lazy("1 entry missing"), _lazy("{} entries missing")),
    "added": (_lazy("1 entry added"), _lazy("{} entries added")),
    "mode": (_lazy("1 with other rights"), _lazy("{} with other rights")),
    "unreadable": ("1 unreadable", "{} unreadable"),
}
"""The sorts of findings, the gravest first, and how one and several are counted."""

GRAVE = ("manifest", "ours", "replaced", "changed", "script", "removed")
"""Those that may bring other pages to visitors: such a version is not made live again."""

IN_A_LINE = 3

NOT_AS_RELEASED = _lazy("{} is not as it was released")
NO_LOOK = _lazy("{} could not be looked at {} times in a row")


def counted(counts, more=0):
    """“1 file changed, 2 entries added”: {sort: how many} in words, the gravest first."""
    parts = [SORTS[sort][counts[sort] != 1].format(counts[sort])
             for sort in SORTS if counts.get(sort)]
    shown = parts[:IN_A_LINE]
    if more:
        shown.append(_("and at least {more} more").format(more=more))
    elif len(parts) > len(shown):
        shown.append(_("and more"))
    return ", ".join(shown)


def gravest_first(findings):
    """The findings by sort, and within one by path."""
    order = list(SORTS)
    return sorted(findings, key=lambda row: (order.index(row["sort"]), row["path"]))


def count(findings):
    """Return {sort: how many}."""
    counts = {}
    for row in findings:
        counts[row["sort"]] = counts.get(row["sort"], 0) + 1
    return counts
