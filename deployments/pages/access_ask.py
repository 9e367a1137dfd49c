"""Ask for access: a person says what they need and why; the administrators are told."""

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..errors import Refused
from ..models import Grant
from ..services import access
from ..services.notices import gets_mail
from .access_places import choices_of, place_of
from .door import page, see_other, show, visible_projects
from .forms import reason_of

MEANS = {
    Grant.LOOK: _lazy("See what is live, the history and the logs."),
    Grant.BUILD: _lazy("Have a version built and stored, without putting it live."),
    Grant.RELEASE: _lazy("Put a version live, and stop a release before the switch."),
    Grant.GO_BACK: _lazy("Put a version back that was live before."),
    Grant.APPROVE: _lazy("Say yes or no to what others ask to release."),
    Grant.STOP: _lazy("Stop a release of others before the switch."),
    Grant.DECIDE: _lazy("Say how it goes on where a release could not end by itself."),
    Grant.EMERGENCY: _lazy("Release without anybody’s yes; a second person reviews it afterwards."),
    Grant.SET_UP: _lazy("Change projects, environments, freezes, and who may do what."),
    Grant.COMMANDS: _lazy("Change what runs on servers and while building, and where code is."),
}
"""What each action lets one do, for whoever has to choose."""


@page("GET", "POST")
def ask(request, actor):
    """The form, with the place and the action of whatever page led here; sent once."""
    projects = visible_projects(actor)
    sent = request.POST if request.method == "POST" else request.GET
    places, action = choices_of(projects), sent.get("action", "")
    place = sent.get("place", "") or _only(places)
    refusal = None
    if request.method == "POST":
        project, environment = place_of(place, projects)
        try:
            row = access.ask_for_access(actor, action=action, reason=reason_of(request),
                                        project=project, environment=environment,
                                        and_back="and_back" in request.POST)
        except Refused as found:
            refusal = found
        else:
            messages.success(request, _asked_words(actor, row))
            return see_other("access-mine")
    return show(request, "access/ask.html", status=409 if refusal else 200, refusal=refusal,
                title=_("Ask for access"), place=place, action=action, places=places,
                actions=[(name, words, MEANS[name]) for name, words in Grant.ACTIONS],
                and_back=request.method == "GET" or "and_back" in request.POST,
                reason=reason_of(request))


def _asked_words(actor, row):
    """What comes next: nobody waits for a mail that goes to nobody."""
    asked = _("You asked for access. Whoever may answer gets a mail.") if any(
        map(gets_mail, access.who_may_answer(row))) else _(
        "You asked for access. No mail was sent: tell an administrator that it waits.")
    answer = _("You get a mail when they answer.") if gets_mail(actor.user) else _(
        "The answer will stand here.")
    return f"{asked} {answer}"


def _only(places):
    """The one environment there is to choose, where there is one project with one; else ""."""
    inner = [value for value, _words in places if "/" in value]
    return inner[0] if len(places) == 2 and len(inner) == 1 else ""
