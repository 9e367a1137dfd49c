"""Releasing, the first of four steps: which version? What is chosen begins a draft."""

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _

from ..errors import Refused
from ..services import drafts
from ..services.setup import read_source_again, refresh_source
from . import versions
from .door import environment_page, see, see_other
from .release_choice import choice_page
from .release_steps import Begun, go_to
from .release_way import REVIEW, chosen, recording


@environment_page("GET", "POST")
def choose(request, actor, environment):
    """Which version? Asks for the list to be read again when it is old; POST begins a draft."""
    if request.method == "GET":
        return choice_page(request, actor, environment,
                           is_reading=refresh_source(environment.project))
    asked = chosen(request.POST)
    try:
        with recording(request, actor, environment):
            choice = versions.choose(environment.project, asked)
    except Refused as refusal:
        return choice_page(request, actor, environment, refusal=refusal)
    begun = Begun(environment, asked, choice)
    begun.keep(actor.user, REVIEW)
    return go_to(REVIEW, begun)


@environment_page("POST")
def read(request, actor, environment):
    """Have the list of versions read again, for somebody who misses one in it."""
    try:
        read_source_again(actor, environment)
    except Refused as refusal:
        return choice_page(request, actor, environment, refusal=refusal, status=403)
    messages.info(request,
                  _("The list of versions is being read. Load this page again in a moment."))
    page = reverse("admin:release-start", args=[environment.project.slug, environment.slug],
                   query={"other": request.POST.get("other", "")})
    return see(page)


@environment_page("POST")
def discard(request, actor, environment):
    """Forget what this person has begun there."""
    drafts.end(actor.user, environment)
    messages.success(request, _("Discarded: nothing of {project} is on its way to "
                                "{environment} from you.").format(
        project=environment.project.name, environment=environment.name))
    return see_other("index")
