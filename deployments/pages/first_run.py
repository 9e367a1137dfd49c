"""Adding a site: where one goes on, its checklist, and the step of its project and source."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..errors import Refused
from ..models import Deployment, Grant, Project
from ..services import first_run, first_steps, setup
from ..services.acting import demand, recording_refusals
from ..services.keys import fingerprint
from ..services.repository_addresses import is_ssh
from .door import denied, page, see_other, show
from .first_forms import NewProject, Source
from .workers import nobody_works

TITLES = {
    first_steps.PROJECT: _lazy("Project"), first_steps.SERVER: _lazy("Server"),
    first_steps.PHP: "PHP", first_steps.PEOPLE: _lazy("People"),
    first_steps.RELEASE: _lazy("First release"),
}
LOOKS = {  # icon, tone, word
    first_steps.DONE: ("check", "good", _lazy("Done")),
    first_steps.NEXT: ("clock", "busy", _lazy("To do")),
    first_steps.WAITING: ("spin", "busy", _lazy("Waiting")),
    first_steps.PROBLEM: ("cross", "bad", _lazy("Problem")),
    first_steps.LATER: ("dash", "quiet", _lazy("Later")),
}
SHUT = _lazy("You may not set up sites.")
ASK = _lazy("Ask an administrator for the entries “set up” and “edit commands”.")


class Row:
    """A step as pages show it."""

    def __init__(self, step, slug):
        self.step, self.key, self.title = step, step.key, TITLES[step.key]
        self.icon, self.tone, self.word = LOOKS[step.state]
        self.name = f"admin:first-run-{step.key}"
        self.slug = slug

    @property
    def is_open(self):
        """Whether it can be opened: what waits for an earlier step cannot."""
        return self.step.state != first_steps.LATER and self.key != first_steps.RELEASE


def site_page(*methods):
    """A view about a project that the person sets up: (request, actor, project's row)."""

    def decorate(view):
        @wraps(view)
        def answer(request, actor, project):
            row = Project.objects.select_related("deploy_key").filter(slug=project).first()
            if row is None:
                raise Http404
            decision = policy.may_see_set_up(actor, row)
            if not decision:
                raise denied(actor, row, decision)
            return view(request, actor, row)

        return page(*methods)(answer)

    return decorate


def show_step(request, site, key, template, **context):
    """A step's page; while its answer is on the way it loads itself again."""
    steps = site.steps()
    step = next(each for each in steps if each.key == key)
    rows = [Row(each, site.project.slug) for each in steps]
    here = first_steps.KEYS.index(key)
    form = context.get("form")
    is_waiting = step.state == first_steps.WAITING and form is None
    return show(
        request, template, title=f"{site.project.name}: {TITLES[key]}", site=site,
        project=site.project, step=step, row=rows[here], rows=rows, following=rows[here + 1],
        is_waiting=is_waiting, nobody=nobody_works() if is_waiting else "",
        status=context.pop("status", 409 if context.get("refusal") else
                           200 if form is None or not form.errors else 422), **context)


@page("GET", "HEAD")
def start(request, actor):
    """Sites that were begun and are not live yet, and the button that adds one."""
    _demand_reach(actor)
    begun = first_steps.unfinished(actor)
    return show(request, "first-run/start.html", title=_("Add a site"), begun=begun,
                is_first=not Project.objects.exists(), may_add=_may_add(actor),
                titles=[TITLES[key] for key in first_steps.KEYS])


@page("GET", "HEAD", "POST")
def new(request, actor):
    """The first step: a name, where the code is, and which kind of site it is."""
    _demand_reach(actor)
    decision, refusal = _may_add(actor), None
    form = NewProject(request.POST if request.method == "POST" else None)
    if form.is_bound:
        try:
            if form.is_valid():
                project = first_run.begin(actor, **form.cleaned_data)
                return see_other("first-run-project", project.slug)
            with recording_refusals(actor, "project.added"):
                demand(decision)
        except Refused as found:
            refusal = found
    status = 409 if refusal else 422 if form.is_bound and form.errors else 200
    return show(request, "first-run/new.html", status=status, title=_("Add a site"), form=form,
                decision=decision, refusal=refusal, titles=[TITLES[k] for k in first_steps.KEYS])


def _demand_reach(actor):
    if not policy.reach(actor, Grant.SET_UP, Grant.COMMANDS):
        raise PermissionDenied(f"{SHUT} {ASK}")


def _may_add(actor):
    decision = policy.may_set_up(actor)
    return decision if not decision else policy.may_edit_commands(actor)


@site_page("GET", "HEAD")
def site(request, actor, project):
    """The checklist: what is done, what is next, and what is wrong."""
    found = first_steps.site_of(project)
    rows = [Row(step, project.slug) for step in found.steps()]
    here = next((row for row in rows if row.step.state not in (
        first_steps.DONE, first_steps.LATER)), None)
    if here and here.step.state == first_steps.NEXT:
        here.word = _("To do next")
    environment = found.environment
    return show(
        request, "first-run/site.html", title=_("Add a site: {project}").format(
            project=project.name), project=project,
        site=found, rows=rows, here=here,
        is_moving=any(row.step.state == first_steps.WAITING for row in rows),
        may_release=environment and policy.may_release(actor, environment),
        is_let_in=environment and policy.has_entry(actor.user, Grant.RELEASE, environment),
        newest=environment and first_steps.newest_of(environment),
        live=environment and Deployment.objects.live(environment))


@site_page("GET", "HEAD", "POST")
def source(request, actor, project):
    """Its source: key and identity where it is read over SSH, what was found, what was wrong."""
    form = refusal = None
    if "change" in request.GET:
        form = Source.of(project)
    if request.method == "POST":
        try:
            form = _press_source(request, actor, project)
        except Refused as found:
            form, refusal = Source(request.POST) if "save" in request.POST else None, found
        else:
            if form is None:
                return see_other("first-run-project", project.slug)
    found = first_steps.site_of(project)
    seen = fingerprint(project.git_host_key_seen)
    return show_step(
        request, found, first_steps.PROJECT, "first-run/project.html", form=form,
        refusal=refusal, is_ssh=is_ssh(project.repository_url),
        refs=project.refs.all()[:8], seen="" if project.git_host_key else seen)


def _press_source(request, actor, project):
    """Do what was pressed; the form again where something typed is wrong, else None."""
    if "confirm" in request.POST:
        setup.confirm_git_host_key(actor, project, request.POST["confirm"])
    elif "again" in request.POST:
        first_run.ask_source_again(actor, project)
    else:
        form = Source(request.POST)
        if not form.is_valid():
            return form
        first_run.change_source(actor, project, **form.cleaned_data)
    return None
