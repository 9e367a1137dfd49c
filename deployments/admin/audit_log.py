"""The audit log: one sentence per entry, and whether the log is what was once written."""

import json

from django.contrib import admin
from django.http import HttpResponseNotAllowed
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from .. import audit
from ..models import AuditEntry
from ..site import site
from .buttons import SeeOther
from .export import Exports
from .read_only import ReadOnlyAdmin


def integrity_sentence():
    """Whether the log is unaltered, as it was read the last time."""
    verdict, at = audit.last_verdict()
    if verdict.first_bad is None:
        return f"Log integrity: {verdict.sentence} Checked {timezone.localtime(at):%d %b %H:%M}."
    return (f"Warning - log integrity: {verdict.sentence} Tell security now; nothing has been "
            "deleted by this page.")


def _called(title, kind=admin.AllValuesFieldListFilter):
    """A filter of this kind with a heading that people understand."""

    class Called(kind):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.title = title

        def choices(self, changelist):
            """Codes such as `deployment.stop_requested` read as words."""
            for choice in super().choices(changelist):
                words = str(choice["display"]).replace("_", " ").replace(".", " ")
                yield choice | {"display": words if title == "what" else choice["display"]}

    return Called


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(Exports, ReadOnlyAdmin):
    called = "audit entries"
    list_display = ("when", "sentence", "deployment", "outcome", "address")
    list_display_links = ("sentence",)
    list_filter = (
        ("actor_name", _called("who")), ("project_slug", _called("project")),
        ("environment_slug", _called("environment")), ("action", _called("what")),
        "outcome", ("at", _called("date", admin.DateFieldListFilter)),
    )
    search_fields = ("sentence", "actor_name", "address", "action")
    fields = ("seq", "when", "sentence", "deployment", "actor_name", "address", "action",
              "outcome", "project_slug", "environment_slug", "what_else", "previous_hash",
              "hash")
    readonly_fields = fields
    project_lookup = "project_slug__in"
    export_columns = ("seq", "at", "who", "from", "action", "outcome", "project", "environment",
                      "sentence", "details", "hash")

    def seen(self, projects):
        return [project.slug for project in projects]

    def get_urls(self):
        check = path("check/", self.admin_site.admin_view(self.check_now),
                     name="deployments_auditentry_check")
        return [check, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {
            "list_note": f"{integrity_sentence()}{self._part_of_it(request)}",
            "recheck_url": reverse("admin:deployments_auditentry_check"),
            **(extra_context or {}),
        })

    def check_now(self, request):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        audit.last_verdict(is_fresh=True)
        return SeeOther(reverse("admin:deployments_auditentry_changelist"))

    def _part_of_it(self, request):
        return "" if self._sees_all(request) else (
            " That is the whole log; you see the entries of your own projects.")

    @admin.display(description="At", ordering="at")
    def when(self, row):
        return date_format(timezone.localtime(row.at), "j M Y, H:i:s")

    @admin.display(description="Deployment")
    def deployment(self, row):
        """Tells two attempts with the same version apart; "" where it is about none."""
        number = row.details.get("deployment")
        if not isinstance(number, int):
            return ""
        return format_html('<a href="{}">{}</a>',
                           reverse("admin:deployment-progress", args=[number]), number)

    @admin.display(description="Details")
    def what_else(self, row):
        return format_html("<pre>{}</pre>", json.dumps(row.details, indent=1, sort_keys=True,
                                                       ensure_ascii=False))

    def export_row(self, row):
        return (row.seq, row.at.isoformat(), row.actor_name, row.address, row.action,
                row.outcome, row.project_slug, row.environment_slug, row.sentence,
                json.dumps(row.details, sort_keys=True), row.hash)
