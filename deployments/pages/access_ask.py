"""Ask for access: a person says what they need and why; the administrators are told."""

from django.contrib import messages

from ..errors import Refused
from ..models import Grant
from ..services import access
from .access_places import choices_of, place_of
from .door import page, see_other, show, visible_projects
from .forms import reason_of


@page("GET", "POST")
def ask(request, actor):
    """The form, with the place and the action of whatever page led here; sent once."""
    projects = visible_projects(actor)
    sent = request.POST if request.method == "POST" else request.GET
    place, action = sent.get("place", ""), sent.get("action", "")
    refusal = None
    if request.method == "POST":
        project, environment = place_of(place, projects)
        try:
            access.ask_for_access(actor, action=action, reason=reason_of(request),
                                  project=project, environment=environment)
        except Refused as found:
            refusal = found
        else:
            messages.success(request, "You asked for access. The administrators were told, and "
                                      "you are when they answer.")
            return see_other("access-mine")
    return show(request, "access/ask.html", status=409 if refusal else 200, refusal=refusal,
                title="Ask for access", place=place, action=action, actions=Grant.ACTIONS,
                places=choices_of(projects), reason=reason_of(request))
