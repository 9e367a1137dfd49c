"""Password links: an administrator has one sent; whoever gets it sets their own password."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from .. import audit, policy
from ..errors import Refused
from ..models import AuditEntry, Project
from ..services import password_links
from .actor import client_address
from .again import asks_again
from .door import page, see_other, show


@never_cache
@page("GET", "POST")
@asks_again()
def send(request, actor, pk):
    """What sending a link means; then it is sent, or shown this once where mail cannot."""
    person = get_user_model().objects.filter(pk=pk).first()
    if person is None:
        raise Http404
    decision = policy.may_send_link(actor, person)
    if not decision:
        raise PermissionDenied(f"{decision.reason} {decision.remedy}".strip())
    context = {"person": person, "title": _("A password link for {person}").format(person=person),
               "obstacle": password_links.may_get_link(person),
               "by_mail": password_links.goes_by_mail(person),
               "site": _site(request)}
    if request.method == "GET":
        return show(request, "access/send_link.html", **context)
    try:
        link = password_links.send(actor, person)
    except Refused as refusal:
        return show(request, "access/send_link.html", status=409, refusal=refusal, **context)
    if link:
        return show(request, "access/send_link.html", link=link, **context)
    messages.success(request, _("A link is on its way to {email}.").format(email=person.email))
    site = context["site"]
    return see_other("first-run-people", site) if site else see_other(
        "auth_user_change", person.pk)


def _site(request):
    """The project in whose set-up the account was made, to lead back there; "" elsewhere."""
    rows = Project.objects.filter(slug=request.GET.get("site", ""))
    return rows.values_list("slug", flat=True).first() or ""


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "POST"])
def use(request, token):
    """For whoever is not signed in: a new password, once. Opening the link changes nothing."""
    link = password_links.find(token)
    if link is None and request.method == "GET":
        return _page(request, status=404, refusal=Refused(*password_links.DEAD))
    form = SetPasswordForm(link and link.user, request.POST or None)
    if request.method == "GET":
        return _page(request, form=form, person=link.user, status=200)
    if link and not form.is_valid():
        _record_refusal(request, link, form)
        return _page(request, form=form, person=link.user, status=422)
    try:
        password_links.use(token, request.POST.get("new_password1", ""),
                           address=client_address(request))
    except Refused as refusal:
        return _page(request, status=404, refusal=refusal)
    messages.success(request, _("Your password is set. Sign in with it."))
    return see_other("login")


def _record_refusal(request, link, form):
    """What the form says no to stands in the log as what the service says no to: how often, too."""
    actor = policy.Actor(user=link.user, address=client_address(request))
    reason = " ".join(words for field in form.errors.values() for words in field)
    audit.record("password.set", _("Refused for {actor}: {reason}").format(
        actor=actor.name, reason=reason), actor=actor,
                 outcome=AuditEntry.REFUSED, reason=reason)


def _page(request, *, status, **context):
    return show(request, "access/set_password.html", status=status, title=_("Set your password"),
                **context)
