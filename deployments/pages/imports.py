"""Import projects or servers from CSV: paste it, see what it would make, save all of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from ..errors import Refused
from ..services import csv_text, imports
from .door import page, see, show

MOST_SHOWN = 100
MOST_LINKED = 10
LISTS = {imports.PROJECTS: "admin:deployments_project_changelist",
         imports.SERVERS: "admin:deployments_server_changelist"}


def _demand(actor, kind):
    decision = imports.may_import(actor, kind)
    if not decision:
        raise PermissionDenied(f"{decision.reason} {decision.remedy}".strip())


def _door(kind):
    @page("GET", "HEAD", "POST")
    def answer(request, actor):
        refusal = checked = None
        text = csv_text.plain(request.POST.get("text", ""))
        if request.method == "GET" or request.method == "HEAD":
            _demand(actor, kind)
        elif "save" in request.POST:
            try:
                return _saved(request, kind, imports.save(
                    actor, kind, text, request.POST["save"]))
            except Refused as found:
                _demand(actor, kind)
                refusal, checked = found, imports.check(kind, text)
        else:
            _demand(actor, kind)
            checked = imports.check(kind, text)
        return _page(request, kind, text, checked, refusal)

    return answer


def _page(request, kind, text, checked, refusal):
    one = kind.removesuffix("s")
    lines = checked.lines[:MOST_SHOWN] if checked else ()
    return show(
        request, "import/import.html", kind=kind, one=one, checked=checked, lines=lines,
        more=len(checked.lines) - len(lines) if checked else 0,
        text="" if csv_text.has_private_key(text) else text, refusal=refusal,
        columns=imports.columns_of(kind), title=_("Import {kind} from CSV").format(kind=kind),
        back=reverse(LISTS[kind]), template_url=reverse(f"admin:import-{kind}-template"),
        status=409 if refusal else 422 if checked and checked.problems else 200)


def _saved(request, kind, made):
    count = f"{len(made)} {kind}" if len(made) > 1 else f"1 {kind.removesuffix('s')}"
    if kind == imports.PROJECTS:
        then = format_html('{} <a href="{}">{}</a>.', _("What each still needs stands under"),
                           reverse("admin:first-run"), _("Add a site"))
    else:
        links = [(reverse("admin:deployments_server_change", args=[row.pk]), row.name)
                 for row in made[:MOST_LINKED]]
        more = len(made) - len(links)
        then = format_html(
            "{} {}{}.", _("Next: put each one's key on it, and confirm its identity:"),
            format_html_join(", ", '<a href="{}">{}</a>', links),
            _(" and {more} more in this list").format(more=more) if more else "")
    messages.success(
        request, format_html("{} {}", _("Saved: {count}.").format(count=count), then))
    return see(reverse(LISTS[kind]))


def _template(kind):
    @page("GET", "HEAD")
    def answer(request, actor):
        """A CSV to begin with."""
        _demand(actor, kind)
        return HttpResponse(csv_text.template(imports.columns_of(kind)), headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{kind}.csv"'})

    return answer


projects, servers = _door(imports.PROJECTS), _door(imports.SERVERS)
projects_template, servers_template = _template(imports.PROJECTS), _template(imports.SERVERS)
