"""Adopt a live site: what was live before us becomes a version, so that even the first release can
go back. Look, read, adopt: one page, whose buttons call one service each."""

from django.contrib import messages
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import Deployment, Project
from ..services import adoptions
from ..services.administrators import sole_administrator
from ..services.adoption_plan import plan_of
from ..services.adoption_words import listed
from .door import environment_page, see_other, show


@environment_page("GET", "HEAD")
def adopt(request, actor, environment):
    """What was found last and what may be done; reloads itself while a task is under way."""
    return _page(request, actor, environment)


@environment_page("POST")
def look(request, actor, environment):
    """*Look at the servers*: ask, and show the page again, where the answer will appear."""
    return _told(request, actor, environment, lambda: adoptions.ask(
        actor, environment, request.POST.get("folder", "")))


@environment_page("POST")
def take_over(request, actor, environment):
    """*Take these over*: the paths that were found go into the project's fields."""
    def act():
        count = adoptions.take_over(actor, environment, _number(request),
                                    with_assets="assets" in request.POST)
        noun = _("path stands") if count == 1 else _("paths stand")
        messages.success(request,
                         _("{count} {noun} in the project’s settings now. Versions built from now "
                           "on are set up with them.").format(count=count, noun=noun))

    return _told(request, actor, environment, act)


@environment_page("POST")
def take_in(request, actor, environment):
    """*Adopt*: ask for it, and show the page again, where its end will appear."""
    return _told(request, actor, environment,
                 lambda: adoptions.adopt(actor, environment, _number(request)))


def _told(request, actor, environment, act):
    try:
        act()
    except Refused as refusal:
        return _page(request, actor, environment, refusal=refusal)
    return see_other("adopt", environment.project.slug, environment.slug)


def _number(request):
    number = request.POST.get("look", "")
    return int(number) if number.isdecimal() and len(number) < 18 else 0


def _page(request, actor, environment, *, refusal=None):
    row, live = adoptions.newest(environment), Deployment.objects.live(environment)
    decision = policy.may_set_up(actor, environment.project)
    plan = plan_of(row) if row and row.looked_at else None
    is_looked_at = row and adoptions.is_looked_at(row)
    is_taken_in = row and adoptions.is_taken_in(row)
    status = 200 if refusal is None else 409 if decision else 403
    return show(
        request, "adopt/adopt.html", status=status, refusal=refusal, environment=environment,
        title=_("Adopt a live site: {project} ({environment})").format(
            project=environment.project.name, environment=environment.name),
        row=row, plan=plan, live=live, decision=decision, is_looked_at=is_looked_at,
        is_taken_in=is_taken_in, is_moving=is_looked_at or is_taken_in,
        is_ours=live is not None and live.kind != Deployment.ADOPTED,
        is_adopted=live is not None and live.kind == Deployment.ADOPTED,
        adopted=_adopted(environment), proposals=_named(plan),
        assets=listed(plan.assets) if plan else "", may_look=_may_look(environment),
        may_name=policy.may_edit_commands(actor, environment.project),
        may_release=policy.may_release(actor, environment),
        alone=sole_administrator(actor.user),
        folder=request.POST.get("folder", row.folder if row else ""))


def _adopted(environment):
    """The deployment that recorded what was found live there last, or None."""
    rows = environment.deployments.filter(kind=Deployment.ADOPTED)
    return rows.select_related("release__project").first()


def _may_look(environment):
    return environment.installations.filter(is_active=True).exists()


def _named(plan):
    """[(what the project calls the field, paths)]."""
    found = plan.proposals if plan else {}
    return [(Project._meta.get_field(name).verbose_name.capitalize(), paths)
            for name, paths in found.items()]
