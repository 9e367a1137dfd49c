"""Copy set-up from another project: choose one, say what the copy is called, see it, make it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..errors import Refused
from ..models import Installation, Project
from ..services import copied_rows, copying
from ..services.still_approvable import NobodyCouldApprove
from .door import page, see_other, show

LABELS = {"name": _lazy("Name"),
          "slug": _lazy("Short name"), "repository_url": _lazy("Where its code is"),
          "checklist": _lazy("Checklist"), "ticket_address": _lazy("Address of a ticket")}


def _demand(actor):
    decision = copying.may_copy(actor)
    if not decision:
        raise PermissionDenied(f"{decision.reason} {decision.remedy}".strip())


@page("GET", "HEAD")
def choose(request, actor):
    """Which project the set-up is copied from."""
    _demand(actor)
    return show(request, "copy/choose.html", title=_("Copy set-up from another project"),
                projects=Project.objects.prefetch_related("environments"))


@page("GET", "HEAD", "POST")
def copy(request, actor, project):
    """What the copy is called and what comes along; then what it would be, and the button."""
    if request.method != "POST":
        _demand(actor)
    source = Project.objects.filter(slug=project).first()
    if source is None:
        _demand(actor)
        raise Http404
    wanted, refusal, copied = _wanted(request, source), None, None
    is_sure = bool(request.POST.get("is_sure"))
    if "save" in request.POST:
        try:
            made = copying.copy(actor, source, wanted, request.POST["save"], is_sure=is_sure)
        except Refused as found:
            refusal = found
        else:
            messages.success(request, _("Made: {made}, with the set-up of {source}. What it still "
                                        "needs stands below.").format(made=made, source=source))
            return see_other("first-run-site", made.slug)
    _demand(actor)
    if request.method == "POST":
        copied = copied_rows.build(source, wanted, actor.user)
    return _page(request, source, wanted, copied, refusal)


def _wanted(request, source):
    """What was typed; spaces around it are nobody's wish."""
    sent = {name: value.strip() for name, value in request.POST.items()}
    hosts = {row.slug: sent.get(f"host-{row.slug}", "") for row in source.environments.all()}
    roots = {row.pk: sent.get(f"root-{row.pk}", "") for row in _places(source)}
    return copied_rows.Wanted(
        sent.get("name", ""), sent.get("slug", ""),
        sent.get("repository_url", "" if sent else source.repository_url), hosts, roots,
        bool(sent.get("with_entries")))


def _places(source):
    return Installation.objects.filter(environment__project=source).select_related(
        "server", "environment")


def _page(request, source, wanted, copied, refusal):
    problems = dict(reversed(copied.problems)) if copied else {}
    rows = [(environment, wanted.hosts[environment.slug],
             problems.get(f"host-{environment.slug}", ""),
             [(place, wanted.roots[place.pk], problems.get(f"root-{place.pk}", ""))
              for place in _places(source) if place.environment_id == environment.pk])
            for environment in source.environments.all()]
    return show(
        request, "copy/copy.html", title=_("Copy the set-up of {source}").format(
            source=source), source=source,
        wanted=wanted, rows=rows, copied=copied, refusal=refusal, never=copying.NEVER,
        problems=problems, listed=_listed(source, problems), made=copied and _made(copied, source),
        back=reverse("admin:copy-project"),
        asks_sure=isinstance(refusal, NobodyCouldApprove),
        status=409 if refusal else 422 if problems else 200)


def _listed(source, problems):
    """(id of the field, its label, the sentence) for the summary of what is wrong."""
    labels = dict(LABELS)
    for row in source.environments.all():
        labels[f"host-{row.slug}"] = _("Address of {row}").format(row=row.name)
    for row in _places(source):
        labels[f"root-{row.pk}"] = _("Folder on {server}").format(server=row.server)
    return [(name, labels.get(name, name), sentence) for name, sentence in problems.items()]


def _made(copied, source):
    """(what, how many or which) of the copy, in words."""
    commands = [row for row in copied.rows if row._meta.model_name == "servercommand"]
    variables = [row.name for row in copied.rows if row._meta.model_name == "buildvariable"]
    pages = [row.path for row in copied.rows if row._meta.model_name == "checkpage"]
    return [(words, found) for words, found in (
        (_("Settings"), [_("Folders, limits and checklist, as they are there")]),
        (_("Build commands"), copied.project.build_commands.splitlines()),
        (_("Build variables"), variables), (_("Commands on servers"), commands),
        (_("Check pages"), pages),
        (_("Environments, with their rules"), [_("{new} at {site_host}").format(
            new=new.name, site_host=new.site_host)
                                            for __, new in copied.environments]),
        (_("Installations"), [new for __, new in copied.places]),
        (_("Allowlist entries"), [copied_rows.entry_of(copied, source, entry)
                                for entry in copied.entries])) if found]
