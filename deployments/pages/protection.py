"""What somebody would take from an environment's protection: a second person agrees, or not."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..services import protection
from ..services.acting import recording_refusals
from .again import asks_again
from .door import environment_page, see_other, show
from .forms import comment_of

SHOWN = 50


@environment_page("GET", "POST")
@asks_again(lambda request: request.POST.get("answer") == "agree")
def answer(request, actor, environment):
    """What waits, with the buttons; below it what was asked for before."""
    decision = policy.may_see_set_up(actor, environment.project)
    if not decision:
        raise PermissionDenied(f"{decision.reason} {decision.remedy}".strip())
    if request.method == "GET":
        return _page(request, actor, environment)
    try:
        _answer(actor, environment, request)
    except Refused as refusal:
        return _page(request, actor, environment, refusal=refusal, status=403)
    return see_other("protection", environment.project.slug, environment.slug)


def _answer(actor, environment, request):
    number, answer = (request.POST.get(name) for name in ("change", "answer"))
    row = environment.protection_changes.filter(pk=_number(number)).first()
    if row and answer == "agree":
        protection.agree(actor, row)
    elif row and answer == "decline":
        protection.decline(actor, row, comment=comment_of(request))
    else:
        with recording_refusals(actor, "page.refused", environment=environment):
            raise Refused(_("This form is not complete."), _("Open the page again."))


def _number(text):
    return int(text) if (text or "").isascii() and (text or "").isdigit() and len(text) < 10 else 0


def _page(request, actor, environment, *, status=200, **context):
    rows = environment.protection_changes.all()[:SHOWN]
    shown = [(row, protection.may_agree(actor, row), row.asked_by_id == actor.user.pk)
             for row in rows]
    return show(request, "protection/changes.html", status=status,
                title=_("Less protection of {environment}").format(
                    environment=environment), environment=environment, changes=shown,
                comment=comment_of(request),
                may_change=policy.may_set_up(actor, environment.project), **context)
