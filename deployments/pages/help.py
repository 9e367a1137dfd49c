"""Help: every state and every sentence, what it means, what to do, who can help."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import explained, states
from .door import page, show

OF = {"deployment": (_lazy("States of a release"), states.deployment_words),
      "release": (_lazy("States of a version"), states.release_words),
      "target": (_lazy("States of one server"), states.target_words)}


@page("GET", "HEAD")
def help_page(request, actor):
    """All of it, or what has the words in `?q=`; anybody signed in may read it."""
    query, see = request.GET.get("q", "").strip()[:100], request.GET.get("see", "")
    found, groups = explained.found(query)
    parts = [_Part(title, f"states-{of}", [(row, words(row.status)) for row in found
                                           if row.of == of])
             for of, (title, words) in OF.items()]
    parts += [_Part(group.title, group.anchor, list(group.entries), group) for group in groups]
    parts = [part for part in parts if part.rows]
    return show(request, "help/help.html", title=_("Help"), query=query, parts=parts,
                count=sum(len(part.rows) for part in parts),
                opened={part.anchor for part in parts if query or part.has(see)})


@dataclass(frozen=True)
class _Part:
    """One part of the page: states with their words as pages show them, or a group of entries."""

    title: str
    anchor: str
    rows: list
    group: object = None

    def has(self, anchor):
        rows = self.rows if self.group else [row for row, __ in self.rows]
        return any(row.anchor == anchor for row in rows)
