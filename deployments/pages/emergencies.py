"""Looking at an emergency afterwards: what was done without anybody's yes, and what one found."""

from django.contrib import messages
from django.utils.translation import gettext as _

from ..errors import Refused
from ..models import Review
from ..policy import gating
from ..services import emergencies
from ..services.source import changes_between
from .door import deployment_page, see_other, show
from .forms import comment_of


@deployment_page("GET", "POST")
def review(request, actor, deployment):
    """What happened and why; POST says that a second person has looked at it."""
    if request.method == "GET":
        return _page(request, actor, deployment)
    try:
        emergencies.review(actor, deployment, comment=comment_of(request))
    except Refused as refusal:
        return _page(request, actor, deployment, refusal=refusal)
    messages.success(request,
                     _("You reviewed the emergency: {deployment}.").format(deployment=deployment))
    return see_other("approval-list")


def _page(request, actor, deployment, *, refusal=None):
    decision = gating.may_review(actor, deployment)
    environment, before = deployment.environment, deployment.previous
    return show(
        request, "approvals/review.html", status=200 if refusal is None else 409 if decision
        else 403, refusal=refusal, decision=decision, deployment=deployment,
        title=_("Emergency: {project} {release} to {environment}").format(
            project=environment.project.name, release=deployment.release.title,
            environment=environment.name), words=deployment.words, comment=comment_of(request),
        done=Review.objects.filter(deployment=deployment).first(),
        changes=changes_between(environment.project, before.commit_sha if before else "",
                                deployment.release.commit_sha))
