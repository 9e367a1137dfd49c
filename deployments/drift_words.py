"""Words for what is not as it was released; pure."""

SORTS = {
    "current": ("current leads elsewhere", "current leads elsewhere"),
    "missing": ("1 version missing", "{} versions missing"),
    "manifest": ("1 list of contents rewritten", "{} lists of contents rewritten"),
    "ours": ("1 file of ours changed", "{} files of ours changed"),
    "stopped": ("1 PHP pool does not run", "{} PHP pools do not run"),
    "php": ("1 PHP pool runs something else", "{} PHP pools run something else"),
    "replaced": ("1 entry replaced", "{} entries replaced"),
    "changed": ("1 file changed", "{} files changed"),
    "script": ("1 script or server setting added", "{} scripts or server settings added"),
    "removed": ("1 entry missing", "{} entries missing"),
    "added": ("1 entry added", "{} entries added"),
    "mode": ("1 with other rights", "{} with other rights"),
    "unreadable": ("1 unreadable", "{} unreadable"),
}
"""The sorts of findings, the gravest first, and how one and several are counted."""

GRAVE = ("manifest", "ours", "replaced", "changed", "script", "removed")
"""Those that may bring other pages to visitors: such a version is not made live again."""

IN_A_LINE = 3

NOT_AS_RELEASED = "{} is not as it was released"
NO_LOOK = "{} could not be looked at {} times in a row"


def counted(counts, more=0):
    """“1 file changed, 2 entries added”: {sort: how many} in words, the gravest first."""
    parts = [SORTS[sort][counts[sort] != 1].format(counts[sort])
             for sort in SORTS if counts.get(sort)]
    shown = parts[:IN_A_LINE]
    if more:
        shown.append(f"and at least {more} more")
    elif len(parts) > len(shown):
        shown.append("and more")
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
