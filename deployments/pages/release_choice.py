"""The page of a release's first step: the versions, and one's own draft."""

from django.utils.translation import gettext as _

from .. import policy
from ..models import Deployment
from ..services import drafts, gates
from . import versions
from .door import show
from .release_way import REVIEW, START, address_of, chosen, way_to


def choice_page(request, actor, environment, *, refusal=None, status=409, is_reading=False):
    """The versions; with the refusal of what was chosen, here or on a later step."""
    project, found = environment.project, versions.options(environment)
    draft = drafts.draft_of(actor.user, environment)
    marked = request.GET.get("version", "").strip() or (draft.version if draft else "")
    marked = found["also"].get(marked, marked)
    typed = chosen(request.POST or request.GET) if refusal else request.GET.get("other", "")
    if marked and not typed and marked not in found["values"]:
        typed = marked
    return show(
        request, "release/start.html", status=status if refusal else 200,
        title=_("Release {project} to {environment}").format(
            project=project.name, environment=environment.name), environment=environment,
        options=found, live=Deployment.objects.live(environment), draft=draft,
        is_reading=is_reading, refusal=refusal, other=typed,
        shut=[(gate, gates.may_go_through(actor, gate)) for gate in gates.standing(environment)],
        chosen=marked or found["suggested"],
        may_read=bool(policy.may_release(actor, environment)), way=way_to(START, environment),
        go_on=draft and address_of(draft.step or REVIEW, environment, draft.version),
    )
