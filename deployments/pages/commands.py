"""Edits of what a project runs: each with its differences, who edited and who agreed; yes or no."""

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import Project, RecipeVersion
from ..services import edits
from ..services.acting import recording_refusals
from ..services.recipe_content import differences
from .again import asks_again
from .door import denied, page, see_other, show
from .forms import comment_of

SHOWN = 50
_ONCE_IN_FORCE = (RecipeVersion.IN_FORCE, RecipeVersion.REPLACED)


@page("GET")
def history(request, actor, project):
    """All edits of a project, the newest first."""
    return _page(request, actor, _seen(actor, project), comment=comment_of(request))


@page("POST")
@asks_again(lambda request: request.POST.get("answer") == "agree",
            back=lambda project, number: reverse("admin:command-edits", args=[project]))
def answer(request, actor, project, number):
    """Agree to an edit, decline it (its author: take it back), or make one that says it again."""
    row = _seen(actor, project)
    edit = row.recipe_versions.filter(number=number).select_related("project").first()
    if edit is None:
        raise Http404
    comment = comment_of(request)[:300]
    try:
        match request.POST.get("answer"):
            case "agree":
                edits.agree(actor, edit, comment=comment)
            case "decline":
                edits.decline(actor, edit, comment=comment)
            case "again":
                edits.bring_back(actor, edit)
            case _:
                with recording_refusals(actor, "page.refused", project=row):
                    raise Refused(_("This form is not complete."), _("Open the page again."))
    except Refused as refusal:
        return _page(request, actor, row, refusal=refusal, comment=comment, status=403)
    return see_other("command-edits", row.slug)


def _seen(actor, slug):
    row = Project.objects.filter(slug=slug).first()
    if row is None:
        raise Http404
    decision = policy.may_see_set_up(actor, row)
    if not decision:
        raise denied(actor, row, decision)
    return row


def _page(request, actor, project, *, status=200, **context):
    rows = list(project.recipe_versions.all()[:SHOWN + 1])
    for row in rows:
        row.project = project
    shown = [(row, list(differences(_before(row, rows), row.shown)),
              policy.may_agree_to_edit(actor, row), row.edited_by_id == actor.user.pk)
             for row in rows[:SHOWN]]
    return show(request, "commands/edits.html", status=status, title=_("Edits of {project}").format(
        project=project.name),
                project=project, edits=shown, may_edit=policy.may_edit_commands(actor, project),
                waits=edits.waiting_of(project), has_more=len(rows) > SHOWN, **context)


def _before(row, rows):
    """What was in force when the edit was made; {} before the first one."""
    earlier = (other.shown for other in rows
               if other.number < row.number and other.status in _ONCE_IN_FORCE)
    return next(earlier, {})
