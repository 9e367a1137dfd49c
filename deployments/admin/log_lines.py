"""The log: every line of every build and deployment, to search over all of them at once."""

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import LogLine
from ..site import site
from .export import Exports
from .read_only import ReadOnlyAdmin, seen_by


@admin.register(LogLine, site=site)
class LogLineAdmin(Exports, ReadOnlyAdmin):
    called = _lazy("log lines")
    list_display = ("at", "where", "text")
    list_display_links = ("text",)
    list_filter = ("server_name", "step", ("at", admin.DateFieldListFilter))
    list_select_related = (
        "deployment__environment__project", "deployment__release__project", "release__project")
    ordering = ("-at", "-pk")
    search_fields = ("text", "server_name")
    fields = ("at", "where", "server_name", "step", "number", "text", "whole_log")
    readonly_fields = fields
    export_columns = ("at", "of", "server", "step", "text")

    def get_queryset(self, request):
        """A line belongs to a deployment or to a build; either way to a project."""
        rows = admin.ModelAdmin.get_queryset(self, request).defer(
            "deployment__plan", "deployment__release__contents", "release__contents")
        if self._sees_all(request):
            return rows
        projects = seen_by(request)
        return rows.filter(Q(deployment__environment__project__in=projects)
                           | Q(release__project__in=projects))

    @admin.display(description=_lazy("Of"))
    def where(self, row):
        if row.deployment:
            return str(row.deployment)
        return _("build of {project} {release}").format(
            project=row.release.project, release=row.release.title)

    @admin.display(description=_lazy("Whole log"))
    def whole_log(self, row):
        url = (reverse("admin:deployment-progress", args=[row.deployment_id])
               if row.deployment_id else reverse("admin:build-log", args=[row.release_id]))
        return format_html('<a href="{}">{}</a>', url, _("Watch it"))

    def export_row(self, row):
        return row.at.isoformat(), self.where(row), row.server_name, row.step, row.text
