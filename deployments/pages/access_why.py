"""Why can't …?: for administrators, anybody's answer for any action anywhere, rule by rule."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import policy
from ..models import Grant, Project
from ..policy import excepting
from ..services import freezes, gates
from .access_places import choices_of, place_of
from .door import page, show


@dataclass(frozen=True)
class Help:
    """What would help, and the form that does it."""

    words: str
    url: str


@page("GET")
def why(request, actor):
    """A form of four questions; the answer below it when they are asked. Nothing is changed."""
    reach = policy.reach(actor, Grant.SET_UP)
    if not reach:
        raise PermissionDenied(_("Only who sets things up may ask this about others. “My access” "
                                 "shows what you may do."))
    rows = Project.objects.prefetch_related("environments")
    projects = list(rows if reach.is_everything else rows.filter(pk__in=reach.projects))
    people = get_user_model().objects.order_by("username")
    asked = {name: request.GET.get(name, "").strip() for name in
             ("person", "action", "place", "address")}
    person = people.filter(pk=int(asked["person"])).first() if _is_number(asked["person"]) else None
    context = {"problem": ""}
    if asked["person"] or asked["action"]:
        context = _answer(person, asked, projects, is_everything=reach.is_everything)
    return show(request, "access/why.html", title=_("Why can’t …?"), asked=asked, people=people,
                person=person, actions=Grant.ACTIONS,
                places=choices_of(projects, everywhere=reach.is_everything), **context)


def _answer(person, asked, projects, *, is_everything):
    """`lines`, the whole `answer` and `helps`; or the `problem` with what was asked."""
    project, environment = place_of(asked["place"], projects)
    action, address = asked["action"], asked["address"]
    if person is None:
        return {"problem": _("Choose a person.")}
    if action not in dict(Grant.ACTIONS):
        return {"problem": _("Choose what they would do.")}
    if project is None and (asked["place"] or not is_everything):
        return {"problem": _("Choose a project or an environment.")}
    if address and policy.plain_address(address) is None:
        return {"problem": _("“{address}” is no IP address. Leave it empty to leave "
                             "networks out.").format(address=address)}
    who = policy.Actor(user=person, address=address or None)
    *lines, answer = policy.explain(who, action, project=project, environment=environment)
    has_entry = bool(policy.may(who, action, project=project, environment=environment))
    holds = _holds(environment, who) if action == Grant.RELEASE and environment else []
    return {"problem": "", "lines": lines, "answer": answer, "holds": holds,
            "helps": [] if answer.passed or has_entry else
            _helps(person, action, project, environment)}


def _holds(environment, who):
    """What holds releases of this Actor to it just now: freezes and pauses, in words."""
    frozen = [freezes.banner(row) for row in freezes.listed([environment.project])
              if row.is_in_force and gates.covers(row.freeze, environment)
              and not excepting.may_override(who, row.freeze)]
    paused = [_("{name} paused releases to {environment}: “{reason}”").format(
        name=row.paused_by_name, environment=environment.name, reason=row.reason)
        for row in freezes.open_pauses([environment.project]) if row.environment == environment]
    return frozen + paused


def _helps(person, action, project, environment):
    """Links to the forms that would change the answer."""
    if not person.is_active:
        yield Help(_("Switch the account of {person} on").format(person=person),
                   reverse("admin:auth_user_change", args=[person.pk]))
    for grant in policy.entries_of(person).filter(action=action):
        own = grant.environment.project if grant.environment_id else grant.project
        if own is None or own == project:
            yield Help(_("Look at the entry “{grant}”").format(grant=grant),
                       reverse("admin:deployments_grant_change", args=[grant.pk]))
    fields = {"user": person.pk, "action": action, "project": project and project.pk,
              "environment": environment and environment.pk}
    filled = urlencode({name: value for name, value in fields.items() if value})
    yield Help(_("Write an allowlist entry for {person}").format(person=person),
               f"{reverse('admin:deployments_grant_add')}?{filled}")


def _is_number(text):
    return text.isascii() and text.isdecimal() and len(text) < 16
