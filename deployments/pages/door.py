"""What every task page does first: who asks, what about, and may they see it at all."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from .. import policy
from ..explained import anchor_of
from ..models import Deployment, Environment, Project, Release
from ..policy.looking import knows, visible
from .actor import actor_of, shown_to

NOT_YOURS = _("You may not look at this: nobody gave you this right yet.")


def visible_projects(actor):
    """Projects the person may look at, by name."""
    return visible(actor, Project.objects.all())


def show(request, template, *, status=200, **context):
    """The page `template`, with what the admin site gives every page, and where a refusal on it is
    explained."""
    from ..site import site

    if refusal := context.get("refusal"):
        context["refusal_help"] = anchor_of(refusal.reason)
    return render(request, template, site.each_context(request) | context, status=status)


def see_other(name, *args):
    """A redirect after a POST (RFC 9110, 15.4.4): the browser gets the page `name`."""
    return see(reverse(f"admin:{name}", args=args))


def see(address):
    """The same, to an address of ours."""
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


def page(*methods):
    """A view that is given (request, actor, …) and answers only these methods."""

    def decorate(view):
        @wraps(view)
        def answer(request, **names):
            return view(request, actor_of(request), **names)

        return require_http_methods(methods)(answer)

    return decorate


def project_page(*methods):
    """A view about a project the person may look at: (request, actor, project)."""

    def decorate(view):
        @wraps(view)
        def answer(request, actor, project):
            row = Project.objects.filter(slug=project).first()
            if row is None:
                raise Http404
            _demand_look(actor, row)
            return view(request, actor, row)

        return page(*methods)(answer)

    return decorate


def environment_page(*methods):
    """A view about an environment the person may look at: (request, actor, environment)."""

    def decorate(view):
        @wraps(view)
        def answer(request, actor, project, environment):
            rows = Environment.objects.select_related("project")
            row = rows.filter(project__slug=project, slug=environment).first()
            return view(request, actor, _seen(actor, row))

        return page(*methods)(answer)

    return decorate


def deployment_page(*methods):
    """A view about a deployment the person may look at: (request, actor, deployment).

    What only shows it reads the person's entries once: fifty people may be watching.
    """

    def decorate(view):
        @wraps(view)
        def answer(request, actor, pk):
            if request.method in ("GET", "HEAD"):
                actor = shown_to(request)
            return view(request, actor, _deployment(actor, pk))

        return page(*methods)(answer)

    return decorate


def _deployment(actor, pk):
    """It, with whatever a page about it reads; its project is the one of all its rows."""
    rows = Deployment.objects.with_replaced().filter(pk=pk).select_related(
        "environment__project", "release", "previous",
    ).defer("release__contents", "previous__contents")
    row = next(iter(rows.order_by()), None)  # `first` would order one row by all it has
    project = _seen(actor, row and row.environment).project
    for release in filter(None, [row.release, row.previous]):
        if release.project_id == project.pk:
            release.project = project
    return row


def release_page(*methods):
    """A view about a version the person may look at: (request, actor, release)."""

    def decorate(view):
        @wraps(view)
        def answer(request, actor, pk):
            row = Release.objects.select_related("project").filter(pk=pk).first()
            _seen(actor, row)
            return view(request, actor, row)

        return page(*methods)(answer)

    return decorate


def _seen(actor, row):
    """`row` (with a project), or the 404 or 403 page (`AdminSite` records refused changes)."""
    if row is None:
        raise Http404
    _demand_look(actor, row.project)
    return row


def _demand_look(actor, project):
    decision = policy.may_look(actor, project)
    if not decision:
        raise denied(actor, project, decision)


def denied(actor, project, decision):
    """The 403 page that gives a Decision's reason, which may name the project, to whoever knows of
    it: names are facts, too."""
    reason = decision.reason if knows(actor, project) else NOT_YOURS
    return PermissionDenied(f"{reason} {decision.remedy}".strip())
