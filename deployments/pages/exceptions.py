"""Asking whoever a freeze names for an exception: one question, and who gets it."""

from django.contrib import messages
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..services import exceptions
from .door import environment_page, see_other, show
from .forms import reason_of

LONGEST_VERSION = 200


@environment_page("GET", "POST")
def ask(request, actor, environment):
    """Who can make an exception, and why it cannot wait; POST tells them."""
    if request.method == "GET":
        return _page(request, actor, environment)
    try:
        names = exceptions.ask(actor, environment, reason=reason_of(request),
                               version=_version(request))
    except Refused as refusal:
        return _page(request, actor, environment, refusal=refusal)
    messages.success(request, _("{names} was told by mail. What you have begun is kept.").format(
        names=", ".join(names)) if len(names) == 1 else _("{names} were told by mail. What you "
                                                          "have begun is kept.").format(
            names=", ".join(names)))
    return see_other("release")


def _version(request):
    sent = request.POST if request.method == "POST" else request.GET
    return sent.get("version", "").strip()[:LONGEST_VERSION]


def _page(request, actor, environment, *, refusal=None):
    decision = policy.may_release(actor, environment)
    return show(
        request, "freezes/ask.html", status=200 if refusal is None else 409 if decision else 403,
        title=_("Ask for an exception: {project} ({place})").format(
            project=environment.project.name, place=environment.name), refusal=refusal,
        environment=environment, decision=decision, version=_version(request),
        shut=exceptions.frozen(environment), reason=reason_of(request),
        people=_names(exceptions.who_is_asked, actor, environment),
        setters=_names(exceptions.who_can_name, actor, environment),
        may_emergency=bool(policy.may_release_in_emergency(actor, environment)))


def _names(asked, actor, environment):
    return [policy.name_of(user) for user in asked(environment, besides=actor.user)]
