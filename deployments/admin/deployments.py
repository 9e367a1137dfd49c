"""Deployments: every attempt to make a version live, one sentence each."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import Deployment
from ..site import site
from .export import Exports
from .read_only import ReadOnlyAdmin
from .release_buttons import ReleaseButtons, progress_url


@admin.register(Deployment, site=site)
class DeploymentAdmin(ReleaseButtons, Exports, ReadOnlyAdmin):
    list_display = ("requested_at", "sentence", "state", "progress")
    list_display_links = ("sentence",)
    list_filter = ("environment__project", "environment", "kind", "status",
                   ("requested_at", admin.DateFieldListFilter))
    list_select_related = ("environment__project", "release__project", "previous__project")
    search_fields = ("requested_by_name", "reason", "release__name", "release__label",
                     "release__ref", "result")
    fields = ("sentence", "state", "result", "reason", "requested_at", "finished_at", "servers",
              "answers", "decided_by_name", "plan_hash", "progress")
    readonly_fields = fields
    project_lookup = "environment__project__in"
    export_columns = (_lazy("requested at"), "project", "environment", "kind", "version", "state",
                      _lazy("requested by"), "reason", _lazy("finished at"), "result")

    def get_queryset(self, request):
        rows = super().get_queryset(request).with_replaced().prefetch_related("targets")
        return rows.defer("plan", "release__contents", "previous__contents")  # large, not shown

    def project_of(self, row):
        return row.environment.project

    def environments_of(self, row):
        return [row.environment]

    @admin.display(description=_lazy("What"))
    def sentence(self, row):
        return _("{requested_by_name} asked to {row}").format(
            requested_by_name=row.requested_by_name, row=row)

    @admin.display(description=_lazy("State"), ordering="status")
    def state(self, row):
        return row.words

    @admin.display(description=_lazy("Progress"))
    def progress(self, row):
        return format_html('<a href="{}">{}</a>', progress_url(row), _("Watch it"))

    @admin.display(description=_lazy("Servers"))
    def servers(self, row):
        return ", ".join(f"{target}: {target.words}" for target in row.targets.all()) or _("none")

    @admin.display(description=_lazy("Approvals"))
    def answers(self, row):
        return ", ".join(_("{user_name} said {answer}").format(
            user_name=vote.user_name, answer=vote.answer)
                         for vote in row.approvals.all()) or _("none")

    def export_row(self, row):
        return (row.requested_at.isoformat(), row.environment.project.slug, row.environment.slug,
                row.get_kind_display(), row.release.title, row.words, row.requested_by_name,
                row.reason, row.finished_at.isoformat() if row.finished_at else "", row.result)
