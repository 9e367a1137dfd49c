"""The audit log: one sentence per entry, and whether the log is what was once written."""

import json
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseNotAllowed, StreamingHttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateformat import format as in_words
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit
from ..models import AuditAnchor, AuditEntry, AuditHead
from ..pages.actor import actor_of
from ..pages.audit_filters import chosen_in, entries_of
from ..pages.audit_list import list_of
from ..pages.days import linked_spans
from ..pages.door import show
from ..pages.workers import nobody_works
from ..services import anchors
from ..site import site
from .buttons import SeeOther
from .export import Exports
from .links import NONE
from .read_only import ReadOnlyAdmin, seen_by

SHOWN = 5


def reading_sentence():
    """That a worker reads the whole log just now, and for whom; "" while none does."""
    head = AuditHead.objects.filter(pk=1).first()
    if head is None or not anchors.being_read(head):
        return ""
    since = f"{timezone.localtime(head.asked_at):%H:%M %Z}"
    words = (_("The whole log is being read, as {asked_by_name} asked at {since}. The result "
               "appears here by itself.").format(asked_by_name=head.asked_by_name, since=since))
    return f"{words} {nobody_works()}".strip()


def integrity_of_log():
    """(Tone, sentence) of whether the log is unaltered, as it was read the last time."""
    verdict, at = audit.last_verdict()
    if at is None:
        return "warn", _("Log integrity: not checked yet. Press “Check now”; it is read once a "
                         "day.")
    if not verdict.can_tell:
        return "warn", (_("Warning - log integrity cannot be told: {sentence} Tell whoever looks "
                          "after the release manager.").format(sentence=verdict.sentence))
    if verdict.first_bad is None:
        when = in_words(timezone.localtime(at), "d M H:i T")
        return "good", _("Log integrity: {sentence} Checked {when}.").format(
            sentence=verdict.sentence, when=when)
    return "bad", (_("Warning - log integrity: {sentence} Tell security now; nothing has been "
                     "deleted by this page.").format(sentence=verdict.sentence))


def anchor_sentence():
    """How far the newest anchor protects the log, and the limit of it."""
    row = AuditAnchor.objects.first()
    limit = _("Entries after the newest anchor are not protected against being cut off.")
    if row is None:
        return _("No entry is anchored outside the database yet. {limit}").format(limit=limit)
    where = f" ({row.arrived_in})" if row.arrived_in else _(" - but it arrived nowhere")
    problem = f" {row.problem}" if row.problem else ""
    return (_("Newest anchor: entry {seq}, {at}{where}.{problem} {limit}").format(
        seq=row.seq, at=in_words(timezone.localtime(row.at), "d M H:i"), where=where,
        problem=problem, limit=limit))


def _read(column, title):
    """What a column says, under a name that people use for it."""
    return admin.display(description=title, ordering=column)(lambda self, row: getattr(row, column))


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(Exports, ReadOnlyAdmin):
    called = _lazy("audit entries")
    fields = ("number", "when", "sentence", "deployment", "who", "address", "action", "outcome",
              "about", "request", "project", "environment", "differences", "what_else", "late",
              "previous_hash", "hash")
    readonly_fields = fields
    project_lookup = "project_slug__in"
    export_columns = ("seq", "at", "who", "from", "action", "outcome", "project", "environment",
                      "about", "request", "sentence", "before", "after", "details", "late",
                      _lazy("previous hash"), "hash")

    def seen(self, projects):
        return [project.slug for project in projects]

    def get_urls(self):
        check = path("check/", self.admin_site.admin_view(self.check_now),
                     name="deployments_auditentry_check")
        lines = path("lines/", self.admin_site.admin_view(self.export_as_lines),
                     name="deployments_auditentry_lines")
        return [check, lines, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        """A list of our own: Django's counts all rows and skips those of the pages before."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_permission(request):
            raise PermissionDenied(_("You may not see this list."))
        filters = f"?{request.GET.urlencode()}" if request.GET else ""
        sees_all, projects = self._sees_all(request), seen_by(request)
        found = list_of(self.get_queryset(request), request.GET, projects, is_everything=sees_all)
        return show(
            request, "audit/log.html", status=400 if found["refusal"] else 200,
            title=_("Audit log"), **found, integrity=integrity_of_log(), sees_all=sees_all,
            reading=reading_sentence(), spans=linked_spans(request.GET),
            anchor_note=anchor_sentence(), anchors=AuditAnchor.objects.all()[:SHOWN],
            export_url=reverse("admin:deployments_auditentry_export") + filters,
            lines_url=reverse("admin:deployments_auditentry_lines") + filters)

    def filtered(self, request):
        try:
            return entries_of(self.get_queryset(request), chosen_in(request.GET))
        except ValueError as no_day:
            raise IncorrectLookupParameters from no_day

    def check_now(self, request):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actor = actor_of(request)
        anchors.ask(actor)
        return SeeOther(reverse("admin:deployments_auditentry_changelist"))

    def export_as_lines(self, request):
        """What `audit/offline.py` verifies; without filters it is the whole log."""
        found = self.exported(request)
        if not isinstance(found, QuerySet):
            return found
        is_whole = self._sees_all(request) and not chosen_in(request.GET)
        self.record_export(request, found.count(), _("as JSON lines"))
        return StreamingHttpResponse(
            audit.export_lines(None if is_whole else found),
            content_type="application/jsonl",
            headers={"Content-Disposition": 'attachment; filename="audit.jsonl"'})

    @admin.display(description=_lazy("Entry"), ordering="seq")
    def number(self, row):
        """What anchors and `verify_audit` call it."""
        return row.seq

    who, project, environment = (
        _read("actor_name", _lazy("Who")), _read("project_slug", _lazy("Project")),
        _read("environment_slug", _lazy("Environment")))

    @admin.display(description=_lazy("Appended late"), boolean=True)
    def late(self, row):
        """Kept beside the database while it took no entry."""
        return row.is_late

    @admin.display(description=_lazy("At"), ordering="at")
    def when(self, row):
        return date_format(timezone.localtime(row.at), _("j M Y, H:i:s"))

    @admin.display(description=_lazy("Deployment"))
    def deployment(self, row):
        """Tells two attempts with the same version apart; "" where it is about none."""
        number = row.deployment_number
        if number is None:
            return ""
        return format_html('<a href="{}">{}</a>',
                           reverse("admin:deployment-progress", args=[number]), number)

    @admin.display(description=_lazy("About"))
    def about(self, row):
        words = f"{row.about_type} {row.about_text}".strip()
        return _filtered(words, about_type=row.about_type, about_id=row.about_id)

    @admin.display(description=_lazy("Request"))
    def request(self, row):
        """Leads to all that was done by the same click, command or task."""
        return _filtered(row.request_id, request_id=row.request_id)

    @admin.display(description=_lazy("Before and after"))
    def differences(self, row):
        before, after = (each if isinstance(each, dict) else {_("altered"): each}
                         for each in (row.before, row.after))
        names = sorted({*before, *after})
        if not names:
            return NONE
        lines = format_html_join("", "<tr><th scope=row>{}</th><td>{}</td><td>{}</td></tr>", (
            (name, _text(before.get(name)), _text(after.get(name))) for name in names))
        return format_html("<table><thead><tr><th scope=col>{}</th><th scope=col>{}</th>"
                           "<th scope=col>{}</th></tr></thead><tbody>{}</tbody></table>",
                           _("Field"), _("Before"), _("After"), lines)

    @admin.display(description=_lazy("Details"))
    def what_else(self, row):
        return format_html("<pre>{}</pre>", _text(row.details))

    def export_row(self, row):
        return (row.seq, row.at.isoformat(), row.actor_name, row.address, row.action,
                row.outcome, row.project_slug, row.environment_slug,
                f"{row.about_type} {row.about_text}".strip(), row.request_id, row.sentence,
                *(json.dumps(each, sort_keys=True)
                  for each in (row.before, row.after, row.details)),
                "late" if row.is_late else "", row.previous_hash, row.hash)


def _filtered(words, **filters):
    """The words, leading to the entries that have them, too."""
    if not words:
        return NONE
    address = reverse("admin:deployments_auditentry_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(filters), words)


def _text(value):
    if value is None or isinstance(value, str):
        return value or NONE
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
