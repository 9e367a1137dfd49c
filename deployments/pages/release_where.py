"""Release: which project, to which environment? What leads to the first of the four steps."""

from django.utils.translation import gettext as _

from .. import policy
from ..models import Environment
from ..services import drafts, freezes
from .door import page, show, visible_projects

SHOWN = 60
"""Rows of each part; whoever looks for another one searches by name."""


@page("GET", "HEAD")
def where(request, actor):
    """Where this person may release to; then where they may not, each with the reason."""
    actor = policy.gathered(actor)
    projects = visible_projects(actor)
    rows = Environment.objects.filter(project__in=projects).select_related("project")
    asked = request.GET.get("q", "").strip()[:100]
    answers = [(row, policy.may_release(actor, row)) for row in rows
               if _is_asked_for(row, asked)]
    open_to = [row for row, decision in answers if decision]
    shut = [(row, decision) for row, decision in answers if not decision]
    return show(request, "release/where.html", title=_("Release"), asked=asked, shown=SHOWN,
                open_to=open_to[:SHOWN], shut=shut[:SHOWN], is_known=bool(projects),
                is_searched=bool(asked) or len(answers) > 8,
                more=max(len(open_to) - SHOWN, 0) + max(len(shut) - SHOWN, 0),
                freeze_lines=list(freezes.banners(projects)),
                drafts=drafts.begun_by(actor.user, projects))


def _is_asked_for(row, asked):
    """Whether all words that were typed are in the names of the place."""
    names = f"{row.project.name} {row.name} {row.site_host}".lower()
    return all(word in names for word in asked.lower().split())
